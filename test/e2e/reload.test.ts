import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks, vips } from '../support/netns.ts';

const app = (maxconn: number, extra: readonly string[] = []) =>
  plane({
    frontends: [
      frontend('web', [bind(vips.main, 80)], 'app', { maxconn, extra }),
      frontend('echo', [bind(vips.main, 7000)], 'echo', { mode: 'tcp' }),
    ],
    backends: [
      backend('app', [server('app1', servers.app1, 8080), server('app2', servers.app2, 8080)]),
      backend('echo', [server('echo', servers.app3, 7000)], { mode: 'tcp' }),
    ],
  });

let networks: Networks;
let peer: Peer;
let visitors: Peer;
let haproxy: Haproxy;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  visitors = startPeer(networks.outside);
  for (const name of ['app1', 'app2'] as const) await peer.up({ name, address: servers[name], port: 8080, kind: 'http' });
  await peer.up({ name: 'echo', address: servers.app3, port: 7000, kind: 'tcp' });
  haproxy = await startHaproxy(networks.proxy, app(5000));
});

afterAll(async () => {
  await haproxy?.stop();
  await visitors?.stop();
  await peer?.stop();
  await networks?.stop();
});

describe('a reload', () => {
  test('loses no request of 1,000 new connections a second, however often', async () => {
    const loaded = visitors.load({ address: vips.main, port: 80, path: '/', perSecond: 1000, seconds: 8 });
    for (let turn = 0; turn < 5; turn++) {
      await sleep(1200);
      const before = await haproxy.info();
      expect(await haproxy.reload(app(5000 + turn + 1))).toMatchObject({ isDone: true });
      const after = await haproxy.info();
      expect(after?.mark).toBe(haproxy.mark());
      expect(after?.pid).not.toBe(before?.pid);
    }
    const { ok, failed, errors } = await loaded;
    expect({ ok, failed, errors }).toEqual({ ok: 8000, failed: 0, errors: {} });
  });

  test('moves busy clients to the new worker: their next answer asks them to connect anew', async () => {
    const visits = visitors.visit({ address: vips.main, port: 80, path: '/', connections: 50, seconds: 8, pauseMs: 20 });
    for (let turn = 0; turn < 4; turn++) {
      await sleep(1500);
      await haproxy.reload(app(5100 + turn));
    }
    const { ok, failed, opened } = await visits;
    expect(ok).toBeGreaterThan(1000);
    // a client must expect that a kept connection ends between its requests (RFC 9112, 9.3.1): rare, but never ruled out
    expect(failed).toBeLessThanOrEqual(ok / 1000);
    expect(opened).toBeGreaterThan(50);
  });

  test('that HAProxy refuses says why and leaves the old worker serving', async () => {
    await haproxy.reload(app(6000));
    const before = await haproxy.info();
    const answer = await haproxy.reload(app(6000, ['no-such-word']));
    expect(answer.isDone).toBe(false);
    expect(answer.log.join('\n')).toContain("unknown keyword 'no-such-word'");
    const after = await haproxy.info();
    expect(after?.pid).toBe(before?.pid);
    expect(after?.mark).not.toBe(haproxy.mark());
    expect((await peer.ask({ address: vips.main, port: 80, path: '/' })).status).toBe(200);
    expect(await haproxy.reload(app(6000))).toMatchObject({ isDone: true });
  });

  test('lets an open connection live on in the old worker, which is seen', async () => {
    const open = peer.converse({ address: vips.main, port: 7000, send: 'hello\n', forMs: 2500 });
    await sleep(300);
    const before = await haproxy.info();
    await haproxy.reload(app(6001));
    const old = await haproxy.processes();
    expect(old?.old.map(({ pid }) => pid)).toContain(before?.pid);
    expect(old?.workers).toHaveLength(1);
    expect(await open).toMatchObject({ received: 'echo\nhello\n', isClosed: false });
    for (const limit = performance.now() + 10_000; ; await sleep(50)) {
      const pids = (await haproxy.processes())?.old.map(({ pid }) => pid) ?? [];
      if (before !== null && !pids.includes(before.pid)) break;
      if (performance.now() > limit) throw new Error('the old worker did not end with its last connection');
    }
  });
});
