import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { clients, vips } from '../support/netns.ts';
import { app, seen, serversOf } from './app.ts';
import { curl } from './asking.ts';
import type { Proof, Stage } from './proof.ts';

/** A document with these binds of one frontend, and further lines of it. */
const binds = (bind: string, frontend = '', rest = '') => `
frontends:
  web:
    bind: [${bind}]
    default_backend: app
${frontend}
backends:
  app:
    check: false
${serversOf(1)}
${rest}`;

/** The listening sockets of HAProxy on a port, as ss(8) prints them. */
async function sockets({ networks }: Stage, port: number): Promise<readonly string[]> {
  const { stdout } = await networks.proxy.run(['ss', '-Hltn', `sport = :${port}`]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** How long it takes to ask so many times, each over a connection of its own, one after the other. */
async function msFor(count: number, { peer }: Stage): Promise<number> {
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    const { status } = await peer.ask({ address: vips.main, port: 80, path: '/' });
    if (status !== 200) throw new Error(`status ${status}`);
  }
  return performance.now() - began;
}

/** What HAProxy counts of its frontend by this field of `show stat`. */
async function stat({ haproxy }: Stage, field: string): Promise<string> {
  const [head = '', ...lines] = (await haproxy.ask('show stat')).split('\n');
  const column = head.replace('# ', '').split(',').indexOf(field);
  return lines.find((line) => line.startsWith('web,FRONTEND,'))?.split(',')[column] ?? '';
}

const slow = (what: string, keys: readonly string[], document: string, directive: RegExp): Proof => ({
  row: 'limits',
  what,
  keys,
  document,
  directive,
  prove: async (stage) => expect(await msFor(6, stage)).toBeGreaterThan(1000),
});

/** Listening sockets, and what they take in. */
export const listening: readonly Proof[] = [
  {
    row: 'listen-tuning',
    what: 'divides a bind into several sockets',
    keys: ['frontends.*.bind.*.shards'],
    document: binds('{ address: "*:80", shards: 2 }', '', 'global: { extra: [nbthread 2] }'),
    directive: / shards 2/,
    prove: async (stage) => expect(await sockets(stage, 80)).toHaveLength(2),
  },
  {
    row: 'listen-tuning',
    what: 'says how binds are divided that say nothing',
    keys: ['global."tune.listener.default-shards"'],
    document: binds('{ address: "*:80" }', '', 'global: { tune.listener.default-shards: by-thread, extra: [nbthread 2] }'),
    directive: /^ {4}tune.listener.default-shards .*\n/,
    prove: async (stage) => expect(await sockets(stage, 80)).toHaveLength(2),
  },
  {
    row: 'listen-tuning',
    what: 'keeps connections in the thread that took them up',
    keys: ['global."tune.listener.multi-queue"'],
    document: binds('{ address: "*:80" }', '', 'global: { tune.listener.multi-queue: "off", extra: [nbthread 2] }'),
    directive: /^ {4}tune.listener.multi-queue .*\n/,
    prove: async (stage) => {
      await msFor(20, stage);
      expect(await stage.haproxy.ask('show activity')).toMatch(/^accq_pushed: 0 /m);
    },
  },
  {
    row: 'listen-tuning',
    what: 'has as many connections wait in the kernel as the bind or its frontend says',
    keys: ['frontends.*.bind.*.backlog', 'frontends.*.backlog'],
    document: binds('{ address: "*:80", backlog: 77 }, { address: "*:81" }', '    backlog: 66'),
    directive: /^ {4}backlog 66\n| backlog 77/,
    prove: async (stage) => {
      expect((await sockets(stage, 80))[0]).toMatch(/^LISTEN\s+0\s+77\s/);
      expect((await sockets(stage, 81))[0]).toMatch(/^LISTEN\s+0\s+66\s/);
    },
  },
  {
    row: 'listen-tuning',
    what: 'listens on a range of ports, and by one link only',
    keys: ['frontends.*.bind.*.address', 'frontends.*.bind.*.interface', 'frontends.*.bind.*.name'],
    document: binds('{ address: "*:80", interface: front, name: own }, { address: "*:8000-8004" }'),
    directive: / interface front/,
    // the link of the document is the cable here
    prepare: async ({ networks }) => {
      await networks.proxy.run(['ip', 'link', 'property', 'add', 'dev', 'cable', 'altname', 'front']);
    },
    prove: async (stage) => {
      const text = (await sockets(stage, 80)).join('\n');
      expect(await sockets(stage, 8004)).toHaveLength(1);
      expect(text).toMatch(/%(?:cable|front):80/);
    },
  },
  {
    row: 'tcp-speedups',
    what: 'takes up connections with their first bytes',
    keys: ['frontends.*.bind.*.defer-accept'],
    document: binds('{ address: "*:80", defer-accept: true }'),
    directive: / defer-accept/,
    prove: async (stage) => {
      const silent = stage.peer.converse({ address: vips.main, port: 80, send: '', forMs: 600 });
      await sleep(300);
      expect(await stat(stage, 'scur')).toBe('0');
      await silent;
    },
  },
  {
    row: 'tcp-speedups',
    what: 'takes data with the first packet of clients that come again',
    keys: ['frontends.*.bind.*.tfo'],
    document: binds('{ address: "*:80", tfo: true }'),
    directive: / tfo/,
    prepare: async ({ networks }) => {
      await networks.proxy.run(['sysctl', '-qw', 'net.ipv4.tcp_fastopen=3']);
    },
    prove: async (stage) => {
      const passive = async () => {
        const { stdout } = await stage.networks.proxy.run(['cat', '/proc/net/netstat']);
        const [names = '', values = ''] = stdout.split('\n').filter((line) => line.startsWith('TcpExt:'));
        return Number(values.split(' ')[names.split(' ').indexOf('TCPFastOpenPassive')]);
      };
      const before = await passive();
      for (let count = 0; count < 3; count++) await curl(stage, '--tcp-fastopen', `http://${vips.main}/`);
      expect(await passive()).toBeGreaterThan(before);
    },
  },
  {
    row: 'tcp-speedups',
    what: 'resets connections to servers at their end, so that no port stays in use',
    keys: ['backends.*.option.nolinger'],
    document: `
frontends:
  web:
    mode: tcp
    bind: [{ address: "*:80" }]
    default_backend: app
backends:
  app:
    check: false
    option: { nolinger: true }
${serversOf(1)}`,
    directive: /^ {4}option nolinger\n/,
    prove: async ({ peer, networks }) => {
      const waiting = async () => (await networks.proxy.run(['ss', '-Htan', 'state', 'time-wait', 'dport = :8080'])).stdout.split('\n');
      const before = await waiting();
      await peer.converse({ address: vips.main, port: 80, send: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', forMs: 200 });
      await sleep(100);
      expect((await waiting()).filter((line) => !before.includes(line))).toEqual([]);
    },
  },
  {
    row: 'buffers',
    what: 'takes requests with a large head',
    keys: ['global."tune.bufsize"'],
    document: app(serversOf(1), 'global: { tune.bufsize: 65536 }'),
    directive: /^ {4}tune.bufsize .*\n/,
    prove: async ({ peer }) => {
      const headers = { 'x-a': 'a'.repeat(6000), 'x-b': 'b'.repeat(6000), 'x-c': 'c'.repeat(6000) };
      expect(
        (await peer.ask({ address: vips.main, port: 80, path: '/', headers: { 'x-large': 'x'.repeat(15_000), ...headers } })).status,
      ).not.toBe(400);
    },
  },
  {
    row: 'buffers',
    what: 'keeps no more free buffers for each thread than it may',
    keys: ['global."tune.memory.hot-size"'],
    document: app(serversOf(1), 'global: { tune.memory.hot-size: 65536 }'),
    directive: /^ {4}tune.memory.hot-size .*\n/,
    prove: async ({ peer, haproxy }) => {
      const unfinished = `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(4000)}`;
      const all = Array.from({ length: 60 }, () => peer.converse({ address: vips.main, port: 80, send: unfinished, forMs: 300 }));
      await Promise.all(all);
      await sleep(300);
      const [, size, cached] =
        /^ {2}- Pool buffer \((\d+) bytes\).*?\(~(\d+) by thread caches\)/m.exec(await haproxy.ask('show pools')) ?? [];
      expect(Number(size) * Number(cached)).toBeLessThan(300_000);
    },
  },
  {
    row: 'buffers',
    what: 'keeps room in buffers for what rules add',
    keys: ['global."tune.maxrewrite"'],
    document: app(serversOf(1), 'global: { tune.maxrewrite: 8000 }'),
    directive: /^ {4}tune.maxrewrite .*\n/,
    prove: async ({ peer }) => {
      expect((await peer.ask({ address: vips.main, port: 80, path: '/', headers: { 'x-large': 'x'.repeat(10_000) } })).status).toBe(400);
    },
  },
  {
    row: 'buffers',
    what: 'has rules wait for the body of a request',
    keys: ['frontends.*.option.http-buffer-request'],
    document: app(serversOf(1), '', '    option: { http-buffer-request: true }\n    http-request: [{ deny: 403, if: { req.body: evil } }]'),
    directive: /^ {4}option http-buffer-request\n/,
    prove: async ({ networks }) => {
      const talk = `exec 3<>/dev/tcp/${vips.main}/80; printf 'POST / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\nContent-Length: 4\\r\\n\\r\\n' >&3; sleep 0.3; printf evil >&3; timeout 3 cat <&3`;
      expect((await networks.outside.run(['bash', '-c', talk])).stdout).toMatch(/^HTTP\/1.1 403/);
    },
  },
  slow(
    'takes so many new sessions a second',
    ['frontends.*.rate-limit sessions'],
    binds('{ address: "*:80" }', '    rate-limit sessions: 3'),
    /^ {4}rate-limit sessions .*\n/,
  ),
  slow(
    'takes so many new connections a second in all',
    ['global.maxconnrate'],
    binds('{ address: "*:80" }', '', 'global: { maxconnrate: 3 }'),
    /^ {4}maxconnrate .*\n/,
  ),
  slow(
    'takes so many new sessions a second in all',
    ['global.maxsessrate'],
    binds('{ address: "*:80" }', '', 'global: { maxsessrate: 3 }'),
    /^ {4}maxsessrate .*\n/,
  ),
  {
    row: 'limits',
    what: 'serves so many connections at a time, of a bind or a frontend',
    keys: ['frontends.*.maxconn', 'frontends.*.bind.*.maxconn'],
    document: binds('{ address: "*:80" }, { address: "*:81", maxconn: 1 }', '    maxconn: 2'),
    directive: /^ {4}maxconn 2\n| maxconn 1/,
    prove: async ({ peer }) => {
      const together = async (port: number) =>
        (await Promise.all([1, 2, 3].map(() => peer.ask({ address: vips.main, port, path: '/slow/300' }))))
          .map(({ ms }) => ms)
          .toSorted((a, b) => a - b);
      expect((await together(80))[2]).toBeGreaterThan(550);
      expect((await together(81))[1]).toBeGreaterThan(550);
    },
  },
  {
    row: 'limits',
    what: 'serves so many connections at a time in all',
    keys: ['global.maxconn'],
    document: binds('{ address: "*:80" }', '', 'global: { maxconn: 1 }'),
    directive: /^ {4}maxconn 1\n/,
    prove: async ({ peer }) => {
      const times = await Promise.all([1, 2].map(() => peer.ask({ address: vips.main, port: 80, path: '/slow/300' })));
      expect(Math.max(...times.map(({ ms }) => ms))).toBeGreaterThan(550);
    },
  },
  {
    row: 'ipv6',
    what: 'listens on IPv6, and on IPv4 by the same bind, and reaches servers by IPv6',
    keys: ['frontends.*.bind.*.address', 'backends.*.servers.*'],
    document: `
frontends:
  web:
    bind: [{ address: "[::]:80" }]
    default_backend: app
backends: { app: { check: false, servers: { six: "[${clients.six}]:8086" } } }`,
    directive: /^ {4}server six \S+ (?:.*\n)?/,
    prepare: async ({ peer }) => {
      await peer.up({ name: 'six', address: clients.six, port: 8086, kind: 'http' });
    },
    prove: async ({ peer }) => {
      for (const address of [vips.six, vips.main]) {
        const { body } = await peer.ask({ address, port: 80, path: '/' });
        expect(seen(body).server).toBe('six');
      }
    },
  },
];
