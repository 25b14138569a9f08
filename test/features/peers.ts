import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Haproxy, runHaproxy } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { servers } from '../support/netns.ts';
import { stagedDocument } from '../support/staged.ts';
import { app, serversOf } from './app.ts';
import { ca, certificates, pemOf } from './certificates.ts';
import type { Proof, Stage } from './proof.ts';
import { get } from './rewriting.ts';

/** Another HAProxy outside, with the same document but for its name. */
const other = 'edge';

const peers = (more = '') => `
peers: { site: { servers: { lb1: 10.20.0.2:10000, ${other}: "${servers.app2}:10000" }${more} } }`;

/** Counts paths in a table. */
const counting = (table: string, more: string) =>
  app(serversOf(1), more, `    http-request: [{ track-sc0: path, table: ${table} }, { sc-set-gpt: { idx: 0, sc-id: 0, value: 7 } }]`);

const shape = 'type: string, length: 64, size: 1k, expire: 1m, store: [http_req_cnt, gpt(1)]';

/** Whether a table has an entry soon: within 3 seconds. */
async function learns(haproxy: Haproxy, table: string, key: string): Promise<boolean> {
  for (const limit = performance.now() + 3000; performance.now() < limit; await sleep(20))
    if ((await haproxy.ask(`show table ${table}`)).includes(`key=${key} `)) return true;
  return false;
}

/**
 * Waits until a worker has heard what its peers know, without which it teaches nobody: it asks the worker before it for 5 seconds, then the others for 5
 * more (PEER_RESYNC_TIMEOUT in HAProxy's `peers.h`).
 */
async function hasHeard(haproxy: Haproxy): Promise<void> {
  for (const limit = performance.now() + 12_000; performance.now() < limit; await sleep(50)) {
    const [, flags = '0'] = /id=site .*flags=0x([0-9a-f]+)/.exec(await haproxy.ask('show peers')) ?? [];
    if ((Number.parseInt(flags, 16) & 3) === 3) return;
  }
}

/** What the other knows, while it runs; its entries come to this one too. */
async function withOther<Result>(
  { networks }: Pick<Stage, 'networks'>,
  { document, files }: Pick<Proof, 'document' | 'files'>,
  use: (there: Haproxy) => Promise<Result>,
): Promise<Result> {
  const nodes = `version: 1\nnodes: { ${other}: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n`;
  const there = await runHaproxy(networks.outside, stagedDocument(`${nodes}${document}`, files, other));
  try {
    return await use(there);
  } finally {
    await there.stop();
  }
}

/** A proof that an entry comes to the other, and one of the other here. */
function shared(table: string, proof: Omit<Proof, 'row' | 'prove'>): Proof {
  return {
    row: 'table-replication',
    ...proof,
    prove: async (stage) => {
      await withOther(stage, proof, async (there) => {
        expect((await get(stage, '/here')).status).toBe(200);
        expect(await learns(there, table, '/here')).toBe(true);
        expect((await stage.peer.ask({ address: servers.app2, port: 80, path: '/there' })).status).toBe(200);
        expect(await learns(stage.haproxy, table, '/there')).toBe(true);
      });
    },
  };
}

const node = await makeCertificate('node.example', ca);
const files = certificates({ 'node.pem': pemOf(node), 'ca.pem': ca.cert });

const copying = counting('paths', `stick-tables: { paths: { ${shape}, peers: site, write-to: all }, all: { ${shape} } }${peers()}`);

const teaching = counting('paths', `stick-tables: { paths: { ${shape}, peers: site } }${peers()}`);

/** Stick tables that several HAProxies share. */
export const peersProofs: readonly Proof[] = [
  shared('paths', {
    what: 'tells other HAProxies what it counts, and hears of what they count',
    keys: ['peers.*.servers.*', 'stick-tables.*.peers'],
    document: counting('paths', `stick-tables: { paths: { ${shape}, peers: site } }${peers()}`),
    directive: / peers site(?= )/,
  }),
  shared('paths', {
    what: 'is known to them by the name of its node',
    keys: ['nodes.*', 'peers.*.servers.*'],
    document: teaching,
    directive: /^ {4}localpeer .*\n/,
  }),
  shared('site/paths', {
    what: 'shares tables that the section of peers declares',
    keys: ['peers.*.table.*'],
    document: counting('site/paths', peers(`, table: { paths: { ${shape} } }`)),
    directive: /^ {4}server edge .*\n/,
  }),
  shared('paths', {
    what: 'shares tables over TLS, in which each shows a certificate',
    keys: ['peers.*.ssl.crt', 'peers.*.ssl.ca-file'],
    document: counting(
      'paths',
      `certificates: { node: { pem: node.pem } }\nstick-tables: { paths: { ${shape}, peers: site } }${peers(', ssl: { crt: node, ca-file: ca.pem }')}`,
    ),
    files,
    directive: / ssl crt \S+ ca-file \S+ verify required|^ {4}default-server ssl crt .*\n/,
  }),
  {
    row: 'table-replication',
    what: 'copies what peers tell into a table of its own',
    keys: ['stick-tables.*.write-to'],
    document: copying,
    directive: / write-to all/,
    prove: async (stage) => {
      await withOther(stage, { document: copying }, async () => {
        expect((await stage.peer.ask({ address: servers.app2, port: 80, path: '/there' })).status).toBe(200);
        expect(await learns(stage.haproxy, 'all', '/there')).toBe(true);
      });
    },
  },
  {
    row: 'table-replication',
    what: 'teaches the next worker at a reload what peers are told of too, though they are away',
    keys: ['stick-tables.*.peers'],
    document: teaching,
    directive: / peers site(?= )/,
    prove: async (stage) => {
      await withOther(stage, { document: teaching }, async (there) => {
        await get(stage, '/here');
        expect(await learns(there, 'paths', '/here')).toBe(true);
        await hasHeard(stage.haproxy);
      });
      expect(await stage.haproxy.again()).toMatchObject({ isDone: true });
      expect(await learns(stage.haproxy, 'paths', '/here')).toBe(true);
    },
  },
];
