import type { Host } from '../host/host.ts';
import { places } from './places.ts';

/** A guard timer: one for the apply itself, one for the time in which it may be confirmed. */
export type Guard = 'weir-guard' | 'weir-guard-confirm';

/**
 * Starts a transient systemd timer that restores what is confirmed, whatever happens to us: it covers an agent that died or hangs. Timers run by the
 * monotonic clock. Answers with the reason when it cannot be started.
 */
export async function arm(host: Host, guard: Guard, seconds: number): Promise<string | null> {
  await disarm(host, guard);
  const result = await host.run('systemd-run', [
    `--unit=${guard}`,
    '--collect',
    '--quiet',
    `--on-active=${Math.ceil(seconds)}s`,
    '--timer-property=AccuracySec=500ms',
    `--description=weir goes back to the confirmed document`,
    places.restore,
  ]);
  return result.exitCode === 0 ? null : `cannot start the guard timer: ${result.stderr.trim()}`;
}

/** Stops guard timers; those that do not run are fine. */
export async function disarm(host: Host, ...guards: readonly Guard[]): Promise<void> {
  await host.run('systemctl', ['stop', ...guards.map((guard) => `${guard}.timer`)]);
}
