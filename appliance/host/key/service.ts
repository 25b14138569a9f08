import type { KeyHost } from '../key.ts';
import { refused } from './refused.ts';

/** Whether a unit runs, `active` or `inactive`; null where there is none of this name. */
export async function readService(host: Pick<KeyHost, 'run'>, unit: string): Promise<string | null> {
  const { exitCode, stdout } = await host.run('systemctl', ['show', '--property=LoadState,ActiveState', `${unit}.service`]);
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1];
  if (exitCode !== 0 || value('LoadState') === 'not-found' || value('LoadState') === undefined) return null;
  return ['active', 'activating', 'reloading'].includes(value('ActiveState') ?? '') ? 'active' : 'inactive';
}

/** Stops a unit so that nothing starts it until the next boot, or lets it run again. @throws Error when systemd does not. */
export async function writeService(host: Pick<KeyHost, 'run'>, unit: string, value: string): Promise<void> {
  const calls =
    value === 'inactive'
      ? [
          ['mask', '--runtime', unit],
          ['stop', unit],
        ]
      : [
          ['unmask', '--runtime', unit],
          ['start', unit],
        ];
  for (const args of calls) {
    const { exitCode, stderr } = await host.run('systemctl', args);
    if (exitCode !== 0) throw refused('EPERM', `systemctl ${args.join(' ')}: ${stderr.trim() || `exit code ${exitCode}`}`);
  }
}
