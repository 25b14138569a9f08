import { spawn } from 'node:child_process';
import type { RunResult, Started } from './host.ts';

/** Most that is kept of what the program says. */
const outputLimit = 4 * 1024 * 1024;

/** How long the program may take to end once its standard input is closed. */
const endsWithinMs = 5000;

/** See {@link Host.during}. */
export async function during<Result>(
  program: string,
  args: readonly string[],
  use: (started: Started) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  let [stdout, stderr] = ['', ''];
  let result: RunResult | null = null;
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, outputLimit);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, outputLimit);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (exitCode: number | null, why: string) => {
      result ??= { exitCode, stdout, stderr: `${stderr}${why}`, timedOut: false };
      resolve();
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code, signal) => end(code, signal === null ? '' : `it was ended by ${signal}`));
  });
  const interrupt = () => child.stdin.destroy();
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted) interrupt();
  try {
    return await use({ said: () => stdout, ended: () => result });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    child.stdin.destroy();
    const timer = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
    await ended;
    clearTimeout(timer);
  }
}
