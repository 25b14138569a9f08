import type { HaproxyMachine } from '../../proxy/haproxy/render.ts';
import type { Action, Backend, Bind, Check, DataPlane, Frontend, Rule, Server, TcpBind } from '../../proxy/model.ts';

/** A node as the tests render for it: nothing about its hardware is known. */
export const machine: HaproxyMachine = { threads: null, maxconn: null, node: 'lb1', runDir: '/run/weir' };

/** A server with nothing special. */
export function server(name: string, address: string, port: number, rest: Partial<Server> = {}): Server {
  const identity = { backup: false, check: true, checkSettings: {}, cookie: null, count: null };
  const plain = {
    ...identity,
    words: {},
    source: null,
    agent: null,
    weight: null,
    maxconn: null,
    slowstart: null,
    observe: null,
    onError: null,
  };
  return { name, address, port, ...plain, tls: null, resolvers: null, sendProxy: null, ...rest };
}

/** A backend with nothing special. */
export function backend(name: string, servers: readonly Server[], rest: Partial<Backend> = {}): Backend {
  const balance = { algorithm: 'roundrobin', argument: null, words: [], hashType: null, hashBalanceFactor: null };
  const lists = { rules: {}, inspectDelay: null, responseInspectDelay: null, acls: [], extra: [] };
  const persistence = { stick: [], persistRdpCookie: null, forcePersist: [], ignorePersist: [], useServer: [] };
  return {
    name,
    mode: 'http',
    balance,
    cookie: null,
    check: null,
    timeouts: {},
    httpReuse: 'safe',
    ...persistence,
    options: {},
    retries: null,
    retryOn: [],
    fullconn: null,
    ...lists,
    answers: { groups: [], errors: [], maintenance: null },
    compression: null,
    bandwidth: [],
    spoe: [],
    logs: [],
    emailAlert: {},
    fcgiApp: null,
    servers,
    ...rest,
  };
}

/** A frontend with nothing special. */
export function frontend(name: string, binds: readonly Bind[], defaultBackend: string | null, rest: Partial<Frontend> = {}): Frontend {
  const rules = { rules: {}, inspectDelay: null, useBackend: [] };
  const captured = { requestHeaders: {}, responseHeaders: {}, declared: { request: [], response: [] }, cookie: null };
  const logging = { format: null, errorFormat: null, structuredData: null, tag: null, targets: [], captured, uniqueId: null };
  const own = {
    monitor: null,
    stats: null,
    answers: { groups: [], errors: [], maintenance: null },
    compression: null,
    bandwidth: [],
    spoe: [],
  };
  return {
    name,
    mode: 'http',
    maxconn: null,
    settings: {},
    options: {},
    timeouts: {},
    binds,
    acls: [],
    ...rules,
    defaultBackend,
    logging,
    ...own,
    extra: [],
    ...rest,
  };
}

/** A bind on a port. */
export function bind(address: string, port: number, rest: Partial<TcpBind> = {}): Bind {
  return { kind: 'tcp', addresses: [address], port, lastPort: port, ssl: null, acceptProxy: false, options: {}, ...rest };
}

/** An answer of the proxy's own with nothing special. */
export function answered(kind: 'deny' | 'return' | 'tarpit', status: number): Action {
  return { kind, status, contentType: null, body: null, headers: {} };
}

/** A redirect with nothing special. */
export function redirected(to: 'scheme' | 'location' | 'prefix', format: string, code: number): Action {
  return { kind: 'redirect', to, format, code, options: [], cookie: null };
}

/** A data plane with nothing in it but what is given. */
export function plane(rest: Partial<DataPlane>): DataPlane {
  const none = {
    acls: [],
    maps: [],
    lists: [],
    userlists: [],
    stickTables: [],
    peers: [],
    certificates: [],
    frontends: [],
    backends: [],
    rings: [],
    extraGlobal: [],
    extraDefaults: [],
  };
  const global = { maxconn: null, settings: {}, lua: [], bindOptions: { 'prefer-client-ciphers': true }, serverOptions: {} } as const;
  const defaults = { timeouts: {}, options: {}, settings: {}, emailAlert: {} };
  return {
    ...none,
    resolvers: [],
    caches: [],
    mailers: [],
    httpErrors: [],
    logForwards: [],
    fcgiApps: [],
    spoeAgents: [],
    global,
    defaults,
    logSample: null,
    ...rest,
  };
}

/** What a check has besides its question. */
export const checkSettings = {
  inter: '2s',
  fastinter: null,
  downinter: null,
  fall: 3,
  rise: 2,
  port: null,
  addr: null,
  ssl: false,
  sni: null,
  alpn: [],
  sendProxy: false,
  disableOn404: false,
  sendState: false,
} as const;

const check: Check = {
  kind: 'http',
  method: 'GET',
  path: '/healthz',
  host: 'shop.example',
  headers: {},
  expect: ['status', '200'],
  ...checkSettings,
};

const rule = (action: Rule['action'], condition: Rule['condition'] = null): Rule => ({ action, condition });
const ssl = { certificates: ['shop', 'api'], alpn: ['h2', 'http/1.1'], options: {}, quic: false };
const shopOptions = { maxconn: 300, slowstart: '30s', observe: 'layer7', onError: 'fail-check' } as const;
const apiTls = {
  verify: 'required',
  caFile: '/run/weir/certificates/internal-ca.pem',
  sni: 'req.hdr(host)',
  alpn: [],
  checkSni: null,
  options: {},
} as const;

/** The data plane of the documented example: every construct that the document shows, in its order. */
export const example: DataPlane = plane({
  acls: [
    {
      name: 'office',
      condition: { kind: 'sample', sample: 'src', test: { kind: 'patterns', patterns: ['198.51.100.0/24', '2001:db8:9::/48'] } },
    },
    {
      name: 'partner',
      condition: {
        kind: 'all',
        of: [
          { kind: 'sample', sample: 'ssl_c_used', test: { kind: 'is', value: true } },
          { kind: 'sample', sample: 'ssl_c_verify', test: { kind: 'patterns', patterns: ['0'] } },
        ],
      },
    },
    {
      name: 'static',
      condition: {
        kind: 'any',
        of: [
          { kind: 'sample', sample: 'path_beg', test: { kind: 'patterns', patterns: ['/img/', '/css/'] } },
          { kind: 'sample', sample: 'path_end', test: { kind: 'patterns', patterns: ['.js', '.woff2'] } },
        ],
      },
    },
  ],
  maps: [{ name: 'blocked', match: 'ip', file: '/run/weir/maps/blocked.map' }],
  stickTables: [
    {
      name: 'clients',
      type: 'ipv6',
      length: null,
      size: '500k',
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
    {
      name: 'shop',
      pems: ['/run/weir/certificates/shop.pem', '/run/weir/certificates/shop-ec.pem'],
      sni: ['shop.example', 'www.shop.example'],
      options: {},
    },
    {
      name: 'api',
      pems: ['/run/weir/certificates/api.pem'],
      sni: ['api.shop.example'],
      options: { 'ca-file': '/run/weir/certificates/partners-ca.pem', verify: 'optional' },
    },
  ],
  logSample: '1:10',
  frontends: [
    frontend('web', [], 'shop', {
      maxconn: 40000,
      timeouts: { client: '30s', 'http-request': '10s', 'http-keep-alive': '10s' },
      binds: [
        bind('203.0.113.10', 80),
        bind('2001:db8:1::10', 80),
        bind('203.0.113.10', 443, { ssl }),
        bind('2001:db8:1::10', 443, { ssl }),
      ],
      rules: {
        'tcp-request connection': [rule({ kind: 'reject' }, { kind: 'sample', sample: 'src', test: { kind: 'map', map: 'blocked' } })],
        'http-request': [
          rule(redirected('scheme', 'https', 301), {
            kind: 'not',
            of: { kind: 'sample', sample: 'ssl_fc', test: { kind: 'is', value: true } },
          }),
          rule({ kind: 'track-sc', index: 0, sample: 'src', table: 'clients' }),
          rule(answered('deny', 429), {
            kind: 'all',
            of: [
              { kind: 'sample', sample: 'sc_http_req_rate(0)', test: { kind: 'compare', all: [{ operator: 'gt', value: 200 }] } },
              { kind: 'not', of: { kind: 'acl', acl: 'office' } },
            ],
          }),
          rule(answered('tarpit', 403), {
            kind: 'sample',
            sample: 'sc_http_err_rate(0)',
            test: { kind: 'compare', all: [{ operator: 'gt', value: 50 }] },
          }),
          rule(answered('deny', 403), {
            kind: 'all',
            of: [
              { kind: 'sample', sample: 'path_beg', test: { kind: 'patterns', patterns: ['/admin'] } },
              { kind: 'not', of: { kind: 'acl', acl: 'office' } },
            ],
          }),
        ],
        'http-response': [
          rule({ kind: 'set-header', headers: { 'Strict-Transport-Security': 'max-age=31536000' } }),
          rule({ kind: 'del-header', match: 'str', names: ['Server'] }),
        ],
      },
      useBackend: [
        {
          backend: 'api',
          condition: {
            kind: 'all',
            of: [
              { kind: 'sample', sample: 'host', test: { kind: 'patterns', patterns: ['api.shop.example'] } },
              { kind: 'acl', acl: 'partner' },
            ],
          },
        },
        { backend: 'assets', condition: { kind: 'acl', acl: 'static' } },
      ],
    }),
  ],
  backends: [
    backend(
      'shop',
      [
        server('app1', '10.20.0.11', 8080, shopOptions),
        server('app2', '10.20.0.12', 8080, shopOptions),
        server('app3', '10.20.0.13', 8080, { ...shopOptions, weight: 50 }),
        server('sorry', '10.20.0.99', 8080, { ...shopOptions, backup: true, check: false }),
      ],
      {
        balance: { algorithm: 'leastconn', argument: null, words: [], hashType: null, hashBalanceFactor: null },
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
        check,
        timeouts: { connect: '3s', server: '30s', queue: '10s', tunnel: '1h' },
      },
    ),
    backend(
      'api',
      [
        server('api1', 'api1.internal', 8443, { tls: apiTls, resolvers: 'system' }),
        server('api2', 'api2.internal', 8443, { tls: apiTls, resolvers: 'system' }),
      ],
      { balance: { algorithm: 'hash', argument: 'req.hdr(X-Tenant)', words: [], hashType: 'consistent', hashBalanceFactor: 150 } },
    ),
    backend('assets', [server('cache1', '10.20.0.31', 80), server('cache2', '10.20.0.32', 80)], {
      balance: { algorithm: 'uri', argument: 'path-only', words: [], hashType: 'consistent', hashBalanceFactor: null },
      httpReuse: 'always',
    }),
  ],
});
