import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RouteAnswer, RouteRefusal } from '../../appliance/agent/route-answer.ts';
import { runProgram } from '../../appliance/cli/program.ts';
import { temporaryFolder } from '../support/ending.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { hostWithHaproxy } from '../support/route.ts';

let folder: string;
const left = () => readdirSync(tmpdir()).filter((name) => /^weir-[A-Za-z0-9]{6}$/.test(name));
let before: readonly string[];

beforeAll(async () => {
  folder = temporaryFolder('route');
  before = left();
  for (const name of ['certificates', 'maps', 'lua']) mkdirSync(join(folder, name));
  const shop = await makeCertificate('shop.example');
  const api = await makeCertificate('api.example', null, { rsa: true });
  writeFileSync(join(folder, 'certificates/shop.pem'), shop.cert + shop.key);
  writeFileSync(join(folder, 'certificates/api.pem'), api.cert + api.key);
  writeFileSync(join(folder, 'certificates/ca.pem'), api.cert);
  writeFileSync(join(folder, 'maps/hosts.map'), 'one.example one\n');
  writeFileSync(join(folder, 'maps/blocked.map'), '203.0.113.0/24 spam\n');
  writeFileSync(
    join(folder, 'lua/call.lua'),
    'core.register_action("call", { "http-req" }, function(txn)\n' +
      '  local socket = core.tcp(); socket:settimeout(1)\n' +
      '  txn:set_var("txn.reached", socket:connect("127.0.0.1", 22) == 1)\nend)\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const head = 'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n';

/** Runs `weir route` on a document, and gives its answer as `--json` has it. */
async function run(document: string, ...argv: string[]): Promise<{ code: number; route: RouteAnswer; said: string }> {
  writeFileSync(join(folder, 'config.yaml'), head + document);
  const said = { stdout: '', stderr: '' };
  const to = (stream: 'stdout' | 'stderr') => (text: string) => {
    said[stream] += text;
  };
  const code = await runProgram(
    [
      'route',
      '--config',
      join(folder, 'config.yaml'),
      ...(argv.includes('--text') ? [] : ['--json']),
      ...argv.filter((each) => each !== '--text'),
    ],
    {
      stdout: to('stdout'),
      stderr: to('stderr'),
      stdin: async () => '',
      secret: async () => '',
      isTerminal: false,
      host: hostWithHaproxy(),
      user: 'alice',
      connection: null,
      ending: () => new AbortController().signal,
      version: '0.1.0',
    },
  );
  const answer = JSON.parse(said.stdout.startsWith('{') ? said.stdout : '{}') as { route: RouteAnswer };
  return { code, route: answer.route, said: said.stdout + said.stderr };
}

const held = ({ rules }: RouteAnswer) => rules.filter((rule) => rule.held).map(({ at }) => at.path);

async function routed(document: string, ...argv: string[]): Promise<RouteAnswer> {
  const { route, said } = await run(document, ...argv);
  expect(route, said).toBeDefined();
  return route;
}

const web = `
acls: { office: { src: 198.51.100.0/24 } }
maps: { hosts: { match: str, file: hosts.map }, blocked: { match: ip, file: blocked.map } }
frontends:
  web:
    bind: [{ address: "*:80" }]
    tcp-request connection:
      - { accept: true, if: { src: 203.0.113.7 } }
      - { reject: true, if: { src: { map: blocked } } }
    tcp-request session: [{ silent-drop: true, if: { src: 192.0.2.66 } }]
    http-request:
      - { deny: 403, if: { path_beg: /admin }, unless: office }
      - { allow: true, if: { path: /allowed } }
      - { redirect: { scheme: https, code: 302 }, if: { path_beg: /secure } }
      - { return: { status: 200, string: hello }, if: { path: /hello } }
      - { tarpit: 429, if: { path: /slow } }
      - { set-path: "/v2%[path]", if: { path_beg: /api } }
      - { deny: 404, if: [{ path: /allowed }, { path: /gone }] }
    http-response: [{ del-header: Server }]
    use_backend:
      - { backend: api, if: { path_beg: /v2/, method: [GET, POST] } }
      - { backend: { map: hosts, sample: host }, if: { host: { map: hosts } } }
    default_backend: app
backends:
  app:
    cookie: { SRV: [insert, indirect, nocache] }
    servers: { app1: 10.0.0.1:80, app2: 10.0.0.2:80, sorry: { address: 10.0.0.9:80, backup: true } }
  api:
    balance: source
    servers: { api1: 10.0.0.3:80, api2: 10.0.0.4:80 }
    http-request: [{ deny: 405, if: { method: POST } }]
    use-server: [{ server: api2, if: { path_end: /two } }]
  one: { servers: { s1: shop.internal:80 } }
`;

test('a request goes to the backend of its first use_backend rule that holds, which is named with its line', async () => {
  const route = await routed(web, '--request', 'GET http://any.example/api/x?y=1', '--header', 'X-Tenant: a b');
  expect(route).toMatchObject({
    backend: 'api',
    chosenBy: { path: 'frontends.web.use_backend[0]', line: 23, text: '- { backend: api, if: { path_beg: /v2/, method: [GET, POST] } }' },
    bind: { path: 'frontends.web.bind[0]' },
    takenBy: 'hash',
    answer: null,
    forwarded: { method: 'GET', path: '/v2/api/x?y=1' },
  });
  expect(held(route)).toEqual(['frontends.web.http-request[5]', 'frontends.web.use_backend[0]', 'frontends.web.http-response[0]']);
  expect(route.forwarded?.headers).toEqual(
    expect.arrayContaining([
      ['x-tenant', 'a b'],
      ['host', 'any.example'],
      ['x-forwarded-for', '192.0.2.1'],
    ]),
  );
});

test('the parts of a condition are told that hold and that do not', async () => {
  const { rules } = await routed(web, '--request', 'GET http://any.example/admin', '--source', '198.51.100.9');
  expect(rules.find(({ at }) => at.path === 'frontends.web.http-request[0]')).toMatchObject({
    held: false,
    because: [
      { text: 'path_beg: /admin', held: true },
      { text: 'acl: office', held: true },
    ],
  });
});

test.each([
  ['/admin', 403, null, 'frontends.web.http-request[0]'],
  ['/secure/x', 302, 'https://any.example/secure/x', 'frontends.web.http-request[2]'],
  ['/hello', 200, null, 'frontends.web.http-request[3]'],
  ['/slow', 429, null, 'frontends.web.http-request[4]'],
  ['/gone', 404, null, 'frontends.web.http-request[6]'],
])('what HAProxy answers itself is told with its status: %s', async (path, status, location, by) => {
  const began = performance.now();
  const route = await routed(web, '--request', `GET http://any.example${path}`);
  expect(route).toMatchObject({ backend: null, answer: { status, location, by: { path: by } } });
  // a tarpit is not waited for
  expect(performance.now() - began).toBeLessThan(8000);
});

test('a rule that allows ends its list, and the backend is chosen all the same', async () => {
  const route = await routed(web, '--request', 'GET http://one.example/allowed');
  expect(route).toMatchObject({ backend: 'one', server: 's1', answer: null });
  expect(held(route)).toEqual(['frontends.web.http-request[1]', 'frontends.web.use_backend[1]', 'frontends.web.http-response[0]']);
});

test('rules on connections see the source that is given', async () => {
  const from = (source: string) => routed(web, '--request', 'http://any.example/', '--source', source);
  expect(await from('203.0.113.9')).toMatchObject({ answer: { status: null, by: { path: 'frontends.web.tcp-request connection[1]' } } });
  expect(await from('203.0.113.7')).toMatchObject({ backend: 'app', answer: null });
  expect(await from('192.0.2.66')).toMatchObject({ answer: { status: null, by: { path: 'frontends.web.tcp-request session[0]' } } });
  expect(await from('192.0.2.67')).toMatchObject({ backend: 'app', answer: null });
});

test('servers: by turn, by a cookie, by a rule, and one alone', async () => {
  const ask = (request: string, ...more: string[]) => routed(web, '--request', request, ...more);
  expect(await ask('http://a.example/')).toMatchObject({ candidates: ['app1', 'app2'], takenBy: 'turn' });
  expect(await ask('http://a.example/', '--header', 'Cookie: SRV=app2')).toMatchObject({ server: 'app2', takenBy: 'cookie' });
  expect(await ask('http://a.example/api/two')).toMatchObject({ server: 'api2', takenBy: 'use-server' });
  expect(await ask('POST http://a.example/api/two')).toMatchObject({
    backend: 'api',
    answer: { status: 405, by: { path: 'backends.api.http-request[0]' } },
  });
  expect(await ask('http://one.example/')).toMatchObject({ backend: 'one', server: 's1', candidates: ['s1'] });
});

const tls = `
certificates:
  shop: { pem: shop.pem, sni: [shop.example] }
  api: { pem: api.pem, sni: [api.example], ca-file: ca.pem, verify: required }
frontends:
  web:
    bind:
      - { address: "*:80" }
      - { address: "203.0.113.10:443", ssl: [shop, api], alpn: [h2, http/1.1] }
    http-request:
      - { redirect: { scheme: https, code: 301 }, unless: { ssl_fc: true } }
      - { deny: 421, if: { ssl_fc_sni: { found: false } } }
    use_backend: [{ backend: api, if: { ssl_fc_sni: api.example } }]
    default_backend: app
  pass:
    mode: tcp
    bind: [{ address: "*:8443" }, { address: "*:5432" }]
    tcp-request content: [{ reject: true, if: { req.ssl_sni: bad.example } }]
    use_backend: [{ backend: raw, if: { req.ssl_sni: raw.example } }]
    default_backend: db
backends:
  app: { servers: { app1: "10.0.0.1:80" } }
  api: { servers: { api1: { address: "10.0.0.2:443", ssl: { verify: none } } } }
  raw: { mode: tcp, servers: { raw1: 10.0.0.3:443 } }
  db: { mode: tcp, balance: source, servers: { db1: 10.0.0.4:5432, db2: 10.0.0.5:5432 } }
`;

test('TLS is spoken with the certificate of the name, and rules see it', async () => {
  expect(await routed(tls, '--request', 'https://shop.example/')).toMatchObject({
    backend: 'app',
    certificate: 'DNS:shop.example',
    bind: { path: 'frontends.web.bind[1]' },
    destination: '203.0.113.10 port 443',
  });
  const api = await routed(tls, '--request', 'https://api.example/');
  expect(api).toMatchObject({ backend: 'api', certificate: 'DNS:api.example', server: 'api1' });
  expect(await routed(tls, '--request', 'http://shop.example/')).toMatchObject({
    answer: { status: 301, location: 'https://shop.example/' },
  });
  expect(await routed(tls, '--request', 'https://203.0.113.10/')).toMatchObject({ answer: { status: 421 } });
});

test('TLS that is passed on is routed by its hello, connections by what there is', async () => {
  expect(await routed(tls, '--request', 'https://raw.example:8443/')).toMatchObject({
    backend: 'raw',
    server: 'raw1',
    answer: null,
    certificate: null,
  });
  expect(await routed(tls, '--request', 'https://other.example:8443/')).toMatchObject({ backend: 'db', answer: null });
  expect(await routed(tls, '--request', 'https://bad.example:8443/')).toMatchObject({
    backend: null,
    answer: { status: null, by: { path: 'frontends.pass.tcp-request content[0]' } },
  });
  const db = await routed(tls, '--request', 'tcp://203.0.113.10:5432', '--source', '198.51.100.1');
  expect(db).toMatchObject({ frontend: 'pass', backend: 'db', takenBy: 'hash', chosenBy: { path: 'frontends.pass.default_backend' } });
  expect(db.unanswered).toContainEqual(expect.objectContaining({ text: 'the client said nothing' }));
});

test('where nothing takes a request, that is the answer', async () => {
  const document = `
certificates: { shop: { pem: shop.pem } }
frontends:
  web: { bind: [{ address: "*:80" }, { address: "*:443", ssl: [shop], strict-sni: true }], use_backend: [{ backend: off, if: { path: /off } }] }
  six: { bind: [{ address: "[2001:db8::10]:8080" }], default_backend: six }
  end: { mode: tcp, bind: [{ address: "*:993", ssl: [shop] }], default_backend: end }
backends:
  off: { servers: { off1: { address: "10.0.0.1:80", disabled: true } } }
  six: { servers: { six1: "[2001:db8::20]:80" }, http-request: [{ deny: 403, unless: { src: "2001:db8::/32" } }] }
  end: { mode: tcp, servers: { end1: "10.0.0.2:143" } }
`;
  const nobody = 'no rule chooses a backend, and there is no default';
  expect(await routed(document, '--request', 'http://a.example/')).toMatchObject({
    backend: null,
    answer: { status: 503, by: null, reason: nobody },
  });
  expect(await routed(document, '--request', 'http://a.example/off')).toMatchObject({
    backend: 'off',
    server: null,
    candidates: [],
    answer: { status: 503, by: null, reason: 'no server of the backend can be reached' },
  });
  const strange = await routed(document, '--request', 'https://strange.example/');
  expect(strange).toMatchObject({ backend: null, certificate: null, answer: { status: null, by: null } });
  expect(strange.answer?.reason).toMatch(/alert/i);
  expect(await routed(document, '--request', 'http://six.example:8080/')).toMatchObject({
    backend: 'six',
    source: '2001:db8::1',
    answer: null,
  });
  expect(await routed(document, '--request', 'tcp://mail.example:993')).toMatchObject({ backend: 'end', server: 'end1', answer: null });
  const end = await routed(document, '--request', 'https://shop.example:993/');
  expect(end).toMatchObject({ backend: 'end', certificate: 'DNS:shop.example', answer: null });
});

test('pages of its own, and answers that a rule takes the place of', async () => {
  const document = `
frontends:
  web:
    bind: [{ address: "*:80" }]
    monitor-uri: /alive
    stats: { uri: /stats }
    http-response: [{ deny: 502, if: { status: 200 } }]
    default_backend: app
backends: { app: { check: false, servers: { app1: "10.0.0.1:80" } } }
`;
  expect(await routed(document, '--request', 'http://a.example/alive')).toMatchObject({
    backend: null,
    answer: { status: 200, by: { path: 'frontends.web.monitor-uri' } },
  });
  expect(await routed(document, '--request', 'http://a.example/stats')).toMatchObject({
    backend: null,
    answer: { status: 200, by: { path: 'frontends.web.stats' } },
  });
  const denied = await routed(document, '--request', 'http://a.example/');
  expect(denied).toMatchObject({ backend: 'app', server: 'app1', answer: { status: 502, by: { path: 'frontends.web.http-response[0]' } } });
  expect(denied.unanswered).toContainEqual(expect.objectContaining({ text: 'these rules saw an empty answer with the status 200' }));
});

test('a connection is refused in words where no bind takes it, or several do', async () => {
  const two = `
frontends:
  a: { bind: [{ address: "203.0.113.1:80" }], default_backend: app }
  b: { bind: [{ address: "203.0.113.2:80" }, { unix: /run/b.sock }], default_backend: app }
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`;
  const several = await run(two, '--request', 'http://a.example/');
  expect(several.code).toBe(2);
  expect(several.said).toContain(
    'several frontends take port 80: frontends.a.bind[0] (203.0.113.1:80), frontends.b.bind[0] (203.0.113.2:80)',
  );
  expect((await run(two, '--request', 'https://a.example:80/')).said).toContain('speaks no TLS');
  expect((await run(two, '--request', 'http://a.example:81/')).said).toContain('no bind takes port 81');
  expect(await routed(two, '--request', 'http://a.example/', '--to', '203.0.113.2')).toMatchObject({ frontend: 'b' });
  expect(await routed(two, '--request', 'http://a.example/', '--to', '/run/b.sock')).toMatchObject({ frontend: 'b', source: null });
  expect(await routed(two, '--request', 'http://203.0.113.1/')).toMatchObject({ frontend: 'a', destination: '203.0.113.1 port 80' });
});

test('a script runs cut off from the network, and that is said', async () => {
  const document = `
global: { lua-load: [{ file: call.lua }] }
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request:
      - { lua: call }
      - { deny: 403, if: { "var(txn.reached),bool": true } }
    default_backend: app
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`;
  const route = await routed(document, '--request', 'http://a.example/');
  expect(route).toMatchObject({ backend: 'app' });
  expect(route.unanswered).toContainEqual({
    at: expect.objectContaining({ path: 'frontends.web.http-request[0]' }),
    text: 'the script ran here, cut off from the network',
  });
});

test('what is left open is said of what the request came by, and raw lines that may reach others are left out', async () => {
  const document = `
stick-tables: { clients: { type: ip, size: 1k, store: [http_req_rate(10s)] } }
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request:
      - { track-sc0: src, table: clients }
      - { deny: 429, if: { "sc_http_req_rate(0)": { gt: 1000 } } }
    use_backend: [{ backend: spare, if: { "nbsrv(app)": { lt: 1 } } }]
    default_backend: app
    extra: ["log 192.0.2.1:514 local0", "http-request deny deny_status 410 if { path /raw }"]
backends:
  app: { check: { GET: / }, servers: { app1: "10.0.0.1:80" } }
  spare: { stick: [{ on: src, table: clients }], servers: { spare1: "10.0.0.2:80" } }
`;
  const { unanswered } = await routed(document, '--request', 'http://a.example/');
  const told = unanswered.map(({ at, text }) => `${at?.path}: ${text}`);
  expect(told).toEqual([
    'frontends.web.http-request[1]: stick tables are empty here, and nothing has been counted',
    'frontends.web.use_backend[0]: every server is up here and has nothing else to do',
    'backends.app.check: servers were not tested: every one counts as up',
    'frontends.web.extra[0]: this raw line was left out: weir does not know whether it would reach others',
  ]);
  expect(await routed(document, '--request', 'http://a.example/raw')).toMatchObject({
    answer: { status: 410, by: { path: 'frontends.web.extra[1]' } },
  });
});

test.each([
  [['--request', 'GET http://a.example/ HTTP/1.1\r\nX: y']],
  [['--request', 'GET http://a.example/\r\nHost: evil.example']],
  [['--request', `GET http://a.example/${'x'.repeat(20_000)}`]],
  [['--request', 'GET http://a b.example/']],
  [['--request', 'GET http://user:pw@a.example/']],
  [['--request', 'GET http://a.example:99999/']],
  [['--request', 'ftp://a.example/']],
  [['--request', '']],
  [['--request', 'GET http://a.example/\u00e4']],
  [['--request', 'GET http://[::1/']],
  [['--request', 'tcp://a.example']],
  [['--request', 'http://a.example/', '--header', 'X: a\r\nY: b']],
  [['--request', 'http://a.example/', '--header', 'no colon']],
  [['--request', 'http://a.example/', '--header', 'X : y']],
  [['--request', 'http://a.example/', '--header', 'Transfer-Encoding: chunked']],
  [['--request', 'http://a.example/', ...Array.from({ length: 100 }, (_, index) => ['--header', `X-${index}: y`]).flat()]],
  [['--request', 'http://a.example/', '--header', `X: ${'y'.repeat(20_000)}`]],
  [['--request', 'http://a.example/', '--source', 'nobody']],
  [['--request', 'http://a.example/', '--source', '192.0.2.1\r\n']],
  [['--request', 'http://a.example/', '--source', '2001:db8::7']],
  [['--request', 'http://a.example/', '--to', '../x']],
  [['--request', 'http://a.example/', '--against', 'yesterday']],
])('a hostile question is refused in words: %j', async (argv) => {
  const { code, said } = await run(web, ...argv);
  expect(code).toBe(2);
  const { problems } = JSON.parse(said) as { problems: RouteRefusal['reasons'] };
  expect(problems.length).toBeGreaterThan(0);
  for (const { message } of problems) expect(message).not.toMatch(/Error|undefined|\n|\r/);
});

test('what HAProxy refuses of the document is told at its line', async () => {
  const document = `
frontends:
  web:
    bind: [{ address: "*:80" }]
    default_backend: app
    extra: ["http-request deny if { no_such_sample x }"]
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`;
  const { code, said } = await run(document, '--request', 'http://a.example/');
  expect(code).toBe(2);
  expect(JSON.parse(said)).toMatchObject({
    problems: [{ path: 'frontends.web.extra.0', line: 8, message: expect.stringContaining('no_such_sample') }],
  });
});

test('a file beside the document that is not there is told', async () => {
  const hidden = tls.replaceAll('shop.pem', 'other.pem');
  const { code, said } = await run(hidden, '--request', 'https://shop.example/');
  expect({ code, said }).toMatchObject({ code: 2, said: expect.stringContaining('other.pem') });
});

test('people are told in lines that name the document', async () => {
  const document = `
acls: { office: { src: 198.51.100.0/24 } }
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request:
      - { deny: 403, if: { path_beg: /admin }, unless: office }
      - { set-path: "/v2%[path]", if: { path_beg: /api } }
    default_backend: app
backends: { app: { balance: leastconn, servers: { app1: "10.0.0.1:80", app2: "10.0.0.2:80" } } }
`;
  const { said } = await run(document, '--request', 'GET http://a.example/api/x', '--source', '192.0.2.7', '--text');
  expect(said.replaceAll(folder, '.')).toBe(`GET http://a.example/api/x from 192.0.2.7
bind        frontends.web.bind[0] (./config.yaml:7): bind: [{ address: "*:80" }], as 192.0.2.80 port 80
rules
  - frontends.web.http-request[0] (./config.yaml:9): { deny: 403, if: { path_beg: /admin }, unless: office }
      path_beg: /admin does not hold; acl: office does not hold
  + frontends.web.http-request[1] (./config.yaml:10): { set-path: "/v2%[path]", if: { path_beg: /api } }
      path_beg: /api holds
backend     app, by frontends.web.default_backend (./config.yaml:11)
servers     app1, app2 (leastconn): any of them, this time it was app1
sent on     GET /v2/api/x, host a.example
    x-forwarded-proto: http
    forwarded: proto=http;for=192.0.2.7
    x-forwarded-for: 192.0.2.7
answer      by the server of app
not answered
  backends.app.check (./config.yaml:12): servers were not tested: every one counts as up
`);
});

test('nothing is left of any of it', () => {
  expect(left()).toEqual(before);
});
