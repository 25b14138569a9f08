import { expect } from 'vitest';
import type { FcgiAnswered } from '../support/fcgi-responder.ts';
import { servers, vips } from '../support/netns.ts';
import { app, numbered, seen, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const get = (peer: Stage['peer'], path: string, rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, ...rest });

const collector = servers.sorry;

/** A FastCGI application on app1. */
const php = (keys: string, backend = '') =>
  app(
    `    use-fcgi-app: php
    default-server: { proto: fcgi }
    servers: { php1: "${servers.app1}:9000" }${backend}`,
    `fcgi-apps: { php: { docroot: /var/www, ${keys} } }`,
  );
const withPhp: Proof['prepare'] = async ({ peer }) => {
  await peer.down('php1').catch(() => undefined);
  await peer.up({ name: 'php1', address: servers.app1, port: 9000, kind: 'fcgi' });
};
async function run(peer: Stage['peer'], path: string, rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}): Promise<FcgiAnswered> {
  const { status, body } = await get(peer, path, rest);
  expect(status).toBe(200);
  return JSON.parse(body) as FcgiAnswered;
}

const lua = (text: string) => ({ lua: new Map([['site.lua', Buffer.from(text)]]) });
const scripted = (keys: string, kind = 'lua-load') =>
  app(serversOf(1), `global: { ${kind}: [{ file: site.lua, args: [weir] }] }`, `    ${keys}`);

/** Programs that answer or decide: FastCGI applications, and scripts within HAProxy. */
export const programs: readonly Proof[] = [
  {
    row: 'fastcgi',
    what: 'runs the scripts of an application',
    keys: ['backends.*.use-fcgi-app', 'backends.*.default-server.proto', 'fcgi-apps.*.docroot'],
    document: php('index: index.php', '\n    timeout: { server: 500ms }'),
    directive: /^ {4}(?:use-fcgi-app .*|default-server proto fcgi)\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      const headers = { 'content-length': '3', 'content-type': 'text/plain' };
      const { params, body } = await run(peer, '/a.php?x=1', { method: 'POST', headers, body: 'abc' });
      expect(params).toMatchObject({
        REQUEST_METHOD: 'POST',
        SCRIPT_FILENAME: '/var/www/a.php',
        QUERY_STRING: 'x=1',
        CONTENT_TYPE: 'text/plain',
      });
      expect(body).toBe('abc');
      expect((await get(peer, '/a.php?status=404')).status).toBe(404);
    },
  },
  {
    row: 'fastcgi',
    what: 'takes a path apart into a script and what it is told',
    keys: ['fcgi-apps.*.index', 'fcgi-apps.*.path-info'],
    document: php('index: index.php, path-info: "^(/.+[.]php)(/.*)?$"'),
    directive: /^ {4}(?:index|path-info) .*\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      expect((await run(peer, '/shop/')).params).toMatchObject({ SCRIPT_NAME: '/shop/index.php' });
      expect((await run(peer, '/shop.php/cart/7')).params).toMatchObject({ SCRIPT_NAME: '/shop.php', PATH_INFO: '/cart/7' });
    },
  },
  {
    row: 'fastcgi',
    what: 'gives it parameters and headers of its own',
    keys: ['fcgi-apps.*.set-param.*', 'fcgi-apps.*.pass-header.*'],
    document: php('pass-header: [Authorization], set-param: { REDIRECT_STATUS: "200", CLIENT: "from %[src]" }'),
    directive: /^ {4}(?:set-param|pass-header) .*\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      const { params } = await run(peer, '/', { headers: { authorization: 'Bearer x' } });
      expect(params).toMatchObject({ REDIRECT_STATUS: '200', CLIENT: 'from 203.0.113.100', HTTP_AUTHORIZATION: 'Bearer x' });
    },
  },
  {
    row: 'fastcgi',
    what: 'sends several requests at a time over one connection',
    keys: ['fcgi-apps.*.option.mpxs-conns', 'fcgi-apps.*.option.max-reqs'],
    document: php('option: { mpxs-conns: true, max-reqs: 10 }', '\n    http-reuse: always'),
    directive: /^ {4}option (?:mpxs-conns|max-reqs).*\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      // each thread has its own connections
      const slow = await Promise.all(numbered(40, () => run(peer, '/?ms=300')));
      expect(new Set(slow.map(({ connection }) => connection)).size).toBeLessThan(slow.length);
    },
  },
  {
    row: 'fastcgi',
    what: 'lets an application close its connections',
    keys: ['fcgi-apps.*.option.keep-conn'],
    document: php('option: { keep-conn: false }'),
    directive: /^ {4}no option keep-conn\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      expect((await run(peer, '/')).isKept).toBe(false);
    },
  },
  {
    row: 'fastcgi',
    what: 'asks an application what it can do at a time',
    keys: ['fcgi-apps.*.option.get-values'],
    document: php('option: { get-values: true }'),
    directive: /^ {4}option get-values\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      expect((await run(peer, '/')).asked).toContain('FCGI_MPXS_CONNS');
    },
  },
  {
    row: 'fastcgi',
    what: 'logs what it complains of',
    keys: ['fcgi-apps.*.log-stderr'],
    document: php(`log-stderr: { address: "${collector}:514", format: raw }`),
    directive: /^ {4}log-stderr .*\n/,
    prepare: async (stage) => {
      await withPhp(stage);
      await stage.peer.collector({ name: 'stderr', address: collector, port: 514, kind: 'udp' });
    },
    prove: async ({ peer }) => {
      await run(peer, '/?complain=undefined-variable');
      expect((await peer.logged('stderr', 1)).join('\n')).toContain('undefined-variable');
    },
  },
  {
    row: 'fastcgi',
    what: 'keeps its answers in a cache, and compresses them',
    keys: ['backends.*.use-fcgi-app'],
    document: `${php(
      'index: index.php',
      `
    compression: { algo: [gzip], type: [application/json] }
    http-request: [{ cache-use: small }]
    http-response: [{ set-header: { Cache-Control: max-age=60 } }, { cache-store: small }]`,
    )}
caches: { small: { total-max-size: 1 } }`,
    directive: /^ {4}http-request cache-use .*\n/,
    prepare: withPhp,
    prove: async ({ peer }) => {
      const first = await get(peer, '/a.php?one');
      const packed = await get(peer, '/a.php?one', { headers: { 'accept-encoding': 'gzip' } });
      expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip' });
      await peer.down('php1');
      try {
        expect(await get(peer, '/a.php?one')).toMatchObject({ status: 200, body: first.body });
      } finally {
        await peer.up({ name: 'php1', address: servers.app1, port: 9000, kind: 'fcgi' });
      }
    },
  },
  {
    row: 'lua',
    what: 'runs actions, samples and converters of a script',
    keys: [
      'global.lua-load.*.file',
      'global.lua-load.*.args',
      'frontends.*.http-request.*.lua.action',
      'frontends.*.http-request.*.lua.args',
    ],
    document: scripted(
      'http-request: [{ lua: { action: greet, args: ["two words"] } }, { set-header: { X-Sample: "%[lua.host(x)]", X-Converted: "%[path,lua.shout]" } }]',
    ),
    files: lua(`
      local name = ...
      core.register_action('greet', { 'http-req' }, function(txn, text) txn.http:req_set_header('X-Greeting', name .. ' says ' .. text) end, 1)
      core.register_fetches('host', function(txn, text) return text .. name end)
      core.register_converters('shout', function(text) return string.upper(text) end)
    `),
    directive: /^ {4}http-request lua\.greet .*\n/,
    prove: async ({ peer }) => {
      const { headers } = seen((await get(peer, '/quiet')).body);
      expect(headers).toMatchObject({ 'x-greeting': 'weir says two words', 'x-sample': 'xweir', 'x-converted': '/QUIET' });
    },
  },
  {
    row: 'lua',
    what: 'answers by a service of a script, one in each thread',
    keys: ['global.lua-load-per-thread.*.file', 'frontends.*.http-request.*.use-service'],
    document: scripted('http-request: [{ use-service: lua.hello, if: { path: /hello } }]', 'lua-load-per-thread'),
    files: lua(`
      local name = ...
      core.register_service('hello', 'http', function(applet)
        local text = 'hello from ' .. name .. ' in thread ' .. (core.thread > 0 and 'n' or '0')
        applet:set_status(200)
        applet:add_header('content-length', string.len(text))
        applet:start_response()
        applet:send(text)
      end)
    `),
    directive: /^ {4}http-request use-service .*\n/,
    prove: async ({ peer }) => {
      expect(await get(peer, '/hello')).toMatchObject({ status: 200, body: 'hello from weir in thread n' });
    },
  },
];
