import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import { app, numbered, serverOf, serversFor, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';
import { becomes, isDown, isUp } from './states.ts';

const ask = ({ peer }: Stage, path: string, headers: Readonly<Record<string, string>> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, headers });
const distinct = (all: readonly string[]) => new Set(all).size;
const checked = (backend: string) =>
  app(backend).replace('    check: false\n', '    check: { GET: /healthz, inter: 50ms, fall: 1, rise: 1 }\n');

/** A long session of TCP, and what became of it when the states of servers change. */
const sessions = (backend: string) => `
frontends: { line: { mode: tcp, bind: [{ address: "*:80" }], default_backend: app } }
backends:
  app:
    mode: tcp
    check: { GET: /healthz, inter: 50ms, fall: 1, rise: 1, port: 8080 }
${backend}`;
const lines: Proof['prepare'] = async ({ peer }) => {
  for (const name of ['app1', 'app2'] as const) await peer.up({ name: `line-${name}`, address: servers[name], port: 7300, kind: 'tcp' });
};
const session = ({ peer }: Stage) => peer.converse({ address: vips.main, port: 80, send: 'hello', forMs: 1500 });

/** What happens when servers fail, are full, or are still on their way. */
export const failure: readonly Proof[] = [
  {
    row: 'server-failure',
    what: 'asks a backup server when all others are down',
    keys: ['backends.*.servers.*.backup'],
    document: checked(`    servers: { app1: "${servers.app1}:8080", app2: { address: "${servers.app2}:8080", backup: true } }`),
    directive: / backup(?= |$)/,
    prove: async (stage) => {
      expect(distinct(await serversFor(stage, ['/', '/', '/']))).toBe(1);
      await stage.haproxy.ask('set server app/app1 state maint');
      expect(await serverOf(stage, '/')).toBe('app2');
    },
  },
  {
    row: 'server-failure',
    what: 'asks all backup servers in turn',
    keys: ['backends.*.option.allbackups'],
    document: app(`    option: { allbackups: true }
    servers:
      app1: { address: "${servers.app1}:8080", disabled: true }
      app2: { address: "${servers.app2}:8080", backup: true }
      app3: { address: "${servers.app3}:8080", backup: true }`),
    directive: /^ {4}option allbackups\n/,
    prove: async (stage) => expect(distinct(await serversFor(stage, ['/', '/', '/', '/']))).toBe(2),
  },
  {
    row: 'server-failure',
    what: 'keeps a server in maintenance from the start',
    keys: ['backends.*.servers.*.disabled'],
    document: app(`    servers: { app1: "${servers.app1}:8080", app2: { address: "${servers.app2}:8080", disabled: true } }`),
    directive: / disabled/,
    prove: async (stage) => expect(await serversFor(stage, ['/', '/', '/'])).toEqual(['app1', 'app1', 'app1']),
  },
  {
    row: 'server-failure',
    what: 'goes to another server at the first retry',
    keys: ['backends.*.option.redispatch', 'backends.*.retries'],
    document: app(`    cookie: { SRV: [insert, indirect] }
    retries: 3
    option: { redispatch: 1 }
    servers: { closed: "${servers.app1}:9", app2: "${servers.app2}:8080" }`),
    directive: /^ {4}option redispatch 1\n/,
    prove: async (stage) => {
      const { status, ms } = await ask(stage, '/', { cookie: 'SRV=closed' });
      expect(status).toBe(200);
      // a retry at the same server waits a second first (configuration manual, 4.2 "retries")
      expect(ms).toBeLessThan(800);
    },
  },
  {
    row: 'server-failure',
    what: 'gives a server that comes back little at first',
    keys: ['backends.*.default-server.slowstart'],
    document: checked(`    default-server: { slowstart: 60s, weight: 100 }\n${serversOf(2)}`),
    directive: / slowstart 60s/,
    prove: async (stage) => {
      try {
        await stage.peer.sick('app1');
        await becomes(stage, 'app1', isDown);
      } finally {
        await stage.peer.well('app1');
      }
      await becomes(stage, 'app1', isUp);
      const found = await serversFor(
        stage,
        numbered(20, () => '/'),
      );
      expect(found.filter((server) => server === 'app1').length).toBeLessThan(6);
    },
  },
  {
    row: 'server-failure',
    what: 'cuts connections to a server that goes down',
    keys: ['backends.*.default-server.on-marked-down'],
    document: sessions(`    default-server: { on-marked-down: shutdown-sessions }
    servers: { app1: "${servers.app1}:7300", app2: { address: "${servers.app2}:7300", backup: true } }`),
    directive: / on-marked-down shutdown-sessions/,
    prepare: lines,
    prove: async (stage) => {
      const talking = session(stage);
      await sleep(150);
      try {
        await stage.peer.sick('app1');
        await becomes(stage, 'app1', isDown);
      } finally {
        await stage.peer.well('app1');
      }
      expect(await talking).toMatchObject({ received: 'line-app1\nhello', isClosed: true });
    },
  },
  {
    row: 'server-failure',
    what: 'cuts connections to a backup server when the others are back',
    keys: ['backends.*.servers.*.on-marked-up'],
    document: sessions(`    servers:
      app1: { address: "${servers.app1}:7300", on-marked-up: shutdown-backup-sessions }
      app2: { address: "${servers.app2}:7300", backup: true }`),
    directive: / on-marked-up shutdown-backup-sessions/,
    prove: async (stage) => {
      await stage.peer.sick('app1');
      let talking: ReturnType<typeof session>;
      try {
        await becomes(stage, 'app1', isDown);
        talking = session(stage);
        await sleep(150);
      } finally {
        await stage.peer.well('app1');
      }
      await becomes(stage, 'app1', isUp);
      expect(await talking).toMatchObject({ received: 'line-app2\nhello', isClosed: true });
    },
  },
  {
    row: 'server-failure',
    what: 'goes elsewhere when too few servers are left',
    keys: ['frontends.*.use_backend.*.if', 'backends.*.check'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80" }]
    use_backend: [{ backend: spare, if: { nbsrv(app): { lt: 2 } } }]
    default_backend: app
backends:
  app: { check: false, servers: { app1: "${servers.app1}:8080", app2: "${servers.app2}:8080" } }
  spare: { check: false, servers: { app3: "${servers.app3}:8080" } }`,
    directive: /^ {4}use_backend .*\n/,
    prove: async (stage) => {
      expect(await serversFor(stage, ['/', '/'])).not.toContain('app3');
      await stage.haproxy.ask('set server app/app1 state maint');
      expect(await serverOf(stage, '/')).toBe('app3');
    },
  },
  {
    row: 'limits',
    what: 'lets requests wait for a server that is full',
    keys: ['backends.*.default-server.maxconn'],
    document: app(`    default-server: { maxconn: 1 }\n${serversOf(1)}`),
    directive: / maxconn 1$/,
    prove: async (stage) => {
      const answers = await Promise.all(numbered(3, () => ask(stage, '/slow/200')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeGreaterThan(550);
    },
  },
  {
    row: 'limits',
    what: 'gives servers few connections while there is little load',
    keys: ['backends.*.default-server.minconn', 'backends.*.fullconn'],
    document: app(`    fullconn: 1000\n    default-server: { minconn: 1, maxconn: 100 }\n${serversOf(1)}`),
    directive: / minconn 1/,
    prove: async (stage) => {
      const answers = await Promise.all(numbered(3, () => ask(stage, '/slow/200')));
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeGreaterThan(550);
    },
  },
  {
    row: 'limits',
    what: 'sends a client elsewhere whose server has a long queue',
    keys: ['backends.*.servers.*.maxqueue'],
    document: app(`    cookie: { SRV: [insert, indirect] }
    servers: { app1: { address: "${servers.app1}:8080", maxconn: 1, maxqueue: 1 }, app2: "${servers.app2}:8080" }`),
    directive: / maxqueue 1/,
    prove: async (stage) => {
      const headers = { cookie: 'SRV=app1' };
      const found = await Promise.all(numbered(3, () => serverOf(stage, '/slow/200', { headers })));
      expect(found.toSorted()).toEqual(['app1', 'app1', 'app2']);
    },
  },
  {
    row: 'limits',
    what: 'lets nobody wait for ever',
    keys: ['backends.*.timeout.queue'],
    document: app(`    timeout: { queue: 100ms }\n    default-server: { maxconn: 1 }\n${serversOf(1)}`),
    directive: /^ {4}timeout queue 100ms\n/,
    prove: async (stage) => {
      const answers = await Promise.all(numbered(2, () => ask(stage, '/slow/500')));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 503]);
    },
  },
];
