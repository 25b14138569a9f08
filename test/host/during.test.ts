import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Started } from '../../appliance/host/host.ts';
import { linuxHost } from '../../appliance/host/linux.ts';
import { temporaryFolder } from '../support/ending.ts';

const host = linuxHost();

/** A program that says its process id, and ends with its standard input. */
const program = ['-c', 'echo $$; exec cat'];

async function pidOf({ said }: Started): Promise<number> {
  for (let turn = 0; turn < 200 && !said().includes('\n'); turn++) await sleep(10);
  return Number(said());
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a program that runs while something is done', () => {
  test('ends with it, and with its failure', async () => {
    const pid = await host.during('/bin/sh', program, async (started) => {
      const own = await pidOf(started);
      expect(isAlive(own)).toBe(true);
      expect(started.ended()).toBeNull();
      return own;
    });
    expect(isAlive(pid)).toBe(false);
    let failed = 0;
    const failing = host.during('/bin/sh', program, async (started) => {
      failed = await pidOf(started);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(isAlive(failed)).toBe(false);
  });

  test('ends early by the signal, and is told how it ended', async () => {
    const asked = new AbortController();
    const result = await host.during(
      '/bin/sh',
      ['-c', 'cat; echo over >&2; exit 3'],
      async ({ ended }) => {
        asked.abort();
        for (let turn = 0; turn < 200 && ended() === null; turn++) await sleep(10);
        return ended();
      },
      asked.signal,
    );
    expect(result).toMatchObject({ exitCode: 3, stderr: 'over\n' });
  });

  test('is killed where it does not end, and may be missing', async () => {
    const pid = await host.during('/bin/sh', ['-c', 'trap "" TERM; echo $$; while :; do sleep 1; done'], pidOf);
    expect(isAlive(pid)).toBe(false);
    const missing = await host.during('/no/such/program', [], async ({ ended }) => {
      for (let turn = 0; turn < 200 && ended() === null; turn++) await sleep(10);
      return ended();
    });
    expect(missing).toMatchObject({ exitCode: null, stderr: expect.stringContaining('ENOENT') });
  }, 20_000);
});

test('a folder of our own lets in nobody else, and is gone afterwards, whatever happens', async () => {
  const made: string[] = [];
  const failing = host.withFolder(null, async (folder) => {
    made.push(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, 'key'), '');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const parent = join(temporaryFolder('folder'), 'route');
  await host.withFolder(parent, async (folder) => {
    made.push(folder);
    expect(statSync(parent).mode & 0o777).toBe(0o700);
  });
  expect(made[0]?.startsWith(tmpdir())).toBe(true);
  expect(made.map((folder) => existsSync(folder))).toEqual([false, false]);
});

describe('a conversation at a UNIX socket', () => {
  const talk = { preamble: 'hello\n', tls: null, text: 'ask\n', isWhole: () => false, timeoutMs: 500 };

  async function serving(answer: (socket: Socket) => void): Promise<{ path: string; stop: () => void }> {
    const path = join(temporaryFolder('socket'), 's');
    const server = createServer({ allowHalfOpen: true }, answer);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { path, stop: () => server.close() };
  }

  test('is heard until it is whole, or ends', async () => {
    const { path, stop } = await serving((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => socket.write(`said ${chunk.length};`));
    });
    expect(await host.converse(path, { ...talk, isWhole: (text) => text.endsWith(';') })).toMatchObject({ kind: 'spoken', trouble: null });
    expect(await host.converse(path, talk)).toMatchObject({ kind: 'spoken', trouble: 'there was no answer in time' });
    stop();
  });

  test('tells where nobody is, and TLS that fails', async () => {
    expect(await host.converse('/no/such/socket', talk)).toEqual({ kind: 'silence' });
    const { path, stop } = await serving((socket) => {
      socket.on('error', () => {});
      socket.end('no TLS');
    });
    const told = await host.converse(path, { ...talk, tls: { servername: 'a.example', alpn: ['http/1.1'] } });
    expect(told).toMatchObject({ kind: 'spoken', text: '', trouble: expect.any(String) });
    stop();
  });
});
