import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import type { Proof } from './proof.ts';

const app = `
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request: [{ track-sc0: src, table: clients }]
    option: { socket-stats: true }
    default_backend: app
stick-tables: { clients: { type: ip, size: 1k, expire: 10m, store: [http_req_cnt] } }
backends: { app: { servers: { app1: ${servers.app1}:8080, app2: ${servers.app2}:8080 } } }`;

/** What a reload hands to the next worker. */
export const nextWorker: readonly Proof[] = [
  {
    row: 'guid',
    what: 'counts on over a reload',
    keys: ['frontends.*', 'backends.*.servers.*'],
    document: app,
    directive: /^ {4}guid frontend:web\n/,
    prove: async ({ peer, haproxy }) => {
      for (let turn = 0; turn < 3; turn++) await peer.ask({ address: vips.main, port: 80, path: '/' });
      expect(await haproxy.again()).toMatchObject({ isDone: true });
      const typed = await haproxy.ask('show stat web 1 -1 typed');
      expect(/\.req_tot\.\d+:\S*:u64:(\d+)/.exec(typed)?.[1]).toBe('3');
    },
  },
  {
    row: 'guid',
    what: 'counts each bind on over a reload',
    keys: ['frontends.*.option.socket-stats'],
    document: app,
    directive: / guid-prefix bind:web:tcp:any:80/,
    prove: async ({ peer, haproxy }) => {
      for (let turn = 0; turn < 3; turn++) await peer.ask({ address: vips.main, port: 80, path: '/' });
      expect(await haproxy.again()).toMatchObject({ isDone: true });
      const rows = (await haproxy.ask('show stat web 8 -1')).split('\n').filter((row) => row.startsWith('web,sock-'));
      expect(rows.map((row) => row.split(',')[7])).toEqual(['3']);
    },
  },
  {
    row: 'guid',
    what: 'teaches the next worker its stick tables at a reload',
    keys: ['stick-tables.*'],
    document: app,
    directive: / peers local/,
    prove: async ({ peer, haproxy }) => {
      for (let turn = 0; turn < 3; turn++) await peer.ask({ address: vips.main, port: 80, path: '/' });
      expect(await haproxy.again()).toMatchObject({ isDone: true });
      const known = async () => /http_req_cnt=(\d+)/.exec(await haproxy.ask('show table clients'))?.[1];
      for (const limit = performance.now() + 2000; performance.now() < limit && (await known()) === undefined; ) await sleep(20);
      expect(await known()).toBe('3');
    },
  },
];
