import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesNamed } from '../../appliance/cli/import-files.ts';
import { documentOf } from '../../appliance/config/imported.ts';
import { importHaproxy, type Outcome } from '../../proxy/haproxy/import/import.ts';
import { mistakesIn } from '../../proxy/haproxy/import/mistake.ts';
import { machine, readShape, shapeNames } from '../support/import/shape.ts';

/** A section of a document: things by their names. */
type Tree = { readonly [name: string]: unknown };

const folder = join(import.meta.dirname, '../import');

const imported = (text: string, lists: ReadonlyMap<string, string> = new Map()) =>
  documentOf(text, (said, refused) => importHaproxy(said, refused, (path) => lists.get(path) ?? null));
const fates = (outcomes: readonly Outcome[], fate: Outcome['fate']) => outcomes.filter((outcome) => outcome.fate === fate);

const SECTION = /^(?:global|defaults|frontend|backend|listen|peers|resolvers|userlist|cache|ring|crt-store)\b/;

/** Lines of a configuration that say something: no comments, and no sections but those that say their address. */
const said = (text: string) =>
  text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line.replace(/#.*$/, '').trim() }))
    .filter(({ text }) => text !== '' && (!SECTION.test(text) || /:\d+$/.test(text)));

describe('import', () => {
  const shares: { readonly options: number; readonly all: number }[] = [];
  for (const name of shapeNames) {
    test(`${name}.cfg: loads as a document, and accounts for each line`, async () => {
      const { source } = readShape(name);
      const { imported: made, problems } = imported(source, await filesNamed(source, machine));
      expect(problems.filter(({ severity }) => severity !== 'warning')).toEqual([]);
      expect(made.outcomes.map(({ line }) => line)).toEqual(said(source).map(({ line }) => line));
      const [options = 0, raw = 0, dropped = 0] = (['option', 'raw', 'dropped'] as const).map((fate) => fates(made.outcomes, fate).length);
      const all = options + raw + dropped;
      shares.push({ options, all });
      console.log(`${name}: ${options} of ${all} lines became options (${((100 * options) / all).toFixed(1)} %)`);
      expect(options / all).toBeGreaterThan(0.8);
    });
  }

  test('of all their lines at least 95 % became options', () => {
    const sum = (key: 'options' | 'all') => shares.reduce((total, share) => total + share[key], 0);
    console.log(
      `${sum('options')} of ${sum('all')} lines of ${shares.length} files (${((100 * sum('options')) / sum('all')).toFixed(1)} %)`,
    );
    expect(shares).toHaveLength(shapeNames.length);
    expect(sum('options') / sum('all')).toBeGreaterThanOrEqual(0.95);
  });

  const rules = (...lines: readonly string[]) =>
    imported(
      [
        'frontend web',
        '  mode http',
        '  bind :80',
        ...lines,
        '  default_backend app',
        'backend app',
        '  mode http',
        '  server s 10.0.0.1:80',
      ].join('\n'),
    );
  const ruled = (...lines: readonly string[]) => (rules(...lines).imported.document.frontends as { web: { [key: string]: unknown } }).web;

  test('one rule says what is held together, and several what one cannot', () => {
    expect(ruled('http-request deny if { path /a } !{ src 10.0.0.1 }')['http-request']).toEqual([
      { deny: true, if: { path: '/a' }, unless: { src: '10.0.0.1' } },
    ]);
    expect(ruled('http-request deny if { path /a } !{ src 10.0.0.1 } or { path /b }')['http-request']).toEqual([
      { deny: true, if: { path: '/a' }, unless: { src: '10.0.0.1' } },
      { deny: true, if: { path: '/b' } },
    ]);
    expect(ruled('http-request deny unless { ssl_fc } { path /a }')['http-request']).toEqual([
      { deny: true, unless: { ssl_fc: true, path: '/a' } },
    ]);
  });

  test('what two rules would do twice stays raw, and so do the rules behind it', () => {
    const { extra, 'http-request': list } = ruled(
      'http-request set-header A 1',
      'http-request add-header B 1 if { path /a } !{ src 10.0.0.1 } or { path /b }',
      'http-request set-header C 1',
    );
    expect(list).toEqual([{ 'set-header': { A: '1' } }]);
    expect(extra).toEqual(['http-request add-header B 1 if { path /a } !{ src 10.0.0.1 } or { path /b }', 'http-request set-header C 1']);
  });

  test('a raw use_backend is looked at first, and so those before it are raw', () => {
    const { extra, use_backend: list } = ruled(
      'use_backend app if { path /a }',
      'use_backend %[path] if { path /b }',
      'use_backend app if { path /c }',
    );
    expect(extra).toEqual(['use_backend app if { path /a }', 'use_backend %[path] if { path /b }']);
    expect(list).toEqual([{ backend: 'app', if: { path: '/c' } }]);
  });

  test('ACLs of one name that mean different things get different names', () => {
    const two = (path: string, name: string) =>
      `frontend ${name}\n mode http\n bind :${path.length}0\n acl x path ${path}\n http-request deny if x\n default_backend app\n`;
    const { imported: made } = imported(`${two('/a', 'f')}${two('/bc', 'g')}backend app\n mode http\n server s 10.0.0.1:80`);
    expect(made.document.acls).toEqual({ x: { path: '/a' }, 'x-g': { path: '/bc' } });
  });

  test('quotes, escapes and line ends are read as HAProxy reads them', () => {
    const list = ruled(
      String.raw`http-request set-header A "b \"c\" # d"`,
      String.raw`http-request set-header E 'f\g'`,
      String.raw`http-request set-header H i\ j # k`,
    );
    expect(list['http-request']).toEqual([
      { 'set-header': { A: 'b "c" # d' } },
      { 'set-header': { E: 'f\\g' } },
      { 'set-header': { H: 'i j' } },
    ]);
  });

  test('a server without a weight counts as one where others say theirs', () => {
    const weights = (...servers: readonly string[]) => {
      const { imported: made } = imported(['backend b', '  mode http', ...servers].join('\n'));
      return Object.values((made.document.backends as { b: { servers: Record<string, { weight?: number }> } }).b.servers).map(
        ({ weight }) => weight,
      );
    };
    expect(weights('server a 10.0.0.1:80 weight 10', 'server b 10.0.0.2:80')).toEqual([10, 1]);
    expect(weights('server a 10.0.0.1:80', 'server b 10.0.0.2:80')).toEqual([undefined, undefined]);
    expect(weights('default-server weight 5', 'server a 10.0.0.1:80 weight 10', 'server b 10.0.0.2:80 maxconn 5')).toEqual([10, undefined]);
  });

  test('the address of clients in a header of another name is added by a rule, behind the others', () => {
    expect(
      ruled('option forwardfor header X-Client except 127.0.0.0/8 if-none', 'http-request deny if { path /a }')['http-request'],
    ).toEqual([
      { deny: true, if: { path: '/a' } },
      { 'add-header': { 'X-Client': '%[src]' }, unless: [{ src: '127.0.0.0/8' }, { 'req.hdr(X-Client)': { found: true } }] },
    ]);
    expect(ruled('option forwardfor header X-Forwarded-For')['http-request']).toBeUndefined();
  });

  test('fetches that look a client up in the table of their own section name it', () => {
    const { 'http-request': list } = ruled(
      'stick-table type ip size 1k expire 1m store http_req_rate(10s)',
      'http-request set-header A "%[src_http_req_rate] %[src_port]"',
    );
    expect(list).toEqual([{ 'set-header': { A: '%[src_http_req_rate(web-table)] %[src_port]' } }]);
  });

  test('variables of variables do not grow without end', () => {
    const { imported: made } = imported(`global\n${'  setenv A "x$A$A"\n'.repeat(80)}`);
    expect(made.outcomes).toHaveLength(80);
  });

  const documented = (...lines: readonly string[]) => imported(lines.join('\n')).imported.document as { [section: string]: Tree };

  test('timeouts and options that all share stand in defaults, those of several sections at each', () => {
    const proxies = (name: string, ...from: readonly string[]) => [
      ['frontend', name, ...from].join(' '),
      ' bind :80',
      ` default_backend b-${name}`,
      ['backend', `b-${name}`, ...from].join(' '),
      ' server s 10.0.0.1:80',
    ];
    const shared = ['defaults', ' mode http', ' timeout client 5000', ' srvtimeout 1m', ' no option redispatch', ' option forceclose'];
    const { defaults, frontends, backends } = documented(...shared, ...proxies('a'));
    expect(defaults).toEqual({ timeout: { client: '5s', server: '1m' }, option: { redispatch: false, httpclose: true } });
    expect(frontends?.a).toEqual({ bind: [{ address: '*:80' }], default_backend: 'b-a' });
    expect(backends?.['b-a']).toEqual({ check: false, servers: { s: '10.0.0.1:80' } });
    const each = documented('defaults one', ' timeout client 5s', 'defaults two', ' timeout client 6s', ...proxies('a', 'from', 'one'));
    expect(each.defaults).toBeUndefined();
    expect(each.frontends?.a).toMatchObject({ timeout: { client: '5s' } });
  });

  test('what leads nowhere says what HAProxy did, and dispatch is a server', () => {
    const { frontends, backends } = documented(
      'frontend web',
      ' mode http',
      ' bind :80',
      'frontend mail',
      ' bind :25',
      'backend none',
      ' mode http',
      'backend one',
      ' mode http',
      ' dispatch 10.0.0.1:80',
    );
    expect(frontends?.web).toMatchObject({ 'http-request': [{ deny: 503 }] });
    expect(frontends?.mail).toMatchObject({ 'tcp-request content': [{ reject: true }] });
    expect(backends?.none).toMatchObject({ 'http-request': [{ deny: 503 }] });
    expect(backends?.one).toMatchObject({ servers: { dispatch: '10.0.0.1:80' } });
  });

  test('rules that frontends and backends inherit of one section run once', () => {
    const defaults = ['defaults d', ' mode http', ' http-request set-header A 1', ' http-response add-header B 1'];
    const { frontends, backends } = documented(
      ...defaults,
      'frontend f from d',
      ' bind :80',
      ' default_backend b',
      'backend b from d',
      ' server s 10.0.0.1:80',
    );
    expect(frontends?.f).toMatchObject({ 'http-request': [{ 'set-header': { A: '1' } }] });
    expect(frontends?.f).not.toHaveProperty('http-response');
    expect(backends?.b).toMatchObject({ 'http-response': [{ 'add-header': { B: '1' } }], 'http-request': [{ 'set-header': { A: '1' } }] });
  });

  test('what has no name of a document gets one, and everything finds it', () => {
    const text = [
      'listen 10.0.0.1:80',
      ' mode http',
      ' bind :80',
      ' server 10.0.0.5 10.0.0.5:80',
      ' use-server 10.0.0.5 if { path /x }',
    ].join('\n');
    const { text: document, imported: made, problems } = imported(text);
    expect(problems).toEqual([]);
    expect(document).toContain('# It was called 10.0.0.1:80.\n  x10.0.0.1-80:');
    expect((made.document.backends as { [name: string]: Tree })['x10.0.0.1-80']).toMatchObject({
      servers: { 'x10.0.0.5': '10.0.0.5:80' },
      'use-server': [{ server: 'x10.0.0.5', if: { path: '/x' } }],
    });
  });

  test('UNIX sockets of binds are found by the servers that name them, others are those of programs', () => {
    const { frontends, backends } = documented(
      'listen tls',
      ' bind :443',
      ' server http unix@/var/lib/haproxy/http.sock send-proxy-v2',
      ' server other abns@inner',
      ' server app /srv/app.sock',
      'frontend http',
      ' bind /var/lib/haproxy/http.sock accept-proxy',
      ' bind abns@inner',
      ' tcp-request content reject',
    );
    expect(frontends?.http).toMatchObject({ bind: [{ unix: '/run/http.sock', 'accept-proxy': true }, { abns: 'inner' }] });
    expect(backends?.tls).toMatchObject({
      servers: { http: { address: 'unix:/run/http.sock', 'send-proxy': 'v2' }, other: 'abns:inner', app: 'unix:/run/servers/app.sock' },
    });
  });

  test('a server says TLS of its own beside that of default-server, and is raw where that is', () => {
    const tls = ' default-server ssl ca-file ca.pem verify required';
    const { backends } = documented(
      'backend b',
      tls,
      ' server a 10.0.0.1:443 sni str(a)',
      ' server b 10.0.0.2:80 no-ssl',
      ' server c 10.0.0.3:443',
    );
    const ssl = { 'ca-file': 'ca.pem', verify: 'required' };
    expect(backends?.b).toMatchObject({
      'default-server': { ssl },
      servers: { a: { ssl: { ...ssl, sni: 'str(a)' } }, b: { ssl: false }, c: '10.0.0.3:443' },
    });
    const raw = documented('backend b', ' default-server socks4 10.0.0.9:1080', ' server a 10.0.0.1:443');
    expect(raw.backends?.b).toMatchObject({ extra: ['default-server socks4 10.0.0.9:1080', 'server a 10.0.0.1:443'] });
  });

  test('blocks that choose lines are read as HAProxy of the appliance would', () => {
    const lines = ['.if version_atleast(2.8) && feature(QUIC)', ' maxconn 1', '.elif 1', ' maxconn 2', '.else', ' maxconn 3', '.endif'];
    const { imported: made } = imported(['global', ...lines, '.if enabled(X)', ' nbthread 2', '.endif'].join('\n'));
    expect(made.document.global).toEqual({ maxconn: 1 });
    expect(made.outcomes.map(({ fate }) => fate)).toEqual([
      ...['needless', 'option', 'needless', 'needless', 'needless', 'needless', 'needless'],
      ...['dropped', 'own', 'dropped'],
    ]);
  });

  test('rules of checks stand in the place of those that are inherited, and a rule behind one that always applies says nothing', () => {
    const { backends } = documented(
      'defaults',
      ' mode http',
      ' option httpchk',
      ' http-check send meth GET uri /inherited',
      'backend b',
      ' http-check send meth GET uri /own',
      ' server s 10.0.0.1:80 check',
    );
    expect(backends?.b).toMatchObject({ check: { GET: '/own' } });
    expect(ruled('http-request deny', 'http-request set-header A 1')['http-request']).toEqual([{ deny: true }]);
  });

  test('lines of all shapes in any order give an answer, and each line a fate', () => {
    const lines = readdirSync(folder).flatMap((name) =>
      name.endsWith('.cfg')
        ? readFileSync(join(folder, name), 'utf8')
            .split('\n')
            .filter((line) => /\w/.test(line))
        : [],
    );
    const line = fc.oneof(
      fc.constantFrom(...lines),
      fc.tuple(fc.constantFrom(...lines), fc.nat(60)).map(([text, at]) => text.slice(0, at)),
      fc.tuple(fc.constantFrom(...lines), fc.constantFrom(...lines)).map(([a, b]) => `${a} ${b.trim()}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (text) => {
        const source = text.join('\n');
        mistakesIn(source);
        const { outcomes } = importHaproxy(source);
        expect(outcomes.filter(({ fate, reason }) => fate !== 'option' && (reason ?? '') === '')).toEqual([]);
        expect(outcomes.length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  test('anything at all gives an answer', () => {
    for (const text of [
      '',
      '\0',
      '"',
      'acl',
      'global\n\t"',
      'frontend\nbind',
      'listen x\n server',
      'backend b\n stick-table',
      'frontend __proto__\n bind :80',
      'defaults\n timeout',
    ])
      expect(imported(text).imported.outcomes.length).toBeGreaterThanOrEqual(0);
  });
});
