import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** See {@link Host.follow}. */
export function follow(program: string, args: readonly string[], onLine: (line: string) => void, onEnd: (why: string) => void): () => void {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  let isOver = false;
  const end = (why: string) => {
    if (!isOver) onEnd(why);
    isOver = true;
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!isOver) onLine(line);
  });
  child.on('error', (error) => end(error.message));
  child.on('close', (code, signal) => end(`it ended with ${signal ?? code}`));
  // who waits for the kernel's news only must not keep a process alive that has nothing else to do
  child.unref();
  return () => {
    isOver = true;
    child.kill();
  };
}
