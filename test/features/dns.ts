import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import { app, numbered, serverOf, serversFor } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const dns = servers.api;
const resolvers = `resolvers:
  inside:
    nameservers: { dns1: "${dns}:53" }
    hold: { valid: 100ms, obsolete: 100ms }
    timeout: { resolve: 100ms, retry: 100ms }`;

let isAsked = false;
/** Starts the name server once, and tells it names. */
const knowing =
  (names: Readonly<Record<string, string>>): NonNullable<Proof['prepare']> =>
  async ({ peer }) => {
    if (!isAsked) await peer.nameServer(dns);
    isAsked = true;
    for (const [name, address] of Object.entries(names)) await peer.name(name, address);
  };

const answersFrom = async (stage: Stage, server: string) => {
  for (const limit = performance.now() + 3000; performance.now() < limit; ) {
    const { status, body } = await stage.peer.ask({ address: vips.main, port: 80, path: '/' });
    if (status === 200 && body.includes(`"server":"${server}"`)) return;
  }
  throw new Error(`no answer from ${server}`);
};

/** Names of servers. */
export const dnsProofs: readonly Proof[] = [
  {
    row: 'dns',
    what: 'follows the name of a server to another address',
    keys: ['resolvers.*.nameservers.*', 'resolvers.*.hold.valid', 'resolvers.*.timeout.resolve', 'backends.*.default-server.resolvers'],
    document: app(
      `    default-server: { resolvers: inside, init-addr: [none] }
    servers: { moving: "moving.example:8080" }`,
      resolvers,
    ),
    directive: / resolvers inside(?= |$)/,
    prepare: knowing({ 'moving.example': servers.app1 }),
    prove: async (stage) => {
      await answersFrom(stage, 'app1');
      await stage.peer.name('moving.example', servers.app2);
      try {
        await answersFrom(stage, 'app2');
      } finally {
        await stage.peer.name('moving.example', servers.app1);
      }
    },
  },
  {
    row: 'dns',
    what: 'has as many servers as a name has addresses',
    keys: ['backends.*.server-template.*.address', 'backends.*.server-template.*.count'],
    document: app(
      `    server-template: { web: { address: "web.example:8080", count: 4, resolvers: inside, init-addr: [none] } }`,
      resolvers,
    ),
    directive: /(?<=server-template web 1)-4/,
    prepare: knowing({ 'web.example': `${servers.app1},${servers.app2},${servers.app3}` }),
    prove: async (stage) => {
      for (const name of ['app1', 'app2', 'app3']) await answersFrom(stage, name);
      expect(
        new Set(
          await serversFor(
            stage,
            numbered(6, () => '/'),
          ),
        ).size,
      ).toBe(3);
    },
  },
  {
    row: 'dns',
    what: 'finds servers and their ports by the records of a service',
    keys: ['backends.*.server-template.*.address', 'backends.*.server-template.*.resolve-opts'],
    document: app(
      `    server-template: { web: { address: _http._tcp.example, count: 3, resolvers: inside, resolve-opts: [ignore-weight] } }`,
      resolvers,
    ),
    directive: /^ {4}nameserver dns1 .*\n/,
    prepare: knowing({
      '_http._tcp.example': 'one.example:8080,two.example:8080',
      'one.example': servers.app1,
      'two.example': servers.app2,
    }),
    prove: async (stage) => {
      for (const name of ['app1', 'app2']) await answersFrom(stage, name);
    },
  },
  {
    row: 'dns',
    what: 'prefers the network of a name’s addresses that it is told',
    keys: ['backends.*.servers.*.resolve-net'],
    document: app(
      `    servers: { app: { address: "both.example:8080", resolvers: inside, init-addr: [none], resolve-prefer: ipv4, resolve-net: [${servers.app3}/32] } }`,
      resolvers,
    ),
    directive: / resolve-net \S+/,
    prepare: knowing({ 'both.example': `${servers.app1},${servers.app3}` }),
    prove: async (stage) => {
      await answersFrom(stage, 'app3');
      expect(
        await serversFor(
          stage,
          numbered(3, () => '/'),
        ),
      ).toEqual(['app3', 'app3', 'app3']);
    },
  },
  {
    row: 'dns',
    what: 'starts with an address that is written down while a name is not known',
    keys: ['backends.*.servers.*.init-addr'],
    document: app(`    servers: { app: { address: "unknown.example:8080", resolvers: inside, init-addr: [none] } }`, resolvers).replace(
      'init-addr: [none]',
      `init-addr: [libc, ${servers.app2}]`,
    ),
    directive: / init-addr \S+/,
    prove: async (stage) => expect(await serverOf(stage, '/')).toBe('app2'),
  },
];
