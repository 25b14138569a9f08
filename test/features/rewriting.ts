import { expect } from 'vitest';
import { clients, vips } from '../support/netns.ts';
import { app, seen, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

/** Asks the frontend that all proofs here have. */
export const get = ({ peer }: Pick<Stage, 'peer'>, path: string, rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, ...rest });

/** Headers, request lines and answers, changed and made. */
export const rewriting: readonly Proof[] = [
  {
    row: 'rewriting',
    what: 'sets, adds, deletes and changes headers of requests',
    keys: ['set-header', 'add-header', 'del-header', 'replace-header', 'replace-value'].map((verb) => `frontends.*.http-request.*.${verb}`),
    document: app(
      serversOf(1),
      '',
      `
    http-request:
      - { set-header: { X-Client: "%[src]" } }
      - { add-header: { X-Hop: weir } }
      - { del-header: { beg: X-Internal- } }
      - { replace-header: { Cookie: { match: "(.*)key=[^;]*(.*)", replace: "\\\\1key=none\\\\2" } } }
      - { replace-value: { X-List: { match: "^b$", replace: B } } }`,
    ),
    directive: /^ {4}http-request (?:set-header X-Client|add-header|del-header X-Internal|replace-).*\n/,
    prove: async (stage) => {
      const sent = {
        'x-client': 'me',
        'x-hop': 'one',
        'x-internal-a': '1',
        'x-internal-b': '2',
        cookie: 'a=1; key=5; b=2',
        'x-list': 'a, b, c',
      };
      const { headers } = seen((await get(stage, '/', { headers: sent })).body);
      expect(headers).toMatchObject({ 'x-client': clients.usual, 'x-hop': 'one, weir', cookie: 'a=1; key=none; b=2' });
      expect(String(headers['x-list']).replaceAll(' ', '')).toBe('a,B,c');
      expect(Object.keys(headers).filter((name) => name.startsWith('x-internal'))).toEqual([]);
    },
  },
  {
    row: 'rewriting',
    what: 'changes responses, and those that it makes itself',
    keys: [
      'backends.*.http-response.*.set-header',
      'backends.*.http-response.*.replace-header',
      'frontends.*.http-response.*.set-status',
      'frontends.*.http-after-response.*.set-header',
    ],
    document: app(
      `    http-response:
      - { set-header: { X-Backend: shop } }
      - { replace-header: { Set-Cookie: { match: "(.*)", replace: "\\\\1; Secure" } } }
${serversOf(1)}`,
      '',
      `
    http-request: [{ deny: 403, if: { path: /no } }]
    http-response: [{ set-status: { status: 503, reason: Later }, if: { status: 599 } }]
    http-after-response: [{ set-header: { X-Node: "%[hostname]" } }]`,
    ),
    directive: /^ {4}http-(?:after-)?response .*\n/,
    prove: async (stage) => {
      const cookie = await get(stage, '/cookie/a/1');
      expect(cookie.headers).toMatchObject({ 'x-backend': 'shop', 'x-node': expect.any(String), 'set-cookie': ['a=1; Secure'] });
      expect((await get(stage, '/status/599')).status).toBe(503);
      expect((await get(stage, '/no')).headers).toMatchObject({ 'x-node': expect.any(String) });
    },
  },
  {
    row: 'rewriting',
    what: 'changes methods, paths and queries',
    keys: [
      'replace-path',
      'set-path',
      'set-query',
      'set-pathq',
      'replace-pathq',
      'set-method',
      'normalize-uri',
      'set-uri',
      'replace-uri',
    ].map((verb) => `frontends.*.http-request.*.${verb}`),
    document: app(
      serversOf(1),
      '',
      `
    http-request:
      - { normalize-uri: path-merge-slashes }
      - { replace-path: { match: "^/shop(/.*)$", replace: "/app\\\\1" } }
      - { set-path: "/v2%[path]", if: { path_beg: /api/ } }
      - { set-query: "%[query]&weir=1", if: { path: /search } }
      - { set-pathq: "/start?from=%[path]", if: { path: /old } }
      - { replace-pathq: { match: "^/find[?]q=(.*)$", replace: "/s/\\\\1" } }
      - { set-uri: /all, if: { path: /any } }
      - { replace-uri: { match: "^/a1(.*)$", replace: "/b1\\\\1" } }
      - { set-method: PUT, if: { path: /put } }`,
    ),
    directive: /^ {4}http-request (?:set-(?:path|pathq|query|uri|method)|replace-|normalize-).*\n/,
    prove: async (stage) => {
      const urls = ['//shop//cart', '/api/x', '/search?q=a', '/old', '/find?q=b', '/any', '/a1/c'];
      const got = [];
      for (const url of urls) got.push(seen((await get(stage, url)).body).url);
      expect(got).toEqual(['/app/cart', '/v2/api/x', '/search?q=a&weir=1', '/start?from=/old', '/s/b', '/all', '/b1/c']);
      expect(seen((await get(stage, '/put')).body).method).toBe('PUT');
    },
  },
  {
    row: 'rewriting',
    what: 'redirects by scheme, location and prefix',
    keys: ['scheme', 'location', 'prefix', 'code', 'drop-query', 'append-slash', 'set-cookie', 'clear-cookie', 'ignore-empty'].map(
      (key) => `frontends.*.http-request.*.redirect.${key}`,
    ),
    document: app(
      serversOf(1),
      '',
      `
    http-request:
      - { redirect: { scheme: https, code: 301 }, if: { path_beg: /secure } }
      - { redirect: { location: "%[url_param(to)]", ignore-empty: true }, if: { path: /go } }
      - { redirect: { location: /seen, set-cookie: SEEN=1 }, if: { path: /first } }
      - { redirect: { prefix: /new, drop-query: true, append-slash: true, code: 308, clear-cookie: SEEN }, if: { path: /dir } }`,
    ),
    directive: /^ {4}http-request redirect .*\n/,
    prove: async (stage) => {
      const to = async (path: string) => {
        const { status, headers } = await get(stage, path, { headers: { host: 'shop.example' } });
        return { status, location: headers.location, cookie: headers['set-cookie'] };
      };
      expect(await to('/secure?a=1')).toMatchObject({ status: 301, location: 'https://shop.example/secure?a=1' });
      expect(await to('/go?to=/there')).toMatchObject({ status: 302, location: '/there' });
      expect((await to('/go')).status).toBe(200);
      expect(await to('/first')).toMatchObject({ location: '/seen', cookie: [expect.stringContaining('SEEN=1')] });
      expect(await to('/dir?x=1')).toMatchObject({
        status: 308,
        location: '/new/dir/',
        cookie: [expect.stringMatching(/SEEN=;.*Max-Age=0/)],
      });
    },
  },
  {
    row: 'rewriting',
    what: 'answers by itself, with early hints where servers take longer',
    keys: [
      'return.string',
      'return.lf-string',
      'return.file',
      'return.lf-file',
      'return.hdr',
      'return.status',
      'deny.lf-string',
      'early-hint',
    ].map((key) => `frontends.*.http-request.*.${key}`),
    files: { pages: new Map([['page.html', Buffer.from('<b>%[src]</b>\n')]]) },
    document: app(
      serversOf(1),
      '',
      `
    http-request:
      - { return: { string: "User-agent: *", hdr: { X-From: weir } }, if: { path: /robots.txt } }
      - { return: { status: 418, content-type: application/json, lf-string: '{"you":"%[src]"}' }, if: { path: /me } }
      - { return: { status: 404, content-type: text/html, file: page.html }, if: { path: /gone } }
      - { return: { content-type: text/html, lf-file: page.html }, if: { path: /hello } }
      - { deny: { status: 451, lf-string: "not for %[src]" }, if: { path: /secret } }
      - { early-hint: { Link: "</a.css>; rel=preload" }, if: { path: /hinted } }`,
    ),
    directive: /^ {4}http-request (?:return|deny|early-hint) .*\n/,
    prove: async (stage) => {
      expect(await get(stage, '/robots.txt')).toMatchObject({
        status: 200,
        body: 'User-agent: *',
        headers: { 'x-from': 'weir', 'content-type': 'text/plain' },
      });
      expect(await get(stage, '/me')).toMatchObject({
        status: 418,
        body: `{"you":"${clients.usual}"}`,
        headers: { 'content-type': 'application/json' },
      });
      expect(await get(stage, '/gone')).toMatchObject({ status: 404, body: '<b>%[src]</b>\n', headers: { 'content-type': 'text/html' } });
      expect(await get(stage, '/hello')).toMatchObject({ status: 200, body: `<b>${clients.usual}</b>\n` });
      expect(await get(stage, '/secret')).toMatchObject({ status: 451, body: `not for ${clients.usual}` });
      const send = 'GET /hinted HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n';
      const { received } = await stage.peer.converse({ address: vips.main, port: 80, send, forMs: 1500 });
      expect(received).toMatch(/^HTTP\/1\.1 103 [^\n]*\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 /i);
    },
  },
  {
    row: 'scrub',
    what: 'tells clients nothing about servers',
    keys: ['backends.*.http-response.*.del-header'],
    document: app(`    http-response: [{ del-header: [Server, X-Powered-By] }]\n${serversOf(1)}`),
    directive: /^ {4}http-response del-header .*\n/,
    prove: async (stage) => {
      const { status, headers } = await get(stage, '/');
      expect(status).toBe(200);
      expect(headers.server).toBeUndefined();
    },
  },
];
