import { expect } from 'vitest';
import { vips } from '../support/netns.ts';
import { app, serversOf } from './app.ts';
import { curl } from './asking.ts';
import type { Proof, Stage } from './proof.ts';

const document = (frontend: string, backend = '', rest = '') => app(`${backend}\n${serversOf(1)}`, rest, frontend);

const url = `http://${vips.main}/`;

/** How many connections a client opened for two requests. */
async function opened(stage: Stage): Promise<number> {
  const { text } = await curl(stage, '--write-out', '\nopened %{num_connects}\n', url, url);
  return [...text.matchAll(/^opened (\d)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** How long a connection stays on which this is said. */
async function msUntilClosed({ peer }: Stage, send: string): Promise<number> {
  const { isClosed, ms } = await peer.converse({ address: vips.main, port: 80, send, forMs: 2000 });
  return isClosed ? ms : Number.POSITIVE_INFINITY;
}

const whole = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** The connections that server app1 has got in all, seen by two requests of one client. */
async function serverConnections(stage: Stage): Promise<number> {
  const { text } = await curl(stage, url, url);
  return new Set([...text.matchAll(/"from":"([^"]+)"/g)].map(([, from]) => from)).size;
}

/** Connections that are kept, on both sides, and those that are not. */
export const keeping: readonly Proof[] = [
  {
    row: 'keep-alive',
    what: 'closes connections after each answer',
    keys: ['frontends.*.option.httpclose'],
    document: document('    option: { httpclose: true }'),
    directive: /^ {4}option httpclose\n/,
    prove: async (stage) => expect(await opened(stage)).toBe(2),
  },
  {
    row: 'keep-alive',
    what: 'keeps connections where the defaults say otherwise',
    keys: ['frontends.*.option.http-keep-alive', 'defaults.option.httpclose'],
    document: document(
      '    option: { http-keep-alive: true }',
      '    option: { http-server-close: true }',
      'defaults: { option: { httpclose: true } }',
    ),
    directive: /^ {4}option http-(?:keep-alive|server-close)\n/,
    prove: async (stage) => expect(await opened(stage)).toBe(1),
  },
  {
    row: 'keep-alive',
    what: "closes servers' connections after each answer, and keeps those of clients",
    keys: ['frontends.*.option.http-server-close'],
    document: document('    option: { http-server-close: true }'),
    directive: /^ {4}option http-server-close\n/,
    prove: async (stage) => {
      expect(await opened(stage)).toBe(1);
      expect(await serverConnections(stage)).toBe(2);
    },
  },
  {
    row: 'keep-alive',
    what: 'binds a client to a connection of one server, as NTLM needs it',
    keys: ['backends.*.option.prefer-last-server', 'backends.*.http-reuse'],
    document: document('', '    option: { prefer-last-server: true }\n    http-reuse: never').replace(serversOf(1), serversOf(3)),
    directive: /^ {4}option prefer-last-server\n/,
    prove: async (stage) => {
      const { text } = await curl(stage, url, url, url);
      expect(new Set([...text.matchAll(/"server":"(app\d)"/g)].map(([, server]) => server)).size).toBe(1);
      expect(new Set([...text.matchAll(/"from":"([^"]+)"/g)].map(([, from]) => from)).size).toBe(1);
    },
  },
  {
    row: 'client-keep-alive',
    what: 'waits for a next request no longer than the frontend says',
    keys: ['frontends.*.timeout.http-keep-alive'],
    document: document('    timeout: { http-keep-alive: 300ms }'),
    directive: /(?<=^frontend web[\s\S]*)^ {4}timeout http-keep-alive 300ms\n/,
    prove: async (stage) => expect(await msUntilClosed(stage, whole)).toBeLessThan(1500),
  },
  {
    row: 'client-keep-alive',
    what: 'waits for the whole head of a request no longer than the frontend says, and answers 408',
    keys: ['frontends.*.timeout.http-request'],
    document: document('    timeout: { http-request: 300ms }'),
    directive: /^ {4}timeout http-request 300ms\n/,
    prove: async ({ peer }) => {
      const { received } = await peer.converse({ address: vips.main, port: 80, send: 'GET / HTTP/1.1\r\n', forMs: 1500 });
      expect(received).toMatch(/^HTTP\/1\.1 408/);
    },
  },
  {
    row: 'client-keep-alive',
    what: 'waits for clients no longer than the defaults say',
    keys: ['defaults.timeout.http-keep-alive'],
    document: document('', '', 'defaults: { timeout: { http-keep-alive: 300ms } }'),
    directive: /^ {4}timeout http-keep-alive 300ms\n/,
    prove: async (stage) => expect(await msUntilClosed(stage, whole)).toBeLessThan(1500),
  },
  {
    row: 'isolation',
    what: 'runs its worker as a user of its own in a chroot with nothing in it but sockets',
    keys: ['frontends.*.bind'],
    document: document(''),
    directive: /^ {4}(?:chroot|user|group) .*\n/,
    prove: async ({ networks }) => {
      const { stdout } = await networks.proxy.run(['ss', '-Hltnp', 'sport = :80']);
      const pid = /pid=(\d+)/.exec(stdout)?.[1] ?? '0';
      const { stdout: status } = await networks.proxy.run(['cat', `/proc/${pid}/status`]);
      expect(status).toMatch(/^Name:\s+haproxy$/m);
      expect(status).not.toMatch(/^Uid:\s+0\s/m);
      const { stdout: folders } = await networks.proxy.run(['ls', `/proc/${pid}/root/`]);
      expect(folders.split('\n').filter((name) => name !== '')).toEqual(['dev', 'run']);
    },
  },
];
