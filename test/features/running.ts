import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { halogArguments, parseCounts, parseServers, parseSummary, parseUrls } from '../../proxy/haproxy/logs.ts';
import { askSocket } from '../support/haproxy.ts';
import { servers, vips } from '../support/netns.ts';
import { imageRoot } from '../support/root.ts';
import { app, numbered, serversFor, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const two = app(serversOf(2));
const collector = servers.sorry;

/** A request whose body never comes. */
const unfinished = 'POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 10\r\n\r\n';

/** The servers that take eight requests, one after the other. */
const eight = (stage: Stage): Promise<readonly string[]> =>
  serversFor(
    stage,
    numbered(8, (number) => `/${number}`),
  );

/** Which servers take eight requests. */
const taken = async (stage: Stage): Promise<readonly string[]> => [...new Set(await eight(stage))].toSorted();

/** Says something to the worker that serves, which has no words for what it does but those that are expected. */
const say = async ({ haproxy }: Stage, command: string, answer: string | RegExp = /^$/) =>
  expect((await haproxy.ask(command)).trim()).toMatch(answer);

const again = async ({ haproxy }: Stage) => expect(await haproxy.again()).toMatchObject({ isDone: true });

/** What is said to a worker while it serves, and what the next one knows of that. */
export const running: readonly Proof[] = [
  {
    row: 'server-states',
    what: 'drains a server, takes it out and weighs it from the command line',
    keys: ['backends.*.servers.*'],
    document: two,
    directive: / level admin/,
    prove: async (stage) => {
      expect(await taken(stage)).toEqual(['app1', 'app2']);
      await say(stage, 'set server app/app1 state drain');
      expect(await taken(stage)).toEqual(['app2']);
      await say(stage, 'enable server app/app1');
      await say(stage, 'disable server app/app2');
      expect(await taken(stage)).toEqual(['app1']);
      await say(stage, 'set server app/app2 state ready');
      await say(stage, 'set weight app/app1 3');
      expect((await eight(stage)).filter((server) => server === 'app1')).toHaveLength(6);
    },
  },
  {
    row: 'server-states',
    what: 'keeps a server drained in the next worker',
    keys: ['backends.*.servers.*'],
    document: two,
    directive: /^ {4}load-server-state-from-file global\n/,
    prove: async (stage) => {
      await say(stage, 'set server app/app1 state drain');
      await again(stage);
      expect(await taken(stage)).toEqual(['app2']);
    },
  },
  {
    row: 'server-reconfiguration',
    what: 'moves a server to another address and port from the next request on',
    keys: ['backends.*.servers.*.address'],
    document: two,
    directive: / level admin/,
    prove: async (stage) => {
      await say(stage, `set server app/app1 addr ${servers.app3} port 8080`, /IP changed from/);
      expect(await taken(stage)).toEqual(['app2', 'app3']);
    },
  },
  {
    row: 'server-reconfiguration',
    what: 'takes a server that is added while it runs, and lets it go',
    keys: ['backends.*.servers'],
    document: two,
    directive: / level admin/,
    prove: async (stage) => {
      await say(stage, `add server app/late ${servers.app3}:8080`, /New server registered/);
      await say(stage, 'enable server app/late');
      expect(await taken(stage)).toEqual(['app1', 'app2', 'app3']);
      await say(stage, 'disable server app/late');
      expect(await taken(stage)).toEqual(['app1', 'app2']);
      await say(stage, 'del server app/late', /Server deleted/);
    },
  },
  {
    row: 'server-reconfiguration',
    what: 'keeps the weight of a server in the next worker',
    keys: ['backends.*.servers.*.weight'],
    document: app(
      `    servers: { app1: { address: "${servers.app1}:8080", weight: 1 }, app2: { address: "${servers.app2}:8080", weight: 1 } }`,
    ),
    directive: /^ {4}server-state-file .*\n/,
    prove: async (stage) => {
      await say(stage, 'set server app/app1 weight 3');
      await again(stage);
      expect((await eight(stage)).filter((server) => server === 'app1')).toHaveLength(6);
    },
  },
  {
    row: 'reload',
    what: 'ends kept connections of clients little by little, not all at once',
    keys: ['frontends.*'],
    document: two,
    directive: /^ {4}close-spread-time .*\n/,
    prove: async (stage) => {
      const send = 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n';
      const kept = numbered(10, () => stage.peer.converse({ address: vips.main, port: 80, send, forMs: 2000 }));
      await sleep(300);
      await again(stage);
      const replies = await Promise.all(kept);
      expect(replies.filter(({ received }) => !received.startsWith('HTTP/1.1 200'))).toEqual([]);
      expect(replies.filter(({ isClosed }) => isClosed).length).toBeLessThan(5);
    },
  },
  {
    row: 'reload',
    what: 'ends an old worker at last, whatever connections it has',
    keys: ['frontends.*', 'backends.*.timeout.tunnel'],
    document: two,
    directive: /^ {4}hard-stop-after .*\n/,
    prove: async (stage) => {
      // five minutes at least, as it is rendered: one second here
      const config = join(stage.haproxy.folder, 'haproxy.cfg');
      await writeFile(config, (await readFile(config, 'utf8')).replace(/(hard-stop-after) .*/, '$1 1s'));
      await again(stage);
      const held = stage.peer.converse({ address: vips.main, port: 80, send: unfinished, forMs: 4000 });
      await sleep(300);
      await again(stage);
      expect(await held).toMatchObject({ isClosed: true });
    },
  },
  {
    row: 'reload',
    what: 'ends an old worker after many reloads',
    keys: ['frontends.*'],
    document: two,
    directive: /^ {4}mworker-max-reloads .*\n/,
    prove: async ({ peer, haproxy }) => {
      const held = peer.converse({ address: vips.main, port: 80, send: unfinished, forMs: 15_000 });
      await sleep(300);
      for (let turn = 0; turn < 52; turn++) await askSocket(join(haproxy.folder, 'haproxy-master.sock'), 'reload\n');
      expect((await haproxy.processes())?.old).toEqual([]);
      expect(await held).toMatchObject({ isClosed: true });
    },
  },
  {
    row: 'log-analysis',
    what: 'logs requests so that halog counts them by status, server and end',
    keys: ['frontends.*.log'],
    document: app(
      serversOf(1),
      '',
      `    log: [{ address: "${collector}:514", format: raw }]\n    http-request: [{ deny: 403, if: { path: /admin } }]`,
    ),
    directive: /^ {4}option httplog\n/,
    prepare: ({ peer }) => peer.collector({ name: 'collector', address: collector, port: 514, kind: 'udp' }),
    prove: async ({ peer }) => {
      for (const path of ['/a', '/b', '/admin']) await peer.ask({ address: vips.main, port: 80, path });
      const lines = await peer.logged('collector', 3);
      const log = lines.map((line) => `Nov 23 10:00:00 lb1 haproxy[1]: ${line}\n`).join('');
      const halog = async (output: string) => {
        const words = halogArguments({ headerWords: 5, span: { since: null, until: null } }, [output]);
        const { stdout, stderr } = await execa('chroot', [imageRoot, 'halog', ...words], { input: log });
        expect(parseSummary(stderr)).toEqual({ lines: 3, unknown: 0 });
        return stdout;
      };
      expect(parseCounts(await halog('-st'))).toEqual([
        { code: '200', count: 2 },
        { code: '403', count: 1 },
      ]);
      expect(parseCounts(await halog('-tc'))).toEqual([
        { code: '--', count: 2 },
        { code: 'PR', count: 1 },
      ]);
      expect(parseServers(await halog('-srv')).find(({ server }) => server === 'app/app1')).toMatchObject({ requests: 2 });
      expect(parseUrls(await halog('-u')).map(({ name }) => name)).toEqual(expect.arrayContaining(['/a', '/b', '/admin']));
    },
  },
];
