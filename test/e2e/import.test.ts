import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Files } from '../../appliance/config/config.ts';
import { documentOf } from '../../appliance/config/imported.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { importHaproxy } from '../../proxy/haproxy/import/import.ts';
import { parseStats } from '../../proxy/haproxy/stats.ts';
import { type Haproxy, runHaproxy } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import type { Answered, Asked, Reply } from '../support/haproxy-peer.ts';
import { clients, vips } from '../support/netns.ts';
import { outside } from '../support/outside.ts';
import { type Staged, stagedDocument } from '../support/staged.ts';

/** A configuration of another machine, what it is asked, and the files that it names, by the folder beside the document. */
interface Shape {
  readonly name: string;
  readonly asks: readonly Ask[];
  readonly files?: { readonly [path: string]: string };
}

type Ask = Partial<Asked> & { readonly path: string; readonly repeat?: number };

const folder = join(import.meta.dirname, '../import');

/** What both must answer alike: each path as every kind of client. */
const hosts = ['www.example.com', 'old.example.com', 'static.example.com'];
const paths = ['/', '/static/a.css', '/x.gif', '/admin', '/legacy/a?b=1', '/status/404', '/status/500'];
const shapes: Shape[] = [
  {
    name: 'debian',
    asks: [{ path: '/', repeat: 4 }, { path: '/status/404' }, { path: '/', headers: { cookie: 'SRV=b' }, repeat: 2 }],
    files: { '/etc/haproxy/errors/503.http': 'HTTP/1.0 503 Service Unavailable\r\ncontent-type: text/html\r\n\r\n<h1>503</h1>\n' },
  },
  {
    name: 'web-1.5',
    asks: [
      ...hosts.flatMap((host) => paths.map((path) => ({ path, headers: { host } }))),
      { path: '/admin', from: clients.office },
      { path: '/', headers: { cookie: 'SERVERID=two', 'x-internal': 'secret' }, repeat: 3 },
    ],
  },
  {
    name: 'limits',
    asks: [
      { path: '/', repeat: 3 },
      { path: '/ping' },
      { path: '/trap' },
      { path: '/', headers: { 'user-agent': 'an EvilBot' } },
      { path: '/', headers: { 'x-key': 'k1' }, repeat: 8 },
      { path: '/', headers: { 'x-key': 'k1' }, from: clients.office },
      { path: '/login', headers: { 'x-key': 'k2' }, repeat: 4 },
      { path: '/', headers: { cookie: 'SESSION=s1' }, repeat: 4 },
      { path: '/', repeat: 8 },
    ],
  },
];

const [shop, api] = await Promise.all([makeCertificate('shop.example'), makeCertificate('api.example')]);
const tls = (servername: string) => ({ port: 443, tls: { servername } });
shapes.push({
  name: 'edge',
  asks: [
    { path: '/a?b=1' },
    { path: '/.well-known/acme-challenge/x' },
    ...['shop.example', 'api.example'].flatMap((name) =>
      [
        { path: '/v1/x' },
        { path: '/upload/1', method: 'POST' },
        { path: '/form', method: 'POST' },
        { path: '/x.debug' },
        { path: '/', headers: { 'x-debug': '1' } },
        { path: '/', headers: { 'x-tenant': 'one' }, repeat: 2 },
        { path: '/', headers: { 'x-tenant': 'two' }, repeat: 2 },
      ].map((ask) => ({ ...tls(name), ...ask })),
    ),
    { ...tls('shop.example'), path: '/', headers: { host: 'mapped.example' } },
    { ...tls('shop.example'), path: '/app/x', headers: { host: 'mapped.example' } },
  ],
  files: {
    '/etc/haproxy/certs/shop.pem': `${shop.cert}${shop.key}`,
    '/etc/haproxy/certs/api.pem': `${api.cert}${api.key}`,
    'api.pem': `${api.cert}${api.key}`,
    '/etc/haproxy/hosts.map': 'mapped.example acme\n',
  },
});

/** Headers that weir adds of its own, or that say when and by whom. */
const ofWeir = /^(?:x-forwarded-.*|forwarded|date|connection|keep-alive)$/;

const without = (headers: Answered['headers']) =>
  Object.fromEntries(Object.entries(headers).filter(([name, value]) => !ofWeir.test(name) && value !== undefined));

/** What an answer comes to: who gave it, what it got to see, and what came back. */
function told({ status, headers, body, certificate }: Reply): unknown {
  const seen = body.startsWith('{') ? (JSON.parse(body) as Answered) : null;
  const asked = seen === null ? body : { server: seen.server, method: seen.method, url: seen.url, headers: without(seen.headers) };
  // the length counts what servers saw of headers
  const { 'content-length': _length, ...rest } = without(headers);
  return { status, headers: rest, asked, certificate };
}

/** The original as HAProxy 3.0 can start it here: without what needs its own machine, with the mark and the socket by which it is asked. */
function startable(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*(?:stats (?:socket|timeout)|daemon|pidfile|chroot|log|user|group)\b/.test(line));
  const global = lines.findIndex((line) => line.startsWith('global'));
  return lines
    .toSpliced(global + 1, 0, '    description "weir 0123456789ab"', '    stats socket /run/weir/haproxy.sock mode 600 level admin')
    .join('\n');
}

describe('what a haproxy.cfg becomes does what it did', () => {
  const there = outside();

  /** Runs one configuration and asks it everything. */
  async function observed(files: Staged, asks: readonly Ask[]) {
    const { networks, peer } = there();
    const haproxy: Haproxy = await runHaproxy(networks.proxy, files);
    try {
      const answers: unknown[] = [];
      for (const { repeat = 1, ...ask } of asks)
        for (let count = 0; count < repeat; count++) answers.push([ask, told(await peer.ask({ address: vips.main, port: 80, ...ask }))]);
      const stats = parseStats(await haproxy.ask('show stat')) ?? [];
      const counted = stats.map(({ kind, proxy, name, mode, requestsTotal }) => [
        `${kind} ${proxy} ${name} ${mode}`,
        kind === 'server' ? null : requestsTotal,
      ]);
      return { answers, counted: Object.fromEntries(counted) };
    } finally {
      await haproxy.stop();
    }
  }

  for (const { name, asks, files = {} } of shapes) {
    test(`${name}.cfg`, { timeout: 60_000 }, async () => {
      const source = readFileSync(join(folder, `${name}.cfg`), 'utf8');
      const now = join(folder, `${name}.now.cfg`);
      const original = existsSync(now) ? readFileSync(now, 'utf8') : source;
      const { text, imported, problems } = documentOf(source, importHaproxy);
      expect(problems.filter(({ severity }) => severity !== 'warning')).toEqual([]);
      const beside: Files = perFolder(() => new Map<string, Uint8Array>());
      for (const { from, to } of imported.copies) {
        const [kind = '', file = ''] = to.split('/');
        const body = (files[from] ?? '').replace(/^HTTP\/.*?\r\n\r\n/s, '');
        (beside[kind as keyof Files] as Map<string, Uint8Array>).set(file, new TextEncoder().encode(body));
      }
      const absolute = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/')));
      const before = await observed({ ...absolute, '/run/weir/haproxy.cfg': { content: startable(original), mode: 0o600 } }, asks);
      const after = await observed(stagedDocument(text, beside), asks);
      expect(after.answers).toEqual(before.answers);
      // tables are no backends here, and weir's own sections come besides
      const tables = Object.keys(imported.document['stick-tables'] ?? {});
      const expected = Object.entries(before.counted).filter(([key]) => !tables.includes(key.split(' ')[1] ?? ''));
      expect(after.counted).toMatchObject(Object.fromEntries(expected));
    });
  }
});
