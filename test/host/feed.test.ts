import { execFileSync } from 'node:child_process';
import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { feed } from '../../appliance/host/feed.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-feed-'));
  for (const name of ['a', 'b', 'c']) await writeFile(at(name), `${name}\n`);
  await writeFile(at('large'), 'x'.repeat(5_000_000));
  await link(at('a'), at('again'));
  for (const [program, ending] of [
    ['gzip', 'gz'],
    ['xz', 'xz'],
    ['zstd', 'zst'],
    ['bzip2', 'bz2'],
  ] as const)
    await writeFile(at(`packed.${ending}`), execFileSync(program, ['-c'], { input: `${ending}\n` }));
  await writeFile(at('cut.gz'), execFileSync('gzip', ['-c'], { input: 'x'.repeat(100_000) }).subarray(0, 60));
});
afterAll(() => rm(folder, { recursive: true }));

test('a program reads files one after the other, compressed or not', async () => {
  const files = ['b', 'packed.gz', 'a', 'packed.xz', 'packed.zst', 'packed.bz2', 'c'].map(at);
  const { stdout, exitCode, unread, isPacked } = await feed(files, 'cat', []);
  expect({ stdout, exitCode, unread, isPacked }).toEqual({
    stdout: 'b\ngz\na\nxz\nzst\nbz2\nc\n',
    exitCode: 0,
    unread: null,
    isPacked: true,
  });
});

test('a file that a rotation shows under two names is read once, and one that has gone is left out', async () => {
  const { stdout, bytes, isPacked } = await feed(['again', 'gone', 'b', 'a'].map(at), 'cat', []);
  expect({ stdout, bytes, isPacked }).toEqual({ stdout: 'b\na\n', bytes: 4, isPacked: false });
  await expect(feed([at('gone')], 'cat', [])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('output is given as it comes, and how far it is', async () => {
  let [length, last] = [0, [0, 0]];
  const { stdout, bytes } = await feed([at('large')], 'sh', ['-c', 'head -c 4500000; sleep 0.7; cat'], {
    onOutput: (text) => {
      length += text.length;
    },
    onProgress: (done, total) => {
      last = [done, total];
    },
  });
  expect({ stdout, bytes, length }).toEqual({ stdout: '', bytes: 5_000_000, length: 5_000_000 });
  expect(last[1]).toBe(5_000_000);
  expect(last[0]).toBeGreaterThanOrEqual(4_500_000);
});

test('what was not read to its end is named, with the reason', async () => {
  expect((await feed([at('large')], 'head', ['-c', '5'])).unread).toContain('the program wanted no more of it');
  expect((await feed([at('cut.gz')], 'cat', [])).unread).toMatch(/cut\.gz: gzip: .*unexpected end of file/);
});

test('a program that is not there, fails or is killed says so', async () => {
  expect(await feed([at('a')], 'no-such-program', [])).toMatchObject({ exitCode: null, stderr: expect.stringContaining('ENOENT') });
  expect(await feed([at('a')], 'sh', ['-c', 'cat >&2; exit 3'])).toMatchObject({ exitCode: 3, stderr: 'a\n' });
  expect(await feed([at('a')], 'sh', ['-c', 'kill -SEGV $$'])).toMatchObject({ exitCode: null, stderr: 'it was ended by SIGSEGV' });
});

test('files are read at the lowest priority', async () => {
  expect((await feed([at('a')], 'sh', ['-c', 'sleep 0.1; nice'])).stdout).toBe('19\n');
});

test('a folder, a pipe and what may not be read are errors', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  for (const path of [folder, at('pipe'), '/dev/zero'])
    await expect(feed([path], 'cat', [])).rejects.toMatchObject({ code: 'NotAFile', path });
});
