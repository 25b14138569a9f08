import { expect } from 'vitest';
import { clients, servers, vips } from '../support/netns.ts';
import { app, numbered, seen, serverOf, serversFor, serversOf } from './app.ts';
import { openssl } from './asking.ts';
import { certificates, pemOf, shop } from './certificates.ts';
import type { Proof, Stage } from './proof.ts';

const ask = ({ peer }: Stage, path: string, headers: Readonly<Record<string, string>> = {}, from: string = clients.usual) =>
  peer.ask({ address: vips.main, port: 80, path, headers, from });

const one = (server: string) => numbered(4, () => server);

/** A request of RDP with a cookie of its own in its first packet (MS-RDPBCGR, 2.2.1.1). */
const rdpRequest = (cookie: string): string => {
  const line = `Cookie: ${cookie}\r\n`;
  const rest = `\x01\0\x08\0\x03\0\0\0`;
  const length = 11 + line.length + rest.length;
  return `\x03\0\0${String.fromCharCode(length)}${String.fromCharCode(length - 5)}\xe0\0\0\0\0\0${line}${rest}`;
};

const rdpOrigins = async ({ peer }: Pick<Stage, 'peer'>) => {
  for (const name of ['app1', 'app2', 'app3'] as const) {
    await peer.up({ name: `rdp-${name}`, address: servers[name], port: 3389, kind: 'tcp' });
  }
};

const rdp = (backend: string, frontend: string) => `
frontends:
  desk:
    mode: tcp
    bind: [{ address: "*:3389" }]
    tcp-request inspect-delay: 2s
    tcp-request content: [{ accept: true, if: { req.rdp_cookie_cnt: { gt: 0 } } }]
${frontend}
backends:
  app:
    mode: tcp
    check: false
${backend}
    servers: { app1: "${servers.app1}:3389", app2: "${servers.app2}:3389", app3: "${servers.app3}:3389" }`;

/** Who took a session of RDP: each server says its name first. */
const rdpServer = async ({ peer }: Stage, cookie: string) => {
  const { received } = await peer.converse({ address: vips.main, port: 3389, send: rdpRequest(cookie), forMs: 150 });
  return received.split('\n', 1)[0] ?? '';
};

/** The cookie by which a session names its server: address and port in the host's order of a little-endian machine (MS-RDPBCGR, 2.2.1.1 routingToken). */
const routingToken = (address: string, port: number): string => {
  const number = address.split('.').reduce((sum, part, index) => sum + Number(part) * 256 ** index, 0);
  return `msts=${number}.${((port & 0xff) << 8) | (port >> 8)}.0000`;
};

/** How many of the TLS connections of a client that comes again five times with its session went to each of two servers. */
const sessionsOfServers = async (stage: Stage): Promise<readonly number[]> => {
  const text = await openssl(stage, 's_client', '-connect', `${vips.main}:443`, '-tls1_2', '-no_ticket', '-reconnect');
  expect(text.match(/^(?:New|Reused), TLSv1\.2/gm)).toHaveLength(6);
  const lines = (await stage.haproxy.ask('show stat')).split('\n');
  const column = (lines[0] ?? '').replace('# ', '').split(',').indexOf('stot');
  return ['one', 'two'].map((server) => Number(lines.find((line) => line.startsWith(`farm,${server},`))?.split(',')[column]));
};

/** What keeps clients at their servers. */
export const persistence: readonly Proof[] = [
  {
    row: 'samples',
    what: 'keeps TLS that it does not look into at the server which knows the session, by the id in the first packets',
    keys: ['backends.*.stick.*.on', 'backends.*.stick.*.store-response', 'backends.*.tcp-response content.*.accept'],
    document: `
certificates: { shop: { pem: shop.pem } }
stick-tables: { sessions: { type: binary, length: 32, size: 1k, expire: 10m } }
frontends:
  web: { mode: tcp, bind: [{ address: "*:443" }], default_backend: farm }
  one: { mode: tcp, bind: [{ abns: one, ssl: [shop], ssl-max-ver: TLSv1.2, no-tls-tickets: true }], default_backend: app }
  two: { mode: tcp, bind: [{ abns: two, ssl: [shop], ssl-max-ver: TLSv1.2, no-tls-tickets: true }], default_backend: app }
backends:
  farm:
    check: false
    balance: roundrobin
    tcp-request inspect-delay: 2s
    tcp-request content: [{ accept: true, if: { req.ssl_hello_type: 1 } }]
    tcp-response inspect-delay: 2s
    tcp-response content: [{ accept: true, if: { res.ssl_hello_type: 2 } }]
    stick:
      - { on: "req.payload_lv(43,1)", table: sessions, if: { req.ssl_hello_type: 1 } }
      - { store-response: "res.payload_lv(43,1)", table: sessions, if: { res.ssl_hello_type: 2 } }
    servers: { one: "abns:one", two: "abns:two" }
  app:
    check: false
${serversOf(1)}`,
    files: certificates({ 'shop.pem': pemOf(shop) }),
    directive: /^ {4}stick .*\n/,
    prove: async (stage) => expect((await sessionsOfServers(stage)).toSorted()).toEqual([0, 6]),
  },
  {
    row: 'application-cookies',
    what: 'makes the values of a cookie from addresses of servers and a key',
    keys: ['backends.*.cookie.*', 'backends.*.cookie.dynamic-cookie-key'],
    document: app(`    cookie: { SRV: [insert, indirect, dynamic], dynamic-cookie-key: cookie.key }\n${serversOf(2)}`),
    files: { secrets: new Map([['cookie.key', Buffer.from('key')]]) },
    directive: /^ {4}dynamic-cookie-key .*\n|(?<=^ {4}cookie .*) dynamic/,
    prove: async (stage) => {
      const { headers, body } = await ask(stage, '/');
      const [cookie = ''] = [headers['set-cookie'] ?? ''].flat();
      expect(cookie).toMatch(/^SRV=[0-9a-f]{16}; /);
      const { server } = seen(body);
      for (let count = 0; count < 3; count++)
        expect(await serverOf(stage, '/', { headers: { cookie: cookie.replace(/;.*/, '') } })).toBe(server);
    },
  },
  {
    row: 'source-stickiness',
    what: 'knows servers by their addresses, where other machines name them differently',
    keys: ['stick-tables.*.srvkey'],
    document: app(
      `    stick: [{ on: src, table: clients }]\n${serversOf(1)}`,
      'stick-tables: { clients: { type: ip, size: 1k, expire: 10m, srvkey: addr } }',
    ),
    directive: / srvkey addr/,
    prove: async (stage) => {
      await serverOf(stage, '/');
      expect(await stage.haproxy.ask('show table clients')).toContain(`server_key=${servers.app1}:8080`);
    },
  },
  {
    row: 'source-stickiness',
    what: 'keeps a client at its server by its address',
    keys: ['backends.*.stick.*.on', 'backends.*.stick.*.table'],
    document: app(
      `    stick: [{ on: src, table: clients }]\n${serversOf()}`,
      'stick-tables: { clients: { type: ip, size: 1k, expire: 10m } }',
    ),
    directive: /^ {4}stick on src table clients\n/,
    prove: async (stage) => {
      const first = await serverOf(stage, '/');
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/${n}`),
        ),
      ).toEqual(one(first));
    },
  },
  {
    row: 'source-stickiness',
    what: 'remembers the server of some requests, and follows it for others',
    keys: ['backends.*.stick.*.store-request', 'backends.*.stick.*.match'],
    document: app(
      `    stick:
      - { store-request: req.hdr(x-user), table: users, if: { path: /login } }
      - { match: req.hdr(x-user), table: users }
${serversOf()}`,
      'stick-tables: { users: { type: string, length: 32, size: 1k, expire: 10m } }',
    ),
    directive: /^ {4}stick store-request .*\n/,
    prove: async (stage) => {
      const headers = { 'x-user': 'anna' };
      await serversFor(stage, ['/', '/'], { headers });
      const first = await serverOf(stage, '/login', { headers });
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/${n}`),
          { headers },
        ),
      ).toEqual(one(first));
    },
  },
  {
    row: 'application-cookies',
    what: 'follows the cookie that an application sets',
    keys: ['backends.*.stick.*.store-response', 'backends.*.stick.*.match'],
    document: app(
      `    stick:
      - { store-response: res.cook(JSESSIONID), table: sessions }
      - { match: req.cook(JSESSIONID), table: sessions }
${serversOf()}`,
      'stick-tables: { sessions: { type: string, length: 64, size: 1k, expire: 30m } }',
    ),
    directive: /^ {4}stick store-response .*\n/,
    prove: async (stage) => {
      const first = await serverOf(stage, '/cookie/JSESSIONID/abc');
      const headers = { cookie: 'JSESSIONID=abc' };
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/${n}`),
          { headers },
        ),
      ).toEqual(one(first));
    },
  },
  {
    row: 'application-cookies',
    what: 'puts the server into the cookie of an application',
    keys: ['backends.*.cookie'],
    document: app(`    cookie: { JSESSIONID: [prefix, nocache] }\n${serversOf()}`),
    directive: /^ {4}cookie .*\n/,
    prove: async (stage) => {
      const set = await ask(stage, '/cookie/JSESSIONID/abc');
      const [cookie = ''] = [set.headers['set-cookie'] ?? []].flat();
      expect(cookie).toBe(`JSESSIONID=${seen(set.body).server}~abc`);
      const again = await ask(stage, '/', { cookie });
      expect(seen(again.body)).toMatchObject({ server: seen(set.body).server, headers: { cookie: 'JSESSIONID=abc' } });
    },
  },
  {
    row: 'application-cookies',
    what: 'inserts a cookie with its attributes, and hides it from the server',
    keys: [
      'backends.*.cookie',
      'backends.*.cookie.domain',
      'backends.*.cookie.attr',
      'backends.*.cookie.maxidle',
      'backends.*.cookie.maxlife',
    ],
    document: app(`    cookie:
      SRV: [insert, indirect, nocache, httponly, secure, preserve]
      maxidle: 10m
      maxlife: 1h
      domain: [shop.example, www.shop.example]
      attr: [SameSite=Lax]
${serversOf()}`),
    directive: /^ {4}cookie .*\n/,
    prove: async (stage) => {
      const set = await ask(stage, '/');
      const [cookie = ''] = [set.headers['set-cookie'] ?? []].flat();
      for (const part of [/^SRV=app\d!?/, /; domain=shop\.example/, /; domain=www\.shop\.example/, /HttpOnly/, /Secure/, /SameSite=Lax/]) {
        expect(cookie).toMatch(part);
      }
      const value = cookie.split(';')[0] ?? '';
      for (const server of one(seen(set.body).server)) {
        expect(seen((await ask(stage, '/', { cookie: value })).body)).toMatchObject({ server });
      }
      expect(seen((await ask(stage, '/', { cookie: value })).body).headers.cookie).toBeUndefined();
      // preserve: the server's own word wins, here that nobody is bound any more
      expect([(await ask(stage, '/cookie/SRV/none')).headers['set-cookie']].flat()).toEqual(['SRV=none']);
    },
  },
  {
    row: 'application-cookies',
    what: 'inserts a cookie after a POST only',
    keys: ['backends.*.cookie'],
    document: app(`    cookie: { SRV: [insert, postonly, nocache] }\n${serversOf()}`),
    directive: / postonly/,
    prove: async (stage) => {
      expect((await ask(stage, '/')).headers['set-cookie']).toBeUndefined();
      const posted = await stage.peer.ask({ address: vips.main, port: 80, path: '/', method: 'POST', body: '' });
      expect(posted.headers['set-cookie']).toHaveLength(1);
    },
  },
  {
    row: 'application-cookies',
    what: 'rewrites the cookie that a server sets for it',
    keys: ['backends.*.cookie'],
    document: app(`    cookie: { SRV: [rewrite] }\n${serversOf()}`),
    directive: /^ {4}cookie .*\n/,
    prove: async (stage) => {
      const set = await ask(stage, '/cookie/SRV/x');
      expect([set.headers['set-cookie']].flat()).toEqual([`SRV=${seen(set.body).server}`]);
    },
  },
  {
    row: 'force-persist',
    what: 'lets some see a server that is in maintenance',
    keys: ['backends.*.force-persist.*.if'],
    document: app(`    cookie: { SRV: [insert, indirect] }
    force-persist: [{ if: { src: ${clients.office} } }]
${serversOf()}`),
    directive: /^ {4}force-persist .*\n/,
    prove: async (stage) => {
      await stage.haproxy.ask('set server app/app2 state maint');
      const headers = { cookie: 'SRV=app2' };
      expect(await serverOf(stage, '/', { headers })).not.toBe('app2');
      expect(await serverOf(stage, '/', { headers, from: clients.office })).toBe('app2');
    },
  },
  {
    row: 'force-persist',
    what: 'spreads what needs no server of its own',
    keys: ['backends.*.ignore-persist.*.if'],
    document: app(`    cookie: { SRV: [insert, indirect] }
    ignore-persist: [{ if: { path_beg: /img/ } }]
${serversOf()}`),
    directive: /^ {4}ignore-persist .*\n/,
    prove: async (stage) => {
      const headers = { cookie: 'SRV=app2' };
      expect(
        await serversFor(
          stage,
          numbered(4, (n) => `/${n}`),
          { headers },
        ),
      ).toEqual(one('app2'));
      expect(
        new Set(
          await serversFor(
            stage,
            numbered(6, (n) => `/img/${n}`),
            { headers },
          ),
        ).size,
      ).toBe(3);
    },
  },
  {
    row: 'force-persist',
    what: 'tries the server of a cookie although it is down',
    keys: ['backends.*.option.persist'],
    document: app(`    cookie: { SRV: [insert, indirect] }
    option: { persist: true }
${serversOf()}`),
    directive: /^ {4}option persist\n/,
    prove: async (stage) => {
      await stage.haproxy.ask('set server app/app2 state maint');
      expect(await serverOf(stage, '/', { headers: { cookie: 'SRV=app2' } })).toBe('app2');
    },
  },
  {
    row: 'rdp',
    what: 'keeps the sessions of a user at one server',
    keys: ['backends.*.balance.rdp-cookie'],
    document: rdp('    balance: { rdp-cookie: mstshash }', '    default_backend: app'),
    directive: /^ {4}balance rdp-cookie\(mstshash\)\n/,
    prepare: rdpOrigins,
    prove: async (stage) => {
      const found: string[] = [];
      for (const _ of numbered(4, () => '')) found.push(await rdpServer(stage, 'mstshash=anna'));
      expect(new Set(found).size).toBe(1);
      expect(found[0]).toMatch(/^rdp-app/);
    },
  },
  {
    row: 'rdp',
    what: 'sends a session to the server that its cookie names',
    keys: ['backends.*.persist.rdp-cookie'],
    document: rdp('    persist: { rdp-cookie: true }', '    default_backend: app'),
    directive: /^ {4}persist rdp-cookie\n/,
    prove: async (stage) => {
      for (const name of ['app2', 'app3', 'app1', 'app2'] as const) {
        expect(await rdpServer(stage, routingToken(servers[name], 3389))).toBe(`rdp-${name}`);
      }
    },
  },
  {
    row: 'rdp',
    what: 'waits for the cookie of a session, and lets in whom it names',
    keys: ['frontends.*.tcp-request inspect-delay', 'frontends.*.use_backend.*.if'],
    document: rdp('', '    use_backend: [{ backend: app, if: { "req.rdp_cookie(mstshash)": anna } }]'),
    directive: / if \{ req\.rdp_cookie.*$/,
    prove: async (stage) => {
      expect(await rdpServer(stage, 'mstshash=anna')).toMatch(/^rdp-app/);
      expect(await rdpServer(stage, 'mstshash=eve')).toBe('');
    },
  },
];
