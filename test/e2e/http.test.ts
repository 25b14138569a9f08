import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Condition, DataPlane, Rule } from '../../proxy/model.ts';
import { answered, backend, bind, frontend, plane, redirected, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type KeyPair, makeCertificate } from '../support/haproxy-certificates.ts';
import { type Answered, type Asked, type Peer, startPeer } from '../support/haproxy-peer.ts';
import { clients, type Networks, servers, startNetworks, vips } from '../support/netns.ts';
import type { Staged } from '../support/staged.ts';

const sample = (word: string, ...patterns: readonly string[]): Condition => ({
  kind: 'sample',
  sample: word,
  test: { kind: 'patterns', patterns },
});
const more = (word: string, value: number): Condition => ({
  kind: 'sample',
  sample: word,
  test: { kind: 'compare', all: [{ operator: 'gt', value }] },
});
const acl = (name: string): Condition => ({ kind: 'acl', acl: name });
const not = (of: Condition): Condition => ({ kind: 'not', of });
const all = (...of: readonly Condition[]): Condition => ({ kind: 'all', of });
const rule = (action: Rule['action'], condition: Condition | null = null): Rule => ({ action, condition });

/** A value that would be a comment, a quote, a variable and a format, were it not quoted. */
const odd = `odd#'"\\${'$'}{HOME}%[src]}{`;

const ssl = { certificates: ['shop', 'api'], alpn: ['h2', 'http/1.1'], options: {}, quic: false };
const insecure = not({ kind: 'sample', sample: 'ssl_fc', test: { kind: 'is', value: true } });
const partner = all({ kind: 'sample', sample: 'ssl_c_used', test: { kind: 'is', value: true } }, sample('ssl_c_verify', '0'));

const web: DataPlane = plane({
  acls: [
    { name: 'office', condition: sample('src', `${clients.office}/32`) },
    { name: 'partner', condition: partner },
    { name: 'static', condition: { kind: 'any', of: [sample('path_beg', '/img/'), sample('path_end', '.js')] } },
  ],
  maps: [{ name: 'blocked', match: 'ip', file: '/run/weir/maps/blocked.map' }],
  stickTables: [
    {
      name: 'clients',
      type: 'ipv6',
      length: null,
      size: '10k',
      expire: '10m',
      store: ['http_req_rate(10s)', 'http_err_rate(1m)'],
      srvkey: 'name',
      nopurge: false,
      peers: null,
      isOfPeers: false,
      writeTo: null,
    },
  ],
  certificates: [
    { name: 'shop', pems: ['/run/weir/certificates/shop.pem'], sni: ['shop.example'], options: {} },
    {
      name: 'api',
      pems: ['/run/weir/certificates/api.pem'],
      sni: ['api.shop.example'],
      options: { 'ca-file': '/run/weir/certificates/partners-ca.pem', verify: 'optional' },
    },
  ],
  frontends: [
    frontend('web', [bind(vips.main, 80), bind(vips.six, 80), bind(vips.main, 443, { ssl }), bind(vips.six, 443, { ssl })], 'shop', {
      rules: {
        'tcp-request connection': [rule({ kind: 'reject' }, { kind: 'sample', sample: 'src', test: { kind: 'map', map: 'blocked' } })],
        'http-request': [
          rule(answered('deny', 429), sample('req.hdr(X-Odd)', odd)),
          rule(redirected('scheme', 'https', 301), insecure),
          rule(answered('deny', 403), all(sample('path_beg', '/admin'), not(acl('office')))),
          rule({ kind: 'silent-drop' }, sample('path', '/drop')),
          rule({ kind: 'set-header', headers: { 'X-Office': 'yes; %[src]' } }, acl('office')),
          rule({ kind: 'del-header', match: 'str', names: ['X-Secret'] }),
          rule({ kind: 'set-path', format: '/moved/%[path]' }, sample('path_beg', '/old')),
        ],
        'http-response': [
          rule({ kind: 'set-header', headers: { 'Strict-Transport-Security': 'max-age=31536000' } }),
          rule({ kind: 'del-header', match: 'str', names: ['Server'] }),
        ],
      },
      useBackend: [
        { backend: 'api', condition: all(sample('host', 'api.shop.example'), acl('partner')) },
        { backend: 'assets', condition: acl('static') },
      ],
    }),
    frontend('limited', [bind(vips.other, 80)], 'assets', {
      rules: {
        'http-request': [
          rule({ kind: 'track-sc', index: 0, sample: 'src', table: 'clients' }),
          rule(answered('deny', 429), all(more('sc_http_req_rate(0)', 20), not(acl('office')))),
          rule(answered('tarpit', 403), more('sc_http_err_rate(0)', 5)),
        ],
      },
    }),
  ],
  backends: [
    backend('shop', [server('app1', servers.app1, 8080), server('app2', servers.app2, 8080)], {
      cookie: {
        name: 'SRV',
        words: ['insert', 'indirect', 'nocache', 'httponly', 'secure'],
        maxidle: '30m',
        maxlife: null,
        domains: [],
        attributes: [],
        keyFile: null,
        key: null,
      },
    }),
    backend('api', [
      server('api', servers.api, 8443, {
        tls: {
          verify: 'required',
          caFile: '/run/weir/certificates/internal-ca.pem',
          sni: 'str(api.internal)',
          alpn: [],
          options: {},
        },
      }),
    ]),
    backend('assets', [server('app3', servers.app3, 8080)], { httpReuse: 'always' }),
  ],
  // a tarpit as long as the default would make the test slow
  extraDefaults: ['timeout tarpit 1s'],
});

let networks: Networks;
let peer: Peer;
let haproxy: Haproxy;
let client: KeyPair;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  const [shop, api, partners, internal] = await Promise.all(
    ['shop.example', 'api.shop.example', 'partners', 'internal'].map((name) => makeCertificate(name)),
  );
  if (!shop || !api || !partners || !internal) throw new Error('certificates');
  client = await makeCertificate('partner-one', partners);
  const inside = await makeCertificate('api.internal', internal);
  for (const name of ['app1', 'app2', 'app3'] as const) await peer.up({ name, address: servers[name], port: 8080, kind: 'http' });
  await peer.up({ name: 'api', address: servers.api, port: 8443, kind: 'http', tls: inside });
  const files: Staged = {
    '/run/weir/certificates/shop.pem': `${shop.cert}${shop.key}`,
    '/run/weir/certificates/api.pem': `${api.cert}${api.key}`,
    '/run/weir/certificates/partners-ca.pem': partners.cert,
    '/run/weir/certificates/internal-ca.pem': internal.cert,
    '/run/weir/maps/blocked.map': `${clients.blocked}\n`,
  };
  haproxy = await startHaproxy(networks.proxy, web, files);
});

afterAll(async () => {
  await haproxy?.stop();
  await peer?.stop();
  await networks?.stop();
});

/** A request by TLS to the shop. */
const ask = (path: string, rest: Partial<Asked> = {}) =>
  peer.ask({ address: vips.main, port: 443, path, headers: { host: 'shop.example' }, tls: { servername: 'shop.example' }, ...rest });
const seen = (body: string) => JSON.parse(body) as Answered;

describe('a web frontend', () => {
  test('sends HTTP to HTTPS, on IPv4 and IPv6', async () => {
    for (const address of [vips.main, vips.six]) {
      const { status, headers } = await peer.ask({ address, port: 80, path: '/a?b=c', headers: { host: 'shop.example' } });
      expect({ status, location: headers.location }).toEqual({ status: 301, location: 'https://shop.example/a?b=c' });
    }
  });

  test('shows the certificate of the name that is asked for, and the first one to strangers', async () => {
    for (const [servername, expected] of [
      ['shop.example', 'shop.example'],
      ['api.shop.example', 'api.shop.example'],
      ['nobody.example', 'shop.example'],
    ] as const) {
      for (const address of [vips.main, vips.six]) {
        expect(await ask('/', { address, tls: { servername } })).toMatchObject({ status: 200, certificate: expected });
      }
    }
  });

  test('speaks HTTP/2 where the client does', async () => {
    const reply = await ask('/', { tls: { servername: 'shop.example', ALPNProtocols: ['h2'] } });
    expect(reply).toMatchObject({ status: 200, headers: { 'x-protocol': 'h2' } });
  });

  test('routes by host only whom a certificate admits, and by path anybody', async () => {
    const api = { headers: { host: 'API.shop.example:443' } };
    const admitted = await ask('/', { ...api, tls: { servername: 'api.shop.example', ...client } });
    expect(seen(admitted.body).server).toBe('api');
    const stranger = await ask('/', { ...api, tls: { servername: 'api.shop.example' } });
    expect(seen(stranger.body).server).toMatch(/^app[12]$/);
    for (const path of ['/img/logo.png', '/deep/code.js']) expect(seen((await ask(path)).body).server).toBe('app3');
    expect(seen((await ask('/image')).body).server).toMatch(/^app[12]$/);
  });

  test('denies what a rule denies, except to whom an ACL names', async () => {
    expect((await ask('/admin/users')).status).toBe(403);
    expect((await ask('/admin/users', { from: clients.office })).status).toBe(200);
  });

  test('takes a pattern literally, whatever stands in it', async () => {
    const at = (value: string) => peer.ask({ address: vips.main, port: 80, path: '/', headers: { host: 'shop.example', 'x-odd': value } });
    expect((await at(odd)).status).toBe(429);
    expect((await at(odd.slice(0, -1))).status).toBe(301);
  });

  test('closes on whom a map blocks, before reading a byte', async () => {
    const { received, isClosed } = await peer.converse({ address: vips.main, port: 80, send: '', forMs: 3000, from: clients.blocked });
    expect({ received, isClosed }).toEqual({ received: '', isClosed: true });
    const answer = await haproxy.ask(`add map /run/weir/maps/blocked.map ${clients.office} 1`);
    expect(answer.trim()).toBe('');
    expect((await ask('/', { from: clients.office })).error).not.toBeNull();
    await haproxy.ask(`del map /run/weir/maps/blocked.map ${clients.office}`);
    expect((await ask('/', { from: clients.office })).status).toBe(200);
  });

  test('never answers what is dropped', async () => {
    // a client beyond a router would not even see the connection end: the reset's TTL is 1
    expect(await ask('/drop')).toMatchObject({ status: 0, body: '', headers: {} });
  });

  test('tells servers who the client is and believes nothing that it claims', async () => {
    const headers = {
      host: 'shop.example',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil',
      forwarded: 'for=1.2.3.4',
    };
    const { headers: got } = seen((await ask('/', { headers })).body);
    expect(got).toMatchObject({
      'x-forwarded-for': clients.usual,
      'x-forwarded-proto': 'https',
      forwarded: `proto=https;for=${clients.usual}`,
    });
    expect(got).not.toHaveProperty('x-forwarded-host');
  });

  test('changes headers and paths as its rules say', async () => {
    const { body, headers } = await ask('/old/x', { from: clients.office, headers: { host: 'shop.example', 'x-secret': 'plain' } });
    expect(seen(body)).toMatchObject({ url: '/moved//old/x', headers: { 'x-office': `yes; ${clients.office}` } });
    expect(seen(body).headers).not.toHaveProperty('x-secret');
    expect(headers).toMatchObject({ 'strict-transport-security': 'max-age=31536000' });
    expect(headers).not.toHaveProperty('server');
  });

  test('refuses header names that a server could read in two ways', async () => {
    expect((await ask('/', { headers: { host: 'shop.example', x_forwarded_for: '1.2.3.4' } })).status).toBe(403);
  });

  test('keeps a client at its server by a cookie, and forgets a cookie of a server that is gone', async () => {
    const first = await ask('/');
    const cookie = String(first.headers['set-cookie']);
    expect(cookie).toMatch(/^SRV=app[12]\|.*HttpOnly; Secure/i);
    const value = cookie.split(';')[0] as string;
    for (let turn = 0; turn < 6; turn++) {
      const again = await ask('/', { headers: { host: 'shop.example', cookie: value } });
      expect(seen(again.body).server).toBe(seen(first.body).server);
      expect(seen(again.body).headers).not.toHaveProperty('cookie');
    }
    expect((await ask('/', { headers: { host: 'shop.example', cookie: 'SRV=gone' } })).status).toBe(200);
  });

  test('limits the rate of one address, and not that of others', async () => {
    const at = (from: string, path = '/') => peer.ask({ address: vips.other, port: 80, path, from });
    const statuses = [];
    for (let turn = 0; turn < 30; turn++) statuses.push((await at(clients.usual)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    for (let turn = 0; turn < 30; turn++) expect((await at(clients.office)).status).toBe(200);
  });

  test('lets a client that makes errors wait', async () => {
    const at = (path: string) => peer.ask({ address: vips.other, port: 80, path, from: clients.office });
    for (let turn = 0; turn < 8; turn++) await at('/status/404');
    const { status, ms } = await at('/');
    expect(status).toBe(403);
    expect(ms).toBeGreaterThan(900);
  });
});
