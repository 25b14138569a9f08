import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { answered, backend, bind, frontend, machine, plane, server } from '../proxy/example.ts';
import { rendered } from '../support/haproxy.ts';
import { runInRoot } from '../support/root.ts';

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const begins = (path: string) => ({ kind: 'sample', sample: 'path_beg', test: { kind: 'patterns', patterns: [path] } }) as const;

/** Frontends whose every request has a fate of its own. */
const site = plane({
  frontends: [
    frontend('web', [bind('*', 80)], 'shop', {
      rules: { 'http-request': [{ action: answered('deny', 403), condition: begins('/admin') }] },
      useBackend: [{ backend: 'down', condition: begins('/down') }],
    }),
    frontend('echo', [bind('*', 90)], 'echo', { mode: 'tcp' }),
    frontend('broken', [bind('*', 91)], 'broken', { mode: 'tcp' }),
    frontend('proxied', [bind('*', 92, { acceptProxy: true })], 'shop'),
  ],
  backends: [
    backend('shop', [server('app1', '127.0.0.1', 8081, { check: false })], { timeouts: { server: '1s' } }),
    backend('down', [server('app1', '127.0.0.1', 8089, { check: false })], { timeouts: { connect: '200ms' } }),
    backend('echo', [server('app1', '127.0.0.1', 8082, { check: false })], { mode: 'tcp' }),
    backend('broken', [server('app1', '127.0.0.1', 8089, { check: false })], { mode: 'tcp', timeouts: { connect: '200ms' } }),
  ],
});

let answers: Readonly<Record<string, Said>>;

/** What a question was answered, for scripts. */
// biome-ignore lint/suspicious/noExplicitAny: the answer is what is tested
function json(question: string): any {
  const { code, stdout, stderr } = answers[question] as Said;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const root = join(import.meta.dirname, '../..');
  const bundled = await build({
    entryPoints: [join(root, 'appliance/main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const beside = (path: string) => readFile(join(root, 'image/rootfs', path), 'utf8');
  const { code, stdout, stderr } = await runInRoot(
    ['node', '/usr/lib/weir/logged.mjs'],
    {
      ...rendered(site, machine),
      '/usr/lib/weir/weir.mjs': bundled.outputFiles[0]?.text ?? '',
      '/usr/lib/weir/logged.mjs': await readFile(join(import.meta.dirname, '../support/logged.mjs'), 'utf8'),
      // where the log's clock is not that of UTC
      '/etc/localtime': { link: '/usr/share/zoneinfo/Asia/Tokyo' },
      '/etc/rsyslog.conf': await beside('etc/rsyslog.conf'),
      '/usr/lib/tmpfiles.d/weir.conf': await beside('usr/lib/tmpfiles.d/weir.conf'),
    },
    { timeoutMs: 100_000 },
  );
  if (code !== 0) throw new Error(stderr);
  answers = JSON.parse(stdout);
});

/** Rows as `code count`. */
const counted = (rows: readonly { readonly code: string; readonly count: number }[]) =>
  rows.map(({ code, count }) => `${code} ${count}`).sort();
const status = ['200 5', '400 1', '403 1', '404 1', '503 2', '504 2'];
const ended = ['-- 6', 'PR 2', 'SC 2', 'sH 2'];

describe('a log that HAProxy wrote through rsyslog', () => {
  test('codes: every status and every end is counted, of HTTP and of TCP, and explained', () => {
    const found = json('codes');
    expect(counted(found.status)).toEqual(status);
    expect(counted(found.terminations)).toEqual(ended);
    expect(counted(found.cookies)).toEqual(['-- 12']);
    expect(counted(found.tcpTerminations)).toEqual(['-- 3', 'SC 1']);
    expect(found).toMatchObject({ version: 1, refused: 1, lines: 17, unknown: 0, rate: { passes: 4, isPacked: false } });
    expect(found.rate.linesPerSecond).toBeGreaterThan(0);
    expect(answers['codes as text']?.stdout).toMatch(/^ +2 +16.7 % +sH {2}The server did not answer within "timeout server"/m);
    expect(answers['codes as text']?.stdout).toMatch(
      /^17 lines of \/data\/log\/haproxy.log, \S+ kB, read 4 times in .*B\/s, .* lines\/s$/m,
    );
  });

  test('top: URLs without their query, by requests and by errors; clients of HTTP and of TCP', () => {
    const { urls } = json('top');
    expect(urls.slice(0, 2)).toMatchObject([
      { name: '/shop/list', requests: 5, unserved: 0 },
      { name: '/down/x', requests: 2, unserved: 2 },
    ]);
    expect(urls).toHaveLength(7);
    expect(json('limited').urls).toHaveLength(1);
    expect(
      json('failing')
        .urls.map(({ name, requests }: { name: string; requests: number }) => `${name} ${requests}`)
        .sort(),
    ).toEqual(['/down/x 2', '/never/aborted 1', '/never/late 1']);
    expect(json('clients')).toMatchObject({
      clients: [{ client: '127.0.0.1', requests: 12 }],
      tcp: [{ client: '127.0.0.1', connections: 4 }],
    });
  });

  test('errors: by status, end and server, with connections of mode tcp and those that were refused', () => {
    const { errors, total } = json('errors');
    expect(total).toBe(6);
    expect(errors).toMatchObject([
      { kind: 'http', status: 503, termination: 'SC', where: 'down/app1', count: 2 },
      { kind: 'http', status: 504, termination: 'sH', where: 'shop/app1', count: 2 },
      { kind: 'tcp', status: null, termination: 'SC', where: 'broken/app1', count: 1 },
      { kind: 'refused', where: 'proxied/1', message: expect.stringContaining('PROXY protocol'), count: 1 },
    ]);
  });

  test('slow: percentiles, and URLs by their time', () => {
    const { percentiles, urls } = json('slow');
    expect(percentiles.map(({ percent }: { percent: number }) => percent)).toEqual([50, 90, 95, 99, 99.9, 100]);
    const slowest = urls.slice(0, 2);
    expect(slowest.map(({ name }: { name: string }) => name).sort()).toEqual(['/never/aborted', '/never/late']);
    for (const { averageMs } of slowest) expect(averageMs).toBeGreaterThanOrEqual(1000);
  });

  test('servers: what each answered, of HTTP and of TCP', () => {
    const { http, tcp } = json('servers');
    expect(http.find(({ server }: { server: string }) => server === 'shop/app1')).toMatchObject({
      requests: 8,
      status: { '2xx': 5, '4xx': 1, '5xx': 2 },
      complete: 6,
    });
    expect(tcp).toMatchObject([
      { server: 'echo/app1', connections: 3, complete: 3, bytes: 15 },
      { server: 'broken/app1', connections: 1, complete: 0 },
    ]);
  });

  test('admin may ask without sudo, and others may not', () => {
    expect(json('admin').lines).toBe(17);
    const { problems } = JSON.parse(`${answers.nobody?.stdout}`);
    expect(answers.nobody?.code).toBe(2);
    expect(problems).toMatchObject([
      { message: 'cannot read /data/log: permission is denied', hint: 'the log is for root and the group adm: be admin, or use sudo' },
    ]);
  });

  test('a time is one of the clock by which HAProxy writes, here that of Tokyo', () => {
    for (const question of ['future', 'past']) expect(json(question)).toMatchObject({ status: [], tcpTerminations: [], refused: 0 });
    expect(counted(json('recent').status)).toEqual(status);
    expect(counted(json('recent').tcpTerminations)).toEqual(['-- 3', 'SC 1']);
  });

  test('rotated and compressed files are one log', () => {
    const found = json('rotated');
    expect(found.files).toEqual(['/data/log/haproxy.log.2.gz', '/data/log/haproxy.log.1', '/data/log/haproxy.log']);
    expect(counted(found.status)).toEqual(status);
    expect(found).toMatchObject({ lines: 17, rate: { isPacked: true } });
    expect(counted(json('syslog').terminations)).toEqual(ended);
  });

  test('a question that takes no memory is answered where there is little', () => {
    expect(json('little memory, codes')).toMatchObject({
      lines: 17 * 20_000,
      tcpTerminations: [{ code: '--', count: 60_000 }, { code: 'SC' }],
    });
    expect(answers['little memory']?.stderr).toContain('it may take 20 MB, half of what is free');
  });

  test('what a terminal would obey is shown, never sent', () => {
    const said = `${answers.hostile?.stdout}${answers['hostile for scripts']?.stdout}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is its purpose
    expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(answers.hostile?.stdout).toContain('/\\x1b]0\\x07\\x9b31m\\u{202e}');
    expect(Math.max(...`${answers.hostile?.stdout}`.split('\n').map((line) => line.length))).toBeLessThan(250);
  });

  test.each([
    ['empty', 0, ''],
    ['other', 2, '/tmp/other.log has no line of HAProxy'],
    ['broken', 2, 'cannot read /tmp/broken.gz: gzip'],
    ['not to be unpacked', 2, 'cannot read /tmp/log.xz: xzcat is not installed'],
    ['folder', 2, 'it is not a file but a folder'],
    ['pipe', 2, 'it is not a file but a folder, a pipe'],
    ['long', 1, 'the log was not read to its end: /tmp/long.log'],
    ['little memory', 1, 'halog did not come to its end'],
    ['no halog', 2, "HAProxy's halog is not installed here"],
    ['absent', 2, 'there is no /data/log here'],
  ])('a log that cannot be asked is refused with what to do: %s', (name, code, message) => {
    expect(answers[name]).toMatchObject({ code, stderr: expect.stringContaining(message) });
    if (code !== 0) expect(answers[name]?.stderr).toMatch(/^weir: .+\n {6}\S.+\n$/);
  });
});
