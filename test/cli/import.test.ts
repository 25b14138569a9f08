import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { weir, weirWith } from './weir.ts';

let work: string;
const at = (name: string) => join(work, name);
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'weir-import-'));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const shapes = join(import.meta.dirname, '../import');
const [haproxy, keepalived] = [join(shapes, 'pair.cfg'), join(shapes, 'pair.keepalived.conf')];

test('import writes a document that is valid, and says what became of each line of both files', async () => {
  const { code, stderr } = await weir('import', haproxy, keepalived, '--out', at('config.yaml'));
  expect(code).toBe(0);
  expect(stderr).toContain(`${haproxy}:4: own: log /dev/log local0\n`);
  expect(stderr).toContain(`${keepalived}:63: dropped: virtual_server 203.0.113.12 53\n  HAProxy balances here, not LVS`);
  expect(stderr).not.toContain('s3cret');
  expect(await weir('validate', at('config.yaml'))).toMatchObject({ code: 0 });
});

test('import gives scripts one object: the document, and every line with its file and fate', async () => {
  const { code, stdout, stderr } = await weir('import', haproxy, keepalived, '--json');
  const { version, document, lines, counts } = JSON.parse(stdout);
  expect({ code, stderr, version }).toEqual({ code: 0, stderr: '', version: 1 });
  expect(document).toContain('virtual_router_id: 51');
  expect(lines).toContainEqual(expect.objectContaining({ file: keepalived, line: 33, text: 'auth_pass [secret]', fate: 'dropped' }));
  expect(Object.values<number>(counts).reduce((sum, each) => sum + each, 0)).toBe(lines.length);
});

test.each([
  ['frontend web\n bind "*:80\n', ':2:1: a quote is not closed'],
  [' bind *:80\nfrontend web\n', ':1:1: it stands before the first section'],
  ['root:x:0:0:root:/root:/bin/sh\n', ':1:1: there is no section of HAProxy in it'],
  ['frontend web\n\0\n', ':2:1: there is a NUL character: this is no text'],
  ['', ':1:1: there is no section of HAProxy in it'],
])('import refuses what is no haproxy.cfg with its line, and writes nothing: %j', async (text, message) => {
  writeFileSync(at('haproxy.cfg'), text);
  const { code, stdout, stderr } = await weir('import', at('haproxy.cfg'), '--out', at('config.yaml'));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${at('haproxy.cfg')}${message}`);
  expect(existsSync(at('config.yaml'))).toBe(false);
});

test('import names the mistakes of both files at once', async () => {
  writeFileSync(at('haproxy.cfg'), 'frontend "web\n');
  writeFileSync(at('keepalived.conf'), 'vrrp_instance VI_1 {\n');
  const { code, stdout } = await weir('import', at('haproxy.cfg'), at('keepalived.conf'), '--json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout).problems).toMatchObject([
    { path: at('haproxy.cfg'), line: 1 },
    { path: at('keepalived.conf'), line: 1, message: 'the block vrrp_instance is not closed' },
  ]);
});

test('import reads crt-lists, and says where one is not at hand', async () => {
  writeFileSync(
    at('haproxy.cfg'),
    [
      'frontend web',
      ' mode http',
      ` bind :443 ssl crt-list ${at('sites.list')}`,
      ' bind :444 ssl crt-list /etc/haproxy/others.list',
      ' http-request return status 200',
    ].join('\n'),
  );
  writeFileSync(
    at('sites.list'),
    '# sites\nshop.pem [alpn h2 ca-file partners.pem verify optional] shop.example !old.shop.example # shop\n\napi.pem\n',
  );
  const { code, stdout } = await weir('import', at('haproxy.cfg'), '--json');
  const { document, lines, files } = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(document).toContain('ssl: [ shop, api ]');
  expect(document).toMatch(
    /shop:\n {4}pem: shop\.pem\n {4}sni: \[ shop\.example, "!old\.shop\.example" \]\n {4}alpn: \[ h2 \]\n {4}ca-file: partners\.pem/,
  );
  expect(files.map(({ to }: { to: string }) => to)).toEqual(expect.arrayContaining(['certificates/shop.pem', 'certificates/partners.pem']));
  expect(lines).toContainEqual(
    expect.objectContaining({
      line: 4,
      fate: 'dropped',
      reason: expect.stringContaining('crt-list /etc/haproxy/others.list: the file is not at hand'),
    }),
  );
});

test('import does not write over what it reads', async () => {
  writeFileSync(at('haproxy.cfg'), 'frontend web\n');
  expect(await weir('import', at('haproxy.cfg'), '--out', at('haproxy.cfg'))).toMatchObject({ code: 2, stdout: '' });
  expect(readFileSync(at('haproxy.cfg'), 'utf8')).toBe('frontend web\n');
});

test('import takes no third file, no file twice, and says what it cannot read', async () => {
  for (const files of [
    ['a', 'b', 'c'],
    ['-', '-'],
  ])
    expect(await weir('import', ...files)).toMatchObject({ code: 2, stderr: expect.stringContaining('at most one keepalived.conf') });
  expect(await weir('import', haproxy, at('none'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`cannot read ${at('none')}: there is no such file`),
  });
});

test('what stands in a haproxy.cfg moves no cursor and shows no password', async () => {
  const text =
    'global\n \u001b[2Jodd words\nuserlist u\n user joe insecure-password hunter2\nfrontend web\n mode http\n bind *:80\n default_backend b\nbackend b\n mode http\n server s 10.0.0.1:80\n';
  const { stderr } = await weirWith(text, 'import', '-', '--out', at('config.yaml'));
  expect(stderr).toContain('-:2: raw: ?[2Jodd words');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what it looks for
  expect(stderr).not.toMatch(/\u001b|hunter2/);
  expect(stderr).toContain('user joe insecure-password [secret]');
});

test('import says by --help what it takes, with an example', async () => {
  const { code, stdout } = await weir('import', '--help');
  expect(code).toBe(0);
  expect(stdout).toContain('weir import /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf --out config.yaml');
});
