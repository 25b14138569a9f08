import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { clients, servers, vips } from '../support/netns.ts';
import { app, numbered, serverOf, serversFor, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const distinct = (servers: readonly string[]): number => new Set(servers).size;

/** A backend that chooses in one way, and a proof that what it hashes alike gets one server. */
function alike(
  what: string,
  keys: readonly string[],
  balance: string,
  directive: RegExp,
  paths: readonly string[],
  more: (number: number) => Parameters<typeof serverOf>[2] = () => ({}),
): Proof {
  return {
    row: 'balance',
    what,
    keys: keys.map((key) => `backends.*.${key}`),
    document: app(`    balance: ${balance}\n${serversOf()}`),
    directive,
    prove: async (stage) => {
      const found: string[] = [];
      for (const [index, path] of paths.entries()) found.push(await serverOf(stage, path, more(index)));
      expect(distinct(found)).toBe(1);
    },
  };
}

/** As `alike`, where what is hashed differs in one thing that must not be lost. */
function apart(
  what: string,
  keys: readonly string[],
  balance: string,
  directive: RegExp,
  more: (number: number) => Parameters<typeof serverOf>[2] & { readonly path: string },
): Proof {
  return {
    ...alike(what, keys, balance, directive, []),
    prove: async (stage) => {
      const found: string[] = [];
      for (const { path, ...asked } of numbered(12, more)) found.push(await serverOf(stage, path, asked));
      expect(distinct(found)).toBeGreaterThan(1);
    },
  };
}

/** Requests while another one holds a server: how many of them that server gets. */
async function besidesBusy(stage: Stage, count: number, busyMs: number): Promise<number> {
  const busy = serverOf(stage, `/slow/${busyMs}`);
  await sleep(100);
  const found = await serversFor(
    stage,
    numbered(count, (n) => `/${n}`),
  );
  const taken = await busy;
  return found.filter((server) => server === taken).length;
}

const functions = ['sdbm', 'djb2', 'wt6', 'crc32', 'crc32 avalanche'];

/** The algorithms. */
export const balance: readonly Proof[] = [
  {
    row: 'balance',
    what: 'takes turns by weight',
    keys: ['backends.*.balance', 'backends.*.servers.*.weight'],
    document: app(`    balance: roundrobin
    servers: { app1: { address: "${servers.app1}:8080", weight: 30 }, app2: { address: "${servers.app2}:8080", weight: 10 } }`),
    directive: / weight \d+/,
    prove: async (stage) => {
      const found = await serversFor(
        stage,
        numbered(8, () => '/'),
      );
      expect(found.filter((server) => server === 'app1')).toHaveLength(6);
    },
  },
  {
    row: 'balance',
    what: 'takes turns in a fixed order, without weights that change',
    keys: ['backends.*.balance'],
    document: app(`    balance: static-rr
    servers: { ${(['app1', 'app2', 'app3'] as const).map((name) => `${name}: { address: "${servers[name]}:8080", weight: 100 }`).join(', ')} }`),
    directive: /^ {4}balance static-rr\n/,
    prove: async (stage) => {
      expect(distinct(await serversFor(stage, ['/', '/', '/']))).toBe(3);
      expect(await stage.haproxy.ask('set server app/app1 weight 50%')).toContain('static');
    },
  },
  {
    row: 'balance',
    what: 'prefers the server with the fewest connections',
    keys: ['backends.*.balance'],
    document: app(`    balance: leastconn\n${serversOf(2)}`),
    directive: /^ {4}balance leastconn\n/,
    prove: async (stage) => expect(await besidesBusy(stage, 6, 700)).toBe(0),
  },
  {
    row: 'balance',
    what: 'fills the first server of the document before the next',
    keys: ['backends.*.balance'],
    document: app(`    balance: first
    default-server: { maxconn: 1 }
    servers: { app2: "${servers.app2}:8080", app1: "${servers.app1}:8080" }`),
    directive: /^ {4}balance first\n/,
    prove: async (stage) => {
      expect(
        await serversFor(
          stage,
          numbered(4, () => '/'),
        ),
      ).toEqual(['app2', 'app2', 'app2', 'app2']);
      const busy = serverOf(stage, '/slow/400');
      await sleep(100);
      expect(await serverOf(stage, '/')).toBe('app1');
      expect(await busy).toBe('app2');
    },
  },
  {
    row: 'balance',
    what: 'draws servers by chance, and takes the less busy of them',
    keys: ['backends.*.balance.random'],
    document: app(`    balance: { random: 50 }\n${serversOf(2)}`),
    directive: /^ {4}balance random\(50\)\n/,
    prove: async (stage) => {
      expect(await besidesBusy(stage, 6, 700)).toBe(0);
    },
  },
  {
    row: 'balance',
    what: 'chooses by the address of the client',
    keys: ['backends.*.balance.source'],
    document: app(`    balance: { source: true }\n${serversOf()}`),
    directive: /^ {4}balance source\n/,
    prove: async (stage) => {
      for (const from of [clients.usual, clients.office])
        expect(
          distinct(
            await serversFor(
              stage,
              numbered(4, (n) => `/${n}`),
              { from },
            ),
          ),
        ).toBe(1);
    },
  },
  alike(
    'chooses by the path up to the query',
    ['balance.uri'],
    '{ uri: true }',
    /^ {4}balance uri\n/,
    numbered(6, (n) => `/a?${n}`),
  ),
  alike(
    'chooses by the first folders of the path',
    ['balance.uri.depth'],
    '{ uri: { depth: 2 } }',
    / depth 2/,
    numbered(9, (n) => `/a/b/${n}`),
  ),
  alike(
    'chooses by the first characters of the URI',
    ['balance.uri.len'],
    '{ uri: { len: 5 } }',
    / len 5/,
    numbered(9, (n) => `/abcd${n}`),
  ),
  apart('chooses by the URI with its query', ['balance.uri.whole'], '{ uri: whole }', / whole$/, (n) => ({ path: `/?${n}` })),
  alike(
    'chooses by the path of a URI that names its host',
    ['balance.uri.path-only'],
    '{ uri: path-only }',
    / path-only$/,
    numbered(9, (n) => `http://${n}.example/a`),
    (n) => ({ headers: { host: `${n}.example` } }),
  ),
  alike(
    'chooses by a parameter of the query',
    ['balance.url_param'],
    '{ url_param: user }',
    /^ {4}balance url_param user\n/,
    numbered(6, (n) => `/${n}?user=anna`),
  ),
  alike(
    'chooses by a header',
    ['balance.hdr'],
    '{ hdr: X-Tenant }',
    /^ {4}balance hdr\(X-Tenant\)\n/,
    numbered(6, (n) => `/${n}`),
    () => ({ headers: { 'x-tenant': 'blue' } }),
  ),
  alike(
    'chooses by the main part of a host name',
    ['balance.hdr.name', 'balance.hdr.use_domain_only'],
    '{ hdr: { name: host, use_domain_only: true } }',
    / use_domain_only/,
    numbered(9, (n) => `/${n}`),
    (n) => ({ headers: { host: `www${n}.shop.example` } }),
  ),
  alike(
    'chooses by any sample',
    ['balance.hash'],
    '{ hash: "req.cook(id),lower" }',
    /,lower$/,
    numbered(8, (n) => `/${n}`),
    (n) => ({ headers: { cookie: `id=${numbered(3, (bit) => ((n >> bit) & 1 ? 'X' : 'x')).join('')}` } }),
  ),
  {
    row: 'balance',
    what: 'spares most clients a move when a server leaves',
    keys: ['backends.*.balance.hash-type'],
    document: app(`    balance: { uri: true, hash-type: consistent }\n${serversOf()}`),
    directive: /^ {4}hash-type consistent\n/,
    prove: async (stage) => {
      const paths = numbered(24, (n) => `/${n}`);
      const before = await serversFor(stage, paths);
      await stage.haproxy.ask('set server app/app3 state maint');
      const after = await serversFor(stage, paths);
      expect(before).toContain('app3');
      for (const [index, server] of before.entries()) if (server !== 'app3') expect(after[index]).toBe(server);
    },
  },
  {
    row: 'balance',
    what: 'hashes by each function, with avalanche and without',
    keys: ['backends.*.balance.hash-type'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80" }]
    use_backend:
${functions.map((name) => `      - { backend: by-${name.replace(' ', '-')}, if: { hdr(x-by): ${name.replace(' ', '-')} } }`).join('\n')}
backends:
${functions
  .map(
    (name) => `  by-${name.replace(' ', '-')}:
    check: false
    balance: { url_param: id, hash-type: map-based ${name} }
${serversOf()}`,
  )
  .join('\n')}`,
    directive: /(?<=hash-type map-based) .+$/,
    prove: async (stage) => {
      const paths = numbered(24, (n) => `/?id=client${n}`);
      const chosen: string[] = [];
      for (const name of functions) {
        chosen.push((await serversFor(stage, paths, { headers: { 'x-by': name.replace(' ', '-') } })).join());
      }
      expect(distinct(chosen)).toBe(functions.length);
    },
  },
  {
    row: 'balance',
    what: 'takes a number as it is for a hash',
    keys: ['backends.*.balance.hash-type'],
    document: app(`    balance: { url_param: id, hash-type: map-based none }\n${serversOf(2)}`),
    directive: / none$/,
    prove: async (stage) => {
      // even numbers, whose digits make even and odd sums: that parity is all that the usual function leaves for two servers
      expect(distinct(await serversFor(stage, ['/?id=10', '/?id=20', '/?id=32', '/?id=44', '/?id=112']))).toBe(1);
    },
  },
  {
    row: 'balance',
    what: 'gives no server more than its share of a busy key',
    keys: ['backends.*.balance.hash-balance-factor'],
    document: app(`    balance: { hdr: X-Key, hash-balance-factor: 101 }\n${serversOf(2)}`),
    directive: /^ {4}hash-balance-factor 101\n/,
    prove: async (stage) => {
      const headers = { 'x-key': 'busy' };
      const found = await Promise.all(numbered(6, () => serverOf(stage, '/slow/200', { headers })));
      expect(distinct(found)).toBe(2);
    },
  },
  {
    row: 'balance',
    what: 'sends a request to the server that a rule names',
    keys: ['backends.*.use-server.*.server', 'backends.*.use-server.*.if'],
    document: app(`    use-server:
      - { server: app2, if: { path_beg: /reports } }
      - { server: "%[req.hdr(x-server)]", if: { req.hdr_cnt(x-server): 1 } }
${serversOf()}`),
    directive: /^ {4}use-server .*\n/,
    prove: async (stage) => {
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/reports/${n}`),
        ),
      ).toEqual(['app2', 'app2', 'app2', 'app2']);
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/${n}`),
          { headers: { 'x-server': 'app3' } },
        ),
      ).toEqual(numbered(4, () => 'app3'));
      expect((await stage.peer.ask({ address: vips.main, port: 80, path: '/' })).status).toBe(200);
    },
  },
];
