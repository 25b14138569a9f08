import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../appliance/host/host.ts';
import { linuxHost } from '../../appliance/host/linux.ts';
import { bytesOf, type Held, secret } from '../../appliance/state/host-state.ts';

let root: string;
let host: Host;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-host-'));
  host = linuxHost(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (content: string, mode = 0o644) => ({ content, mode, owner: 'root:root' });

describe.skipIf(process.getuid?.() !== 0)('files', () => {
  test('hold what was written: content, mode and owner, whatever the umask and whatever was there', async () => {
    const umask = process.umask(0o077);
    for (const held of [
      file('one\n'),
      file('two é\n', 0o600),
      { ...file('three', 0o640), owner: 'root:daemon' },
      file('/target', 0o120777),
      file('four'),
    ]) {
      await host.write('/run/weir/a/file', held);
      expect(await host.read('/run/weir/a/file')).toEqual(held);
    }
    process.umask(umask);
    expect([statSync(join(root, 'run')).mode & 0o777, statSync(join(root, 'run/weir/a')).mode & 0o777]).toEqual([0o755, 0o755]);
    await host.write('/run/weir/a/file', null);
    await host.write('/run/weir/a/file', null);
    expect(await host.read('/run/weir/a/file')).toBeNull();
    expect(readdirSync(join(root, 'run/weir/a'))).toEqual([]);
  });

  test('are replaced, never written into: who has the old one open reads the old one', async () => {
    await host.write('/f', file('old'));
    const before = statSync(join(root, 'f')).ino;
    await host.write('/f', file('new'));
    expect(statSync(join(root, 'f')).ino).not.toBe(before);
  });

  test('that are symbolic links are replaced, not followed', async () => {
    writeFileSync(join(root, 'victim'), 'untouched');
    symlinkSync(join(root, 'victim'), join(root, 'f'));
    expect(await host.read('/f')).toMatchObject({ content: join(root, 'victim'), mode: 0o120777 });
    await host.write('/f', file('mine'));
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(join(root, 'f')).isSymbolicLink()).toBe(false);
  });

  test('that cannot be written leave what was there, and no temporary file', async () => {
    await host.write('/d/f', file('old'));
    await expect(host.write('/d/f', { ...file('new'), owner: 'nobody-has-this-name:root' })).rejects.toThrow(
      'there is no user nobody-has-this-name',
    );
    expect(readdirSync(join(root, 'd'))).toEqual(['f']);
    expect(readFileSync(join(root, 'd/f'), 'utf8')).toBe('old');
  });

  test('left half-written by a kill are overwritten by the next write', async () => {
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/.f.weir'), 'half', { mode: 0o666 });
    await host.write('/d/f', file('whole', 0o600));
    expect(readdirSync(join(root, 'd'))).toEqual(['f']);
    expect(statSync(join(root, 'd/f')).mode & 0o777).toBe(0o600);
  });

  test('a folder where a file should be is said, not removed', async () => {
    mkdirSync(join(root, 'd/f'), { recursive: true });
    await expect(host.read('/d/f')).rejects.toThrow('is a folder');
    await expect(host.write('/d/f', file('x'))).rejects.toThrow();
    expect(readdirSync(join(root, 'd'))).toEqual(['f']);
  });

  test('a pipe where a file should be is told by its type, and nobody waits for its writer', async () => {
    execFileSync('mkfifo', ['-m', '600', join(root, 'f')]);
    expect(await host.read('/f')).toEqual({ content: '', mode: 0o010600, owner: 'root:root' });
  });

  test('on a full file system are refused with ENOSPC, and the old one stays', async () => {
    const small = join(root, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      await host.write('/small/f', file('old'));
      const full = { code: 'ENOSPC', path: join(small, '.f.weir') };
      await expect(host.write('/small/f', file('x'.repeat(200_000)))).rejects.toMatchObject(full);
      await expect(host.putFolder('/small/g', new Map([['a/b', file('x'.repeat(200_000))]]))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(readdirSync(small)).toEqual(['f']);
      expect(readFileSync(join(small, 'f'), 'utf8')).toBe('old');
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('of a new folder are all there with their modes, or the folder is not', async () => {
    const files = new Map([
      ['a/b/c', file('deep') as Held],
      ['top', { ...file('s', 0o600), content: secret('s') }],
      ['link', file('/elsewhere', 0o120777)],
    ]);
    await host.putFolder('/data/g', files);
    expect(readFileSync(join(root, 'data/g/a/b/c'), 'utf8')).toBe('deep');
    expect(readlinkSync(join(root, 'data/g/link'))).toBe('/elsewhere');
    expect(statSync(join(root, 'data/g/top')).mode & 0o777).toBe(0o600);
    await host.move('/data/g', '/data/other/h');
    expect(await host.list('/data/other')).toEqual(['h']);
    await host.remove('/data/other');
    expect(existsSync(join(root, 'data/other'))).toBe(false);
    expect(await host.list('/data/other')).toBeNull();
  });

  test('are known by the hash of their bytes, and bytes that are no text are written as they are', async () => {
    const content = Buffer.from([0, 0xff, 0xfe, 10, 0x80]);
    await host.write('/f', { ...file('', 0o600), content: bytesOf(content) });
    expect(readFileSync(join(root, 'f'))).toEqual(content);
    const digest = await host.digest('/f');
    expect(digest).toEqual({ content: { sha256: bytesOf(content).sha256, size: 5 }, mode: 0o600, owner: 'root:root' });
    expect(await host.readBytes('/f', 5)).toEqual(content);
    await expect(host.write('/g', digest)).rejects.toThrow('the bytes for');
    expect(await host.digest('/none')).toBeNull();
    symlinkSync('/f', join(root, 'link'));
    expect(await host.digest('/link')).toMatchObject({ content: '/f', mode: 0o120777 });
  });

  test('of a new folder may be further names of files that are there', async () => {
    await host.write('/data/blob', file('large', 0o600));
    await host.putFolder('/data/g', new Map([['a', file('x') as Held]]), new Map([['deep/b', '/data/blob']]));
    expect(statSync(join(root, 'data/g/deep/b')).ino).toBe(statSync(join(root, 'data/blob')).ino);
    await expect(host.putFolder('/data/h', new Map(), new Map([['b', '/data/none']]))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(join(root, 'data')).sort()).toEqual(['blob', 'g']);
  });

  test('of the kernel, which have no size, are read to their end', async () => {
    const status = Buffer.from((await linuxHost().readBytes('/proc/self/status', 100_000)) ?? '').toString();
    expect(status).toMatch(/^Name:[\s\S]*nonvoluntary_ctxt_switches:\s+\d+\n$/);
  });

  test('longer than wanted are not read', async () => {
    writeFileSync(join(root, 'big'), 'x'.repeat(1000));
    await expect(host.readBytes('/big', 999)).rejects.toMatchObject({ code: 'EFBIG' });
    expect((await host.readBytes('/big', 1000))?.length).toBe(1000);
    expect(await host.readBytes('/none', 10)).toBeNull();
    // a device has no end
    await expect(linuxHost().readBytes('/dev/zero', 100_000)).rejects.toMatchObject({ code: 'NotAFile' });
  });

  test('kernel values are written into what is there', async () => {
    const real = linuxHost();
    const before = await real.read('/proc/self/comm');
    expect(before?.content).toMatch(/\n$/);
    await real.write('/proc/self/comm', file('weir-test'));
    expect((await real.read('/proc/self/comm'))?.content).toContain('weir-test');
    await real.write('/proc/self/comm', file(`${before?.content}`.trim()));
    await expect(real.write('/proc/sys/net/no_such_value', file('1'))).rejects.toThrow();
  });
});

describe('programs', () => {
  test('get no shell, no environment of ours, and their input', async () => {
    process.env.WEIR_SECRET = 'x';
    const { exitCode, stdout } = await host.run('env', []);
    delete process.env.WEIR_SECRET;
    expect(exitCode).toBe(0);
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('=')[0])
        .sort(),
    ).toEqual(['LC_ALL', 'PATH']);
    expect((await host.run('cat', [], { input: 'a secret\n' })).stdout).toBe('a secret\n');
    expect((await host.run('echo', ['$(id)', '; id'])).stdout).toBe('$(id) ; id\n');
  });

  test('that fail, are missing, or hang are an answer and never an exception', async () => {
    expect(await host.run('false', [])).toMatchObject({ exitCode: 1, timedOut: false });
    const missing = await host.run('no-such-program', []);
    expect(missing.exitCode).toBeNull();
    expect(missing.stderr).toContain('ENOENT');
    expect(await host.run('sleep', ['10'], { timeoutMs: 100 })).toMatchObject({ exitCode: null, timedOut: true });
  });
});

describe('the lock', () => {
  test('is one at a time, names its holder, and ends with its release', async () => {
    const first = await host.lock('/run/lock', 'alice: apply', 0);
    expect(first.kind).toBe('held');
    expect(await host.lock('/run/lock', 'bob: apply', 0)).toEqual({ kind: 'busy', holder: 'alice: apply' });
    if (first.kind === 'held') await first.release();
    const second = await host.lock('/run/lock', 'bob: apply', 0);
    expect(second.kind).toBe('held');
    if (second.kind === 'held') await second.release();
  });

  test('is the same one that flock(1) takes in the shell tools, and a kill -9 frees it', async () => {
    const holder = execFileSync('sh', ['-c', `mkdir -p ${root}/run; flock -x ${root}/run/lock sleep 30 >/dev/null 2>&1 & echo $!`], {
      encoding: 'utf8',
    }).trim();
    await expect.poll(async () => (await host.lock('/run/lock', 'me', 0)).kind === 'busy' || 'free').toBe(true);
    const pids = execFileSync('pgrep', ['-P', holder], { encoding: 'utf8' }).trim().split('\n');
    for (const pid of [holder, ...pids]) process.kill(Number(pid), 'SIGKILL');
    const taken = await host.lock('/run/lock', 'me', 5000);
    expect(taken.kind).toBe('held');
    if (taken.kind === 'held') await taken.release();
  });
});

describe('sockets', () => {
  test('are asked one command, and say how they were silent', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      socket.on('data', (command) => (`${command}` === 'hang\n' ? undefined : socket.end(`you said ${command}`))),
    );
    await new Promise<void>((resolve) => server.listen(join(root, 's'), resolve));
    expect(await host.ask('/s', 'show info')).toEqual({ kind: 'answer', text: 'you said show info\n' });
    expect(await host.ask('/s', 'hang', 50)).toEqual({ kind: 'silence', reason: 'timeout' });
    expect(await host.ask('/none', 'x')).toEqual({ kind: 'silence', reason: 'absent' });
    writeFileSync(join(root, 'dead'), '');
    expect(await host.ask('/dead', 'x')).toEqual({ kind: 'silence', reason: 'refused' });
    server.close();
  });

  test('serve HTTP to whom their mode allows, and cut a request that is too long', async () => {
    const close = await host.listen('/run/api.sock', { mode: 0o660, group: 'daemon' }, async (incoming, outgoing) => {
      const body = await incoming.body(10).catch((error) => `${error.code}`);
      outgoing.start(200, 'text/plain');
      outgoing.write(`${incoming.method} ${incoming.path} `);
      outgoing.write(`${Buffer.from(body)}`);
      outgoing.end();
    });
    const stat = statSync(join(root, 'run/api.sock'));
    expect(stat.mode & 0o777).toBe(0o660);
    expect(stat.gid).not.toBe(0);
    const send = (body: string) =>
      new Promise<string>((resolve, reject) => {
        const call = request({ socketPath: join(root, 'run/api.sock'), path: '/plan', method: 'POST' }, (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => resolve(text));
        });
        call.on('error', reject);
        call.end(body);
      });
    expect(await send('short')).toBe('POST /plan short');
    expect(await send('x'.repeat(11))).toBe('POST /plan TooLarge');
    await close();
    chmodSync(root, 0o700);
  });
});

test('a change in a watched folder is told, several at once as one', async () => {
  mkdirSync(join(root, 'w'));
  let calls = 0;
  const stop = host.watch(['/w', '/not-there'], () => {
    calls += 1;
  });
  for (let n = 0; n < 5; n++) writeFileSync(join(root, `w/${n}`), '');
  await expect.poll(() => calls, { timeout: 3000 }).toBe(1);
  stop();
});

test('a sleep ends early when it is told to, without failing', async () => {
  const over = new AbortController();
  const begun = Date.now();
  setTimeout(() => over.abort(), 20);
  await host.sleep(10_000, over.signal);
  expect(Date.now() - begun).toBeLessThan(5000);
});
