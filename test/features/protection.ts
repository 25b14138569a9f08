import { expect } from 'vitest';
import { clients, servers, vips } from '../support/netns.ts';
import { app, numbered, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';
import { get } from './rewriting.ts';

/** How long something takes, in milliseconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** The statuses of requests one after the other. */
async function statuses(stage: Stage, paths: readonly string[], from: string = clients.usual): Promise<readonly number[]> {
  const found: number[] = [];
  for (const path of paths) found.push((await get(stage, path, { from })).status);
  return found;
}

/** Clients counted, refused, slowed and sorted. */
export const protection: readonly Proof[] = [
  {
    row: 'counters',
    what: 'refuses who asks too often, or errs too often',
    keys: ['stick-tables.*.type', 'stick-tables.*.store', 'frontends.*.http-request.*.track-sc0', 'frontends.*.http-request.*.table'],
    document: `
stick-tables: { clients: { type: ip, size: 1k, expire: 10s, store: [http_req_rate(10s), http_err_rate(10s)] } }
${app(
  serversOf(1),
  '',
  `
    http-request:
      - { track-sc0: src, table: clients }
      - { deny: 429, if: { "sc_http_req_rate(0)": { gt: 5 } } }
      - { deny: 403, if: { "sc_http_err_rate(0)": { ge: 2 } } }`,
)}`,
    directive: /^ {4}http-request track-sc0 .*\n/,
    prove: async (stage) => {
      expect(
        await statuses(
          stage,
          numbered(7, () => '/'),
        ),
      ).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect(await statuses(stage, ['/status/404', '/status/404', '/'], clients.office)).toEqual([404, 404, 403]);
    },
  },
  {
    row: 'counters',
    what: 'counts connections and bytes as soon as they come',
    keys: ['frontends.*.tcp-request connection.*.track-sc0', 'frontends.*.tcp-request session.*.track-sc1', 'stick-tables.*.nopurge'],
    document: `
stick-tables:
  clients: { type: ipv6, size: 1k, expire: 10s, store: [conn_cur, conn_rate(10s), conn_cnt] }
  bytes: { type: ip, size: 100, expire: 10s, nopurge: true, store: [bytes_in_rate(10s), bytes_out_rate(10s)] }
${app(
  serversOf(1),
  '',
  `
    tcp-request connection:
      - { track-sc0: src, table: clients }
      - { reject: true, if: { "sc_conn_rate(0)": { gt: 6 } } }
    tcp-request session:
      - { track-sc1: src, table: bytes }
      - { reject: true, if: { "sc_conn_cur(0)": { gt: 3 } } }
    http-request:
      - { return: { lf-string: "%[sc_conn_cnt(0)] %[sc_bytes_in_rate(1)]" }, if: { path: /counted } }`,
)}`,
    directive: /^ {4}tcp-request (?:connection|session) track-.*\n/,
    prove: async (stage) => {
      expect((await get(stage, '/')).status).toBe(200);
      const [connections, bytes] = (await get(stage, '/counted')).body.split(' ').map(Number);
      expect(connections).toBe(2);
      expect(bytes).toBeGreaterThan(0);
      const held = await Promise.all(numbered(5, () => get(stage, '/slow/300', { from: clients.office })));
      expect(held.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(3);
      expect(
        (
          await statuses(
            stage,
            numbered(6, () => '/'),
          )
        ).at(-1),
      ).toBe(0);
    },
  },
  {
    row: 'counters',
    what: 'counts what rules say, and tags who has gone too far',
    keys: ['sc-inc-gpc', 'sc-add-gpc', 'sc-set-gpt'].map((verb) => `frontends.*.http-request.*.${verb}`),
    document: `
stick-tables: { clients: { type: string, length: 20, size: 1k, expire: 10s, store: [gpc(2), gpt(1), "gpc_rate(2,10s)"] } }
${app(
  serversOf(1),
  '',
  `
    http-request:
      - { track-sc1: req.hdr(x-user), table: clients }
      - { deny: 403, if: { "sc_get_gpt(0,1)": 7 } }
      - { sc-inc-gpc: { idx: 0, sc-id: 1 }, if: { path: /login } }
      - { sc-add-gpc: { idx: 1, sc-id: 1, value: 10 }, if: { path: /attack } }
      - { sc-set-gpt: { idx: 0, sc-id: 1, value: 7 }, if: [{ "sc_get_gpc(0,1)": { ge: 3 } }, { "sc_gpc_rate(1,1)": { ge: 10 } }] }`,
)}`,
    directive: /^ {4}http-request sc-.*\n/,
    prove: async (stage) => {
      const as = async (user: string, paths: readonly string[]) => {
        const found: number[] = [];
        for (const path of paths) found.push((await get(stage, path, { headers: { 'x-user': user } })).status);
        return found;
      };
      expect(await as('ann', ['/login', '/login', '/login', '/'])).toEqual([200, 200, 200, 403]);
      expect(await as('bob', ['/attack', '/'])).toEqual([200, 403]);
      expect(await as('eve', ['/login', '/'])).toEqual([200, 200]);
    },
  },
  {
    row: 'bandwidth-limits',
    what: 'limits what a stream may send and be sent',
    keys: [
      'frontends.*.filter bwlim-out.*.default-limit',
      'frontends.*.filter bwlim-out.*.default-period',
      'frontends.*.filter bwlim-in.*.default-limit',
      'frontends.*.http-request.*.set-bandwidth-limit',
      'frontends.*.tcp-request content.*.set-bandwidth-limit.limit',
    ],
    document: app(
      serversOf(1),
      `  echo: { mode: tcp, servers: { echo: { address: "${servers.api}:8093", check: false } } }`,
      `
    filter bwlim-out: { down: { default-limit: 2k, default-period: 1s } }
    http-request: [{ set-bandwidth-limit: down, if: { path: /type/text/slow } }]
  echo:
    mode: tcp
    bind: [{ address: "*:90" }]
    filter bwlim-in: { up: { default-limit: 100k, default-period: 1s, min-size: 500 } }
    tcp-request content: [{ set-bandwidth-limit: { name: up, limit: 2k, period: 1s } }]
    default_backend: echo`,
    ),
    directive: /^ {4}(?:http|tcp)-request (?:content )?set-bandwidth-limit .*\n/,
    prepare: async ({ peer }) => await peer.up({ name: 'limited', address: servers.api, port: 8093, kind: 'tcp' }),
    prove: async (stage) => {
      expect(await timed(() => get(stage, '/type/text/fast'))).toBeLessThan(1000);
      expect(await timed(() => get(stage, '/type/text/slow'))).toBeGreaterThan(1000);
      const echoed = await stage.peer.converse({ address: vips.main, port: 90, send: 'x'.repeat(6000), forMs: 700 });
      expect(echoed.received.length).toBeGreaterThan(1000);
      expect(echoed.received.length).toBeLessThan(4500);
    },
  },
  {
    row: 'bandwidth-limits',
    what: 'limits what all streams of a client are sent together, compressed or not',
    keys: ['limit', 'key', 'table', 'min-size'].map((key) => `frontends.*.filter bwlim-out.*.${key}`),
    document: `
stick-tables: { clients: { type: ip, size: 1k, expire: 10s, store: [bytes_out_rate(1s)] } }
${app(
  serversOf(1),
  '',
  `
    compression: { algo: [gzip], type: [text/html] }
    filter bwlim-out: { shared: { limit: 4k, key: src, table: clients, min-size: 100 } }
    http-request: [{ set-bandwidth-limit: shared }]`,
)}`,
    directive: /^ {4}http-request set-bandwidth-limit .*\n/,
    prove: async (stage) => {
      // two of 4.5 kB each, of which a second has 4 kB
      expect(await timed(() => Promise.all([get(stage, '/type/text/a'), get(stage, '/type/text/b')]))).toBeGreaterThan(1000);
    },
  },
  {
    row: 'header-control',
    what: 'refuses in every way: at once, late, without an answer, without a word',
    keys: ['deny', 'tarpit', 'reject', 'silent-drop'].map((verb) => `frontends.*.http-request.*.${verb}`),
    document: app(
      serversOf(1),
      '',
      `
    timeout: { tarpit: 600ms }
    http-request:
      - { deny: 403, if: { path: /deny } }
      - { tarpit: 500, if: { path: /tarpit } }
      - { reject: true, if: { path: /reject } }
      - { silent-drop: true, if: { path: /drop } }`,
    ),
    directive: /^ {4}http-request (?:deny|tarpit|reject|silent-drop) .*\n/,
    prove: async (stage) => {
      expect((await get(stage, '/deny')).status).toBe(403);
      const tarpit = await get(stage, '/tarpit');
      expect(tarpit.status).toBe(500);
      expect(tarpit.ms).toBeGreaterThan(500);
      expect((await get(stage, '/reject')).status).toBe(0);
      const send = 'GET /drop HTTP/1.1\r\nHost: a\r\n\r\n';
      const { received, error } = await stage.peer.converse({ address: vips.main, port: 80, send, forMs: 500 });
      // the reset lives for one hop, and the client of a test is no farther away
      expect({ received, error }).toEqual({ received: '', error: expect.stringContaining('ECONNRESET') });
    },
  },
  {
    row: 'header-control',
    what: 'refuses header names that servers could read in two ways',
    keys: ['frontends.*.mode'],
    document: app(serversOf(1)),
    directive: /^ {4}option http-restrict-req-hdr-names reject\n/,
    prove: async (stage) => {
      expect((await get(stage, '/', { headers: { 'X-Real-IP': '1' } })).status).toBe(200);
      expect((await get(stage, '/', { headers: { X_Real_IP: '1' } })).status).toBe(403);
    },
  },
  {
    row: 'header-control',
    what: 'refuses a response that caches could share with its cookie',
    keys: ['backends.*.option.checkcache'],
    document: app(`    option: { checkcache: true }\n    servers: { careless: "${servers.api}:8094" }`),
    prepare: async ({ peer }) => {
      const head = 'HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 0\r\n';
      const answers = [
        { to: 'GET /cookie', say: `${head}Set-Cookie: session=secret\r\n\r\n` },
        { to: 'GET /', say: `${head}\r\n` },
      ];
      await peer.up({ name: 'careless', address: servers.api, port: 8094, kind: 'canned', canned: { answers } });
    },
    directive: /^ {4}option checkcache\n/,
    prove: async (stage) => {
      expect((await get(stage, '/')).status).toBe(200);
      // HAProxy 3.0.11 blocks it and leaves its status: what counts is that the cookie does not pass
      expect((await get(stage, '/cookie')).headers['set-cookie']).toBeUndefined();
    },
  },
  {
    row: 'header-control',
    what: 'hides its cookie from scripts and from clear connections',
    keys: ['backends.*.cookie.*'],
    document: app(`    cookie: { SRV: [insert, indirect, nocache, httponly, secure] }\n${serversOf(2)}`),
    directive: / httponly secure/,
    prove: async (stage) => {
      const { headers } = await get(stage, '/');
      expect(headers['set-cookie']).toEqual([expect.stringMatching(/^SRV=.*HttpOnly.*Secure/)]);
    },
  },
  {
    row: 'priority',
    what: 'serves those first who wait with a higher priority',
    keys: ['frontends.*.http-request.*.set-priority-class', 'frontends.*.http-request.*.set-priority-offset', 'global'],
    document: `global: { tune.sched.low-latency: on, tune.runqueue-depth: 100 }
${app(
  `    timeout: { queue: 5s }
    servers: { app1: { address: "${servers.app1}:8080", maxconn: 1 } }`,
  '',
  `
    http-request:
      - { set-priority-class: -10, if: { path_end: /first } }
      - { set-priority-class: 10, if: { path_end: /last } }
      - { set-priority-offset: -5000, if: { path_end: /second } }`,
)}`,
    directive: /^ {4}http-request set-priority-.*\n/,
    prove: async (stage) => {
      const order: string[] = [];
      const ask = async (which: string) => {
        await get(stage, `/slow/50/${which}`);
        order.push(which);
      };
      const holding = get(stage, '/slow/400');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const asked = [];
      for (const which of ['last', 'third', 'second', 'first']) {
        asked.push(ask(which));
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      await Promise.all([holding, ...asked]);
      expect(order).toEqual(['first', 'second', 'third', 'last']);
    },
  },
];
