import { execa } from 'execa';
import type { RunOptions, RunResult } from './host.ts';

/** See {@link Host.run}: the one way in which weir starts programs. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await execa(program, args, {
    reject: false,
    timeout: options.timeoutMs ?? 30_000,
    forceKillAfterDelay: 500,
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
    env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.exitCode === undefined ? `${result.stderr}${result.shortMessage ?? ''}` : result.stderr,
    timedOut: result.timedOut,
  };
}
