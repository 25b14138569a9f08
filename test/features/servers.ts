import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import { app, seen, serverOf, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const ask = ({ peer }: Stage, path: string, more: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, ...more });

/** Requests on one connection of a client, one after the other; what the server got to see of each. */
async function onOneConnection({ peer }: Stage, paths: readonly string[], forMs = 400): Promise<ReturnType<typeof seen>[]> {
  const requests = paths.map(
    (path, index) => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${index === paths.length - 1 ? 'Connection: close\r\n' : ''}\r\n`,
  );
  const { received } = await peer.converse({ address: vips.main, port: 80, send: requests.join(''), forMs });
  return [...received.matchAll(/\{"server".*?\}\}/g)].map(([body]) => seen(body));
}

const addressOf = async (stage: Stage, path = '/') => seen((await ask(stage, path)).body).from;
const distinct = (all: readonly string[]) => new Set(all).size;

/** An app whose first server gets every first try, and whose second gets the next. */
const trying = (backend: string) => app(`    balance: first\n    option: { redispatch: 1 }\n${backend}\n${serversOf(2)}`);

function retried(what: string, word: string, path: string, more = ''): Proof {
  return {
    row: 'retry-on',
    what,
    keys: ['backends.*.retry-on.*', 'backends.*.retries'],
    document: trying(`    retries: 1\n    retry-on: [${word}]\n${more}`),
    directive: /^ {4}retry-on .*\n/,
    prove: async (stage) => expect(await serverOf(stage, `/only/app1${path}`)).toBe('app2'),
  };
}

/** Connections to servers: how long they are kept, what is tried again, where they come from, what happens when one fails. */
export const serverProofs: readonly Proof[] = [
  retried('tries again where a server hangs up without an answer', 'empty-response', '/empty'),
  retried('tries again where a server is too slow', 'response-timeout', '/slow/2000', '    timeout: { server: 200ms }'),
  retried('tries again where a server answers with an error', '503', '/status/503'),
  retried('tries again whatever can be', 'all-retryable-errors', '/status/500'),
  {
    row: 'retry-on',
    what: 'never sends a request twice that may change something',
    keys: ['backends.*.retry-on'],
    document: trying('    retry-on: [empty-response]'),
    directive: /^ {4}http-request disable-l7-retry .*\n/,
    prove: async (stage) => expect((await ask(stage, '/only/app1/empty', { method: 'POST', body: 'a=b' })).status).toBe(502),
  },
  {
    row: 'retry-on',
    what: 'tries again where an answer is none',
    keys: ['backends.*.retry-on.*'],
    document: app(`    balance: first
    option: { redispatch: 1 }
    retry-on: [junk-response]
    servers: { junk: "${servers.app3}:7200", app2: "${servers.app2}:8080" }`),
    directive: /^ {4}retry-on .*\n/,
    prepare: ({ peer }) =>
      peer.up({
        name: 'junk',
        address: servers.app3,
        port: 7200,
        kind: 'canned',
        canned: { answers: [{ to: '', say: '\0\x01 junk\r\n\r\n' }] },
      }),
    prove: async (stage) => expect(await serverOf(stage, '/')).toBe('app2'),
  },
  {
    row: 'tunnel',
    what: 'passes WebSockets on, and ends those that have gone silent',
    keys: ['backends.*.timeout.tunnel'],
    document: app(`    timeout: { tunnel: 300ms }\n${serversOf(1)}`),
    directive: /^ {4}timeout tunnel 300ms\n/,
    prove: async ({ peer }) => {
      const head = 'GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
      const send = `${head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nhello`;
      const { received, isClosed, ms } = await peer.converse({ address: vips.main, port: 80, send, forMs: 1500 });
      expect(received).toMatch(/^HTTP\/1\.1 101 [\s\S]*hello$/);
      expect(isClosed).toBe(true);
      expect(ms).toBeGreaterThan(250);
    },
  },
  {
    row: 'reuse',
    what: 'sends requests of other clients over a connection that there is',
    keys: ['backends.*.http-reuse'],
    document: app(`    http-reuse: always\n    default-server: { pool-low-conn: 0 }\n${serversOf(1)}`),
    directive: /^ {4}http-reuse always\n/,
    prove: async (stage) => expect(distinct([await addressOf(stage), await addressOf(stage), await addressOf(stage)])).toBe(1),
  },
  {
    row: 'reuse',
    what: 'gives the first request of a client a connection that has proved itself',
    keys: ['backends.*.http-reuse'],
    document: app(`    http-reuse: aggressive\n${serversOf(1)}`),
    directive: /^ {4}http-reuse aggressive\n/,
    prove: async (stage) => {
      const [first, second] = await onOneConnection(stage, ['/', '/']);
      expect(second?.from).toBe(first?.from);
      await onOneConnection(stage, ['/', '/']);
      const froms = [await addressOf(stage), await addressOf(stage)];
      expect(distinct(froms)).toBe(1);
    },
  },
  {
    row: 'reuse',
    what: 'binds a client to its own connection, as NTLM needs',
    keys: ['backends.*.http-reuse', 'backends.*.option.prefer-last-server'],
    document: app(`    http-reuse: never\n    option: { prefer-last-server: true }\n${serversOf()}`),
    directive: /^ {4}option prefer-last-server\n/,
    prove: async (stage) => {
      const all = await onOneConnection(stage, ['/1', '/2', '/3']);
      expect(all).toHaveLength(3);
      expect(distinct(all.map(({ from }) => from))).toBe(1);
    },
  },
  {
    row: 'reuse',
    what: 'keeps no idle connection',
    keys: ['backends.*.default-server.pool-max-conn'],
    document: app(`    http-reuse: always\n    default-server: { pool-max-conn: 0 }\n${serversOf(1)}`),
    directive: / pool-max-conn 0/,
    prove: async (stage) => expect(distinct([await addressOf(stage), await addressOf(stage), await addressOf(stage)])).toBe(3),
  },
  {
    row: 'reuse',
    what: 'closes idle connections that nobody needs',
    keys: ['backends.*.default-server.pool-purge-delay'],
    document: app(`    http-reuse: always\n    default-server: { pool-purge-delay: 50ms }\n${serversOf(1)}`),
    directive: / pool-purge-delay 50ms/,
    prove: async (stage) => {
      const first = await addressOf(stage);
      await sleep(600);
      expect(await addressOf(stage)).not.toBe(first);
    },
  },
  {
    row: 'source-addresses',
    what: 'connects from an address and a port of a range',
    keys: ['backends.*.source.address', 'backends.*.source.port'],
    document: app(`    source: { address: ${vips.other}, port: 20000-20010 }\n${serversOf(1)}`),
    directive: / source \S+/,
    prove: async (stage) => expect(await addressOf(stage)).toMatch(/^203\.0\.113\.11:200(?:0\d|10)$/),
  },
  {
    row: 'source-addresses',
    what: 'gives each server the next address of a pool',
    keys: ['backends.*.source.*'],
    document: app(`    source: [10.20.0.2, ${vips.other}]\n${serversOf(2)}`),
    directive: / source \S+/,
    prove: async (stage) => {
      const all = [seen((await ask(stage, '/')).body), seen((await ask(stage, '/')).body)];
      const from = new Map(all.map(({ server, from: each }) => [server, each.split(':')[0]]));
      expect(from.get('app1')).toBe('10.20.0.2');
      expect(from.get('app2')).toBe(vips.other);
    },
  },
  {
    row: 'source-addresses',
    what: 'connects by a link',
    keys: ['backends.*.servers.*.source.interface'],
    document: app(`    servers: { app1: { address: "${servers.app1}:8080", source: { interface: front } } }`),
    directive: / source 0\.0\.0\.0 interface front/,
    // the other link is a dead end: what leaves by it arrives nowhere
    prepare: async ({ networks }) => {
      for (const words of [
        'link add dead type veth peer name end',
        'link set dead up',
        'link set end up',
        `route replace ${servers.app1}/32 dev dead`,
        'link property add dev cable altname front',
      ])
        await networks.proxy.run(['ip', ...words.split(' ')]);
    },
    prove: async (stage) => {
      expect(await addressOf(stage)).toMatch(/^10\.20\.0\.2:/);
    },
  },
];
