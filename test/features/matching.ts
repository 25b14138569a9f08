import { expect } from 'vitest';
import { clients, servers, vips } from '../support/netns.ts';
import { app, seen, serverOf, serversOf } from './app.ts';
import type { Proof } from './proof.ts';
import { get } from './rewriting.ts';

/** A way to match, what it is held against, what it matches and what it does not. */
const ways: readonly (readonly [way: string, patterns: string, matched: string, other: string])[] = [
  ['beg', '[bot/, spider]', 'bot/2', 'a bot/2'],
  ['end', '.example', 'shop.example', 'shop.example.org'],
  ['sub', '[curl, wget]', 'my wget 1', 'my wgot'],
  ['dir', 'admin', '/a/admin/b', '/a/administrator/b'],
  ['dom', 'shop', 'www.shop.example', 'www.shops.example'],
  ['reg', '"^[0-9]{3}$"', '123', '1234'],
  ['ip', '[10.0.0.0/8, "2001:db8::/32"]', '10.1.2.3', '11.1.2.3'],
  ['int', '["1:3", 7]', '2', '5'],
  ['len', '["2:3"]', 'abc', 'abcd'],
  ['str', 'one two', 'one two', 'one'],
  ['bin', '6162', 'ab', 'abc'],
  ['found', 'true', 'anything', ''],
];

const files = (all: Readonly<Record<string, string>>) => ({
  maps: new Map(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])),
});
const other = `  other: { check: false, servers: { app2: ${servers.app2}:8080 } }`;

/** Samples, how they match, and what they are looked up in. */
export const matching: readonly Proof[] = [
  {
    row: 'acl-matches',
    what: 'matches a sample in every way that HAProxy has, letters as they come too',
    keys: [...ways.map(([way]) => `acls.*.*.${way}`), 'acls.*.*.ignore-case', 'acls.*.*.list'],
    document: `
acls:
${ways.map(([way, patterns]) => `  by-${way}: { "req.hdr(x)": { ${way}: ${patterns} } }`).join('\n')}
  by-case: { "req.hdr(x)": { sub: CURL, ignore-case: true } }
  by-list: { "req.hdr(x)": { list: bots } }
lists: { bots: { match: beg, file: bots.list } }
${app(
  serversOf(1),
  '',
  `
    http-request:
${[...ways.map(([way]) => way), 'case', 'list'].map((way) => `      - { return: { string: ${way} }, if: { path: /${way}, acl: by-${way} } }`).join('\n')}`,
)}`,
    files: files({ 'bots.list': 'spider\ncrawl\n' }),
    directive: / -m (?!found)\w+/,
    prove: async (stage) => {
      const all = [...ways, ['case', '', 'my curl', 'my wget'], ['list', '', 'crawler', 'a crawler']] as const;
      for (const [way, , matched, unmatched] of all) {
        const ask = async (x: string) => (await get(stage, `/${way}`, { headers: x === '' ? {} : { x } })).body;
        expect(await ask(matched), way).toBe(way);
        expect(seen(await ask(unmatched)).server, way).toBe('app1');
      }
    },
  },
  {
    row: 'samples',
    what: 'remembers samples in variables, of a request and its body',
    keys: ['set-var', 'set-var-fmt', 'unset-var', 'wait-for-body'].map((verb) => `frontends.*.http-request.*.${verb}`),
    document: app(
      serversOf(1),
      '',
      `
    http-request:
      - { wait-for-body: { time: 1s }, if: { method: POST } }
      - { set-var: { txn.tenant: "req.hdr(x-tenant),lower", txn.size: req.body_len, txn.gone: src } }
      - { set-var: { "txn.tenant,ifnotexists": str(nobody) } }
      - { set-var-fmt: { req.who: "%[src]-%[var(txn.tenant)]" } }
      - { unset-var: txn.gone }
      - { deny: 413, if: { req.body: { sub: virus } } }
      - { set-header: { X-Who: "%[var(req.who)]", X-Size: "%[var(txn.size)]", X-Gone: "%[var(txn.gone)]" } }
    http-response: [{ set-header: { X-Tenant: "%[var(txn.tenant)]" } }]`,
    ),
    directive: /^ {4}http-request (?:set-var|wait-for-body).*\n/,
    prove: async (stage) => {
      const body = 'x'.repeat(500);
      const post = await get(stage, '/', { method: 'POST', headers: { 'x-tenant': 'ACME', 'content-length': '500' }, body });
      expect(post.headers).toMatchObject({ 'x-tenant': 'acme' });
      expect(seen(post.body).headers).toMatchObject({ 'x-who': `${clients.usual}-acme`, 'x-size': '500', 'x-gone': '' });
      const bare = await get(stage, '/');
      expect(seen(bare.body).headers).toMatchObject({ 'x-who': `${clients.usual}-nobody` });
      const bad = 'a virus';
      expect((await get(stage, '/', { method: 'POST', headers: { 'content-length': '7' }, body: bad })).status).toBe(413);
    },
  },
  {
    row: 'samples',
    what: 'waits for the whole body of a request, where rules look at it',
    keys: ['frontends.*.option.http-buffer-request'],
    document: app(
      serversOf(1),
      '',
      `
    option: { http-buffer-request: true }
    http-request: [{ deny: 403, if: { req.body: { sub: virus } } }]`,
    ),
    directive: /^ {4}option http-buffer-request\n/,
    prove: async ({ peer }) => {
      const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nConnection: close\r\n\r\na virus';
      const { received } = await peer.converse({
        address: vips.main,
        port: 80,
        send: text.slice(0, -7),
        later: text.slice(-7),
        forMs: 1000,
      });
      expect(received).toMatch(/^HTTP\/1\.1 403/);
    },
  },
  {
    row: 'samples',
    what: 'looks into the bytes of both sides of a TCP connection',
    keys: ['frontends.*.tcp-request content', 'backends.*.tcp-response content.*.reject'],
    document: `
frontends:
  echo:
    mode: tcp
    bind: [{ address: "*:90" }]
    tcp-request content: [{ reject: true, if: { "req.payload(0,3)": BAD } }]
    default_backend: echo
  evil: { mode: tcp, bind: [{ address: "*:91" }], default_backend: evil }
backends:
  echo: { servers: { echo: { address: "${servers.api}:8090", check: false } } }
  evil:
    tcp-response content: [{ reject: true, if: { "res.payload(0,4)": evil } }]
    servers: { evil: { address: "${servers.api}:8092", check: false } }`,
    directive: /^ {4}tcp-(?:request|response) (?:content|inspect-delay) .*\n/,
    prepare: async ({ peer }) => {
      await peer.up({ name: 'echo', address: servers.api, port: 8090, kind: 'tcp' });
      await peer.up({ name: 'evil', address: servers.api, port: 8092, kind: 'tcp' });
    },
    prove: async ({ peer }) => {
      const say = async (port: number, send: string) => (await peer.converse({ address: vips.main, port, send, forMs: 300 })).received;
      expect(await say(90, 'GOOD')).toContain('GOOD');
      expect(await say(90, 'BADLY')).toBe('');
      expect(await say(91, 'GOOD')).toBe('');
    },
  },
  {
    row: 'maps',
    what: 'routes by a map, which changes while running',
    keys: ['maps.*.file', 'frontends.*.use_backend.*.backend.map', 'frontends.*.use_backend.*.backend.default'],
    document: `
maps: { hosts: { file: hosts.map } }
${app(serversOf(1), other, '    use_backend: [{ backend: { map: hosts, sample: host, default: app } }]')}`,
    files: files({ 'hosts.map': 'two.example other\n' }),
    directive: /^ {4}use_backend .*\n/,
    prove: async (stage) => {
      const map = '/run/weir/maps/hosts.map';
      const at = (host: string) => serverOf(stage, '/', { headers: { host } });
      expect([await at('TWO.example:80'), await at('one.example')]).toEqual(['app2', 'app1']);
      await stage.haproxy.ask(`add map ${map} three.example other`);
      expect(await at('three.example')).toBe('app2');
      const [version] = /\d+/.exec(await stage.haproxy.ask(`prepare map ${map}`)) ?? [];
      await stage.haproxy.ask(`add map @${version} ${map} one.example other`);
      await stage.haproxy.ask(`commit map @${version} ${map}`);
      expect([await at('one.example'), await at('two.example')]).toEqual(['app2', 'app1']);
    },
  },
  {
    row: 'maps',
    what: 'looks samples up by text, beginning, end, part, expression, number and address',
    keys: ['maps.*.match'],
    document: `
maps:
${['str', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'int', 'ip'].map((match) => `  ${match}: { match: ${match}, file: ${match}.map }`).join('\n')}
${app(
  serversOf(1),
  '',
  `
    http-request:
${['str', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'int', 'ip'].map((match) => `      - { set-header: { X-${match}: "%[req.hdr(x),map(${match},none)]" } }`).join('\n')}`,
)}`,
    files: files({
      'str.map': 'whole yes\n',
      'beg.map': 'beg yes\n',
      'end.map': 'end yes\n',
      'sub.map': 'sub yes\n',
      'dir.map': 'dir yes\n',
      'dom.map': 'dom yes\n',
      'reg.map': '^r[0-9]+$ yes\n',
      'int.map': '1:9 yes\n',
      'ip.map': '10.0.0.0/8 yes\n',
    }),
    directive: /,map_[a-z]+\([^)]*\)/,
    prove: async (stage) => {
      const found = async (x: string) => {
        const { headers } = seen((await get(stage, '/', { headers: { x } })).body);
        return Object.keys(headers).filter((name) => headers[name] === 'yes');
      };
      const asked = {
        str: 'whole',
        beg: 'begun',
        end: 'an end',
        sub: 'a sub a',
        dir: '/a/dir/b',
        dom: 'a.dom.b',
        reg: 'r12',
        int: '5',
        ip: '10.9.8.7',
      };
      for (const [match, x] of Object.entries(asked)) expect(await found(x), match).toEqual([`x-${match}`]);
    },
  },
  {
    row: 'maps',
    what: 'changes maps and lists by rules, and from the command line',
    keys: ['set-map', 'del-map', 'add-acl', 'del-acl'].map((verb) => `frontends.*.http-request.*.${verb}`).concat('lists.*.file'),
    document: `
maps: { seen: { file: seen.map } }
lists: { bad: { file: bad.list } }
${app(
  serversOf(1),
  '',
  `
    http-request:
      - { deny: 403, if: { "req.hdr(x)": { list: bad } } }
      - { add-acl: { list: bad, key: "%[req.hdr(x)]" }, if: { path: /trap } }
      - { set-map: { map: seen, key: "%[req.hdr(x)]", value: "%[path]" }, if: { path_beg: /set } }
      - { del-map: { map: seen, key: "%[req.hdr(x)]" }, if: { path: /unset } }
      - { set-header: { X-Seen: "%[req.hdr(x),map(seen,never)]" } }
    http-response:
      - { del-acl: { list: bad, key: four }, if: { status: 200 } }`,
)}`,
    files: files({ 'seen.map': 'one /before\n', 'bad.list': 'four\n' }),
    directive: /^ {4}http-re(?:quest|sponse) (?:set-map|del-map|add-acl|del-acl)\(.*\n/,
    prove: async (stage) => {
      const ask = async (path: string, x: string) => {
        const { status, body } = await get(stage, path, { headers: { x } });
        return status === 200 ? seen(body).headers['x-seen'] : status;
      };
      expect([await ask('/', 'four'), await ask('/', 'one')]).toEqual([403, '/before']);
      // the answer before has taken it off the list
      expect(await ask('/', 'four')).toBe('never');
      expect([await ask('/set/a', 'two'), await ask('/', 'two')]).toEqual(['/set/a', '/set/a']);
      expect([await ask('/unset', 'two'), await ask('/', 'two')]).toEqual(['never', 'never']);
      expect([await ask('/trap', 'three'), await ask('/', 'three')]).toEqual(['never', 403]);
      await stage.haproxy.ask('add acl /run/weir/maps/bad.list five');
      expect(await ask('/', 'five')).toBe(403);
    },
  },
  {
    row: 'geolocation',
    what: 'knows the country of a client by a map of ranges',
    keys: ['maps.*.match', 'frontends.*.http-request.*.deny'],
    document: `
maps: { countries: { match: ip, file: countries.map } }
${app(
  serversOf(1),
  '',
  `
    http-request:
      - { set-var: { txn.country: "src,map(countries,XX)" } }
      - { deny: 403, if: { var(txn.country): [AQ, BV] } }
      - { set-header: { X-Country: "%[var(txn.country)]" } }`,
)}`,
    files: files({ 'countries.map': `${clients.usual}/32 FR\n${clients.blocked}/32 AQ\n2001:db8::/32 DE\n` }),
    directive: /,map_ip\([^)]*\)/,
    prove: async (stage) => {
      expect(seen((await get(stage, '/')).body).headers['x-country']).toBe('FR');
      expect((await get(stage, '/', { from: clients.blocked })).status).toBe(403);
      expect(seen((await get(stage, '/', { from: clients.office })).body).headers['x-country']).toBe('XX');
    },
  },
  {
    row: 'auth',
    what: 'lets in users by their hashed passwords, and by their groups',
    keys: ['userlists.*.users.*.password', 'userlists.*.users.*.groups', 'frontends.*.http-request.*.auth'],
    document: `
userlists:
  staff:
    users:
      ann: { password: "$5$weirsalt$XrjlgtoxKJ51.kHXfgtqY8/ckKAs9VHfGJ6wl8ejt39", groups: [admins] }
      bob: { password: "$5$weirsalt$XrjlgtoxKJ51.kHXfgtqY8/ckKAs9VHfGJ6wl8ejt39" }
${app(
  serversOf(1),
  '',
  `
    http-request:
      - { auth: Staff only, unless: { "http_auth(staff)": true } }
      - { deny: 403, if: { path_beg: /admin }, unless: { "http_auth_group(staff)": admins } }`,
)}`,
    directive: /^ {4}http-request (?:auth|deny) .*\n/,
    prove: async (stage) => {
      const as = (user: string, password: string, path = '/') =>
        get(stage, path, { headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } });
      expect(await get(stage, '/')).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="Staff only"' } });
      expect((await as('ann', 'wrong')).status).toBe(401);
      expect((await as('bob', 'open-sesame')).status).toBe(200);
      expect((await as('bob', 'open-sesame', '/admin')).status).toBe(403);
      expect((await as('ann', 'open-sesame', '/admin')).status).toBe(200);
    },
  },
  {
    row: 'inspection',
    what: 'passes on only TLS of a known name, or only HTTP',
    keys: ['frontends.*.tcp-request inspect-delay', 'frontends.*.tcp-request content.*.accept', 'frontends.*.tcp-request content.*.reject'],
    document: `
frontends:
  tls:
    mode: tcp
    bind: [{ address: "*:443" }]
    tcp-request inspect-delay: 500ms
    tcp-request content:
      - { accept: true, if: { req.ssl_hello_type: 1, req.ssl_sni: shop.example } }
      - { reject: true, if: { wait_end: true } }
    default_backend: echo
  web:
    mode: tcp
    bind: [{ address: "*:90" }]
    tcp-request inspect-delay: 500ms
    tcp-request content: [{ accept: true, if: { req.proto_http: true } }, { reject: true }]
    default_backend: http
backends:
  echo: { servers: { echo: { address: "${servers.api}:8091", check: false } } }
  http: { servers: { app1: { address: "${servers.app1}:8080", check: false } } }`,
    directive: /^ {4}tcp-request content .*\n/,
    prepare: async ({ peer }) => await peer.up({ name: 'inspected', address: servers.api, port: 8091, kind: 'tcp' }),
    prove: async ({ peer }) => {
      const say = (port: number, send: string) => peer.converse({ address: vips.main, port, send, forMs: 1000 });
      expect((await say(443, 'SSH-2.0-scanner\r\n')).received).toBe('');
      expect((await say(90, 'SSH-2.0-scanner\r\n')).received).toBe('');
      expect((await say(90, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).received).toMatch(/^HTTP\/1\.1 200/);
      expect((await say(443, hello('shop.example'))).received).toContain('inspected');
      expect((await say(443, hello('evil.example'))).received).toBe('');
    },
  },
];

/** The first bytes of a TLS 1.2 client that asks for a name (RFC 5246, 7.4.1.2; RFC 6066, 3), each below 128 so that it is text. */
function hello(name: string): string {
  const u16 = (value: number) => [value >> 8, value & 255];
  const host = [...Buffer.from(name)];
  const list = [0, ...u16(host.length), ...host];
  const sni = [...u16(0), ...u16(list.length + 2), ...u16(list.length), ...list];
  const body = [3, 3, ...Array.from({ length: 32 }, () => 1), 0, ...u16(2), 0, 47, 1, 0, ...u16(sni.length), ...sni];
  const handshake = [1, 0, ...u16(body.length), ...body];
  return Buffer.from([22, 3, 1, ...u16(handshake.length), ...handshake]).toString('latin1');
}
