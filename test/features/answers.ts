import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { clients, servers, vips } from '../support/netns.ts';
import type { Proof, Stage } from './proof.ts';

const app = `backends: { app: { servers: { app1: ${servers.app1}:8080 } } }`;
const web = (keys: string, backends = app) => `
frontends:
  web:
    bind: [{ address: "*:80" }]
    ${keys}
    default_backend: app
${backends}`;
const get = (peer: Stage['peer'], path: string, rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, ...rest });
const pages = { pages: new Map([['sorry.html', Buffer.from('<h1>Sorry: 100% "off"</h1>\n')]]) };
const nobody = 'backends: { app: { servers: { gone: { address: "10.20.0.250:1", check: false } }, timeout: { connect: 50ms } } }';
const moment = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** What HAProxy answers itself, and what it does to answers. */
export const answers: readonly Proof[] = [
  {
    row: 'monitor',
    what: 'answers those who watch it, and says when too few servers are left',
    keys: ['frontends.*.monitor-uri', 'frontends.*.monitor fail'],
    document: web(
      'monitor-uri: /alive\n    monitor fail: { if: { "nbsrv(other)": { lt: 1 } } }',
      `${app.slice(0, -2)}, other: { check: { inter: 100ms, fall: 1, rise: 1 }, servers: { app2: "${servers.app2}:8080" } } }`,
    ),
    directive: /^ {4}monitor .*\n/,
    prove: async ({ peer, haproxy }) => {
      expect(await get(peer, '/alive')).toMatchObject({ status: 200, body: expect.stringContaining('200 OK') });
      await haproxy.ask('disable server other/app2');
      expect((await get(peer, '/alive')).status).toBe(503);
    },
  },
  {
    row: 'monitor',
    what: 'answers errors with pages of its own',
    keys: ['frontends.*.http-error.*.file', 'frontends.*.http-error.*.hdr', 'backends.*.http-error.*.string'],
    document: web(
      'http-request: [{ deny: 403, if: { path: /no } }]\n    http-error: { 403: { content-type: text/html, file: sorry.html, hdr: { X-Client: "%[src]" } } }',
      nobody.replace('app: {', 'app: { http-error: { 503: { content-type: text/plain, string: "back soon" } },'),
    ),
    files: pages,
    directive: /^ {4}http-error .*\n/,
    prove: async ({ peer }) => {
      const denied = await get(peer, '/no');
      expect(denied).toMatchObject({
        status: 403,
        body: '<h1>Sorry: 100% "off"</h1>\n',
        headers: { 'x-client': clients.usual, 'content-type': 'text/html' },
      });
      expect(await get(peer, '/')).toMatchObject({ status: 503, body: 'back soon', headers: { 'content-type': 'text/plain' } });
    },
  },
  {
    row: 'monitor',
    what: 'answers errors from groups of whole answers that sections share, or with some of them',
    keys: ['http-errors.*.*', 'frontends.*.errorfiles', 'frontends.*.errorfiles.*.status', 'backends.*.errorfiles'],
    document: `http-errors: { site: { 403: no.http, 503: sorry.http } }
${web(
  'http-request: [{ deny: 403, if: { path: /no } }]\n    errorfiles: [{ name: site, status: [403] }]',
  nobody.replace('app: {', 'app: { errorfiles: [site],'),
)}`,
    files: {
      pages: new Map([
        ['no.http', Buffer.from('HTTP/1.1 403 Forbidden\r\nX-Group: site\r\nContent-Length: 2\r\n\r\nno')],
        ['sorry.http', Buffer.from('HTTP/1.1 503 Service Unavailable\r\nX-Group: site\r\nContent-Length: 5\r\n\r\nsorry')],
      ]),
    },
    directive: /^ {4}errorfiles .*\n/,
    prove: async ({ peer }) => {
      expect(await get(peer, '/no')).toMatchObject({ status: 403, body: 'no', headers: { 'x-group': 'site' } });
      expect(await get(peer, '/')).toMatchObject({ status: 503, body: 'sorry', headers: { 'x-group': 'site' } });
    },
  },
  {
    row: 'maintenance-page',
    what: 'shows a page while a maintenance lasts, but not to those who do it',
    keys: [
      'frontends.*.maintenance.from',
      'frontends.*.maintenance.until',
      'frontends.*.maintenance.file',
      'frontends.*.maintenance.unless',
    ],
    document: `acls: { office: { src: ${clients.office} } }\n${web(`maintenance: { from: "${moment(-60)}", until: "${moment(3600)}", file: sorry.html, unless: office }`)}`,
    files: pages,
    directive: /^ {4}http-request return status 503 .*\n/,
    prove: async ({ peer }) => {
      const { status, body, headers } = await get(peer, '/');
      expect({ status, body }).toEqual({ status: 503, body: '<h1>Sorry: 100% "off"</h1>\n' });
      expect(Date.parse(String(headers['retry-after']))).toBeGreaterThan(Date.now());
      expect((await get(peer, '/', { from: clients.office })).status).toBe(200);
    },
  },
  {
    row: 'maintenance-page',
    what: 'ends a maintenance in time, without anybody',
    keys: ['frontends.*.maintenance.until'],
    document: web(`maintenance: { from: "${moment(-60)}", until: "${moment(-30)}" }`),
    // an end that is not looked at
    directive: / \{ date -m int lt \d+ \}/,
    prove: async ({ peer }) => {
      expect((await get(peer, '/')).status).toBe(200);
    },
  },
  {
    row: 'compression',
    what: 'compresses answers for clients that ask for it, by media type',
    keys: ['frontends.*.compression.algo', 'frontends.*.compression.type'],
    document: web('compression: { algo: [gzip], type: [text/long] }'),
    directive: /^ {4}compression .*\n/,
    prove: async ({ peer }) => {
      const reply = await get(peer, '/type/text/long', { headers: { 'accept-encoding': 'gzip' }, encoding: 'latin1' });
      expect(reply.headers).toMatchObject({ 'content-encoding': 'gzip' });
      expect(gunzipSync(Buffer.from(reply.body, 'latin1')).toString()).toMatch(/^(?:repeated ){500}$/);
      expect((await get(peer, '/type/text/long')).headers).not.toHaveProperty('content-encoding');
      expect((await get(peer, '/type/text/other', { headers: { 'accept-encoding': 'gzip' } })).headers).not.toHaveProperty(
        'content-encoding',
      );
    },
  },
  {
    row: 'compression',
    what: 'keeps servers from compressing',
    keys: ['backends.*.compression.offload'],
    document: web('', app.replace('app: {', 'app: { compression: { offload: true },')),
    directive: /^ {4}compression offload\n/,
    prove: async ({ peer }) => {
      const { headers } = JSON.parse((await get(peer, '/', { headers: { 'accept-encoding': 'gzip' } })).body) as { headers: object };
      expect(headers).not.toHaveProperty('accept-encoding');
    },
  },
  {
    row: 'compression',
    what: 'compresses requests for servers that take it',
    keys: ['frontends.*.compression.direction'],
    document: web('compression: { direction: request, type: [text/long] }'),
    directive: /^ {4}compression .*\n/,
    prove: async ({ peer }) => {
      const headers = { 'content-type': 'text/long', 'content-length': '6000' };
      const { headers: seen } = JSON.parse((await get(peer, '/', { method: 'POST', headers, body: 'x'.repeat(6000) })).body) as {
        headers: object;
      };
      expect(seen).toMatchObject({ 'content-encoding': 'gzip' });
    },
  },
  {
    row: 'compression-engine',
    what: 'compresses without keeping what was before in memory (SLZ)',
    keys: ['frontends.*.compression.algo'],
    document: web('compression: { algo: [raw-deflate], type: [text/long] }'),
    directive: /^ {4}compression .*\n/,
    prove: async ({ peer, haproxy }) => {
      const before = /^ZlibMemUsage: (\d+)/m.exec(await haproxy.ask('show info'))?.[1];
      expect((await get(peer, '/type/text/long', { headers: { 'accept-encoding': 'deflate' } })).headers).toMatchObject({
        'content-encoding': 'deflate',
      });
      // only an engine with state has memory to count
      expect(before).toBeUndefined();
      expect(Number(/^CompressBpsIn: (\d+)/m.exec(await haproxy.ask('show info'))?.[1])).toBeGreaterThan(0);
    },
  },
];
