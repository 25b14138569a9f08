import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Lock } from './host.ts';

/** Exit code that flock(1) is told to give when somebody else has the lock. */
const conflict = 9;

/**
 * Takes a lock by flock(1) on a descriptor that it inherits: the lock belongs to the open file, which is ours, so it outlives flock(1) and ends with
 * this process whatever kills it. The file holds who took it.
 */
export async function flock(path: string, holder: string, waitMs: number): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+', 0o600);
  const { code, message } = await flockDescriptor(file.fd, waitMs);
  if (code === conflict) {
    const current = (await file.readFile('utf8')).trim();
    await file.close();
    return { kind: 'busy', holder: current === '' ? 'somebody who left no name' : current };
  }
  if (code !== 0) {
    await file.close();
    throw new Error(`cannot take the lock ${path}: ${message}`);
  }
  await file.truncate(0);
  await file.write(`${holder}\n`);
  return {
    kind: 'held',
    release: async () => {
      await file.truncate(0);
      await file.close();
    },
  };
}

/** Not by execa, which passes none of our descriptors on. */
function flockDescriptor(fd: number, waitMs: number): Promise<{ readonly code: number | null; readonly message: string }> {
  return new Promise((resolve) => {
    const args = ['--exclusive', '--timeout', (waitMs / 1000).toFixed(3), '--conflict-exit-code', `${conflict}`, '0'];
    const child = spawn('flock', args, { stdio: [fd, 'ignore', 'pipe'], env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    let message = '';
    child.stderr?.on('data', (chunk) => {
      message += chunk;
    });
    child.on('error', (error) => resolve({ code: null, message: error.message }));
    child.on('close', (code) => resolve({ code, message }));
  });
}
