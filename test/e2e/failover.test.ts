import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../proxy/model.ts';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, type Keepalived, startHaproxy, startKeepalived } from '../support/haproxy.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { nodeAddresses, type PairNetworks, servers, startPairNetworks, vips } from '../support/netns.ts';

const web = plane({
  frontends: [frontend('web', [bind(vips.main, 80)], 'app')],
  backends: [backend('app', [server('app1', servers.app1, 8080)])],
});

const instance = (node: 0 | 1): VrrpInstance => ({
  name: 'site',
  link: 'front',
  virtualRouterId: 51,
  advertSeconds: 0.3,
  priority: 254 - node,
  peerPriority: 253 + node,
  sourceAddress: nodeAddresses[node],
  peerAddress: nodeAddresses[1 - node] as string,
  vips: [`${vips.main}/32`, `${vips.other}/32`],
});

let networks: PairNetworks;
let peer: Peer;
const haproxies: Haproxy[] = [];
const keepaliveds: Keepalived[] = [];

beforeAll(async () => {
  networks = await startPairNetworks();
  peer = startPeer(networks.outside);
  await peer.up({ name: 'app1', address: servers.app1, port: 8080, kind: 'http' });
  for (const index of [0, 1] as const) {
    const haproxy = await startHaproxy(networks.nodes[index], web);
    haproxies.push(haproxy);
    keepaliveds.push(await startKeepalived(networks.nodes[index], haproxy, [instance(index)], `lb${index + 1}`));
  }
});

afterAll(async () => {
  for (const each of [...keepaliveds, ...haproxies]) await each.stop();
  await peer?.stop();
  await networks?.stop();
});

/** The nodes that hold both VIPs. */
async function owners(): Promise<readonly number[]> {
  const held = await Promise.all(
    networks.nodes.map(async ({ run }) => (await run(['ip', '-o', 'address', 'show', 'dev', 'front'])).stdout),
  );
  return held.flatMap((text, index) => (text.includes(`${vips.main}/32`) && text.includes(`${vips.other}/32`) ? [index] : []));
}

async function owner(expected: number): Promise<void> {
  for (const limit = performance.now() + 15_000; (await owners()).join() !== String(expected); await sleep(50)) {
    if (performance.now() > limit)
      throw new Error(`node ${expected} does not own the VIPs:\n${keepaliveds.map(({ output }) => output()).join('\n---\n')}`);
  }
}

const served = async () => (await peer.ask({ address: vips.main, port: 80, path: '/' })).status === 200;

describe('a pair', () => {
  test('gives the VIPs to the node of the higher priority, and serves', async () => {
    await owner(0);
    expect(await served()).toBe(true);
  });

  test('moves them when HAProxy stays away, within two checks and an advert, and not back when it returns', async () => {
    const began = performance.now();
    await haproxies[0]?.kill();
    while (!(await served())) {
      if (performance.now() - began > 10_000) throw new Error('nobody serves');
      await sleep(10);
    }
    // two failed checks 0.5 s apart, the third cut short by the first; the machine of the test may be busy
    expect(performance.now() - began).toBeLessThan(4000);
    await owner(1);
    await haproxies[0]?.start();
    await sleep(2500);
    expect(await owners()).toEqual([1]);
    expect(await served()).toBe(true);
  });

  test('rides out a crash that ends before the second check', async () => {
    const began = performance.now();
    await haproxies[1]?.kill();
    await haproxies[1]?.start();
    const isBrief = performance.now() - began < 450;
    await sleep(1500);
    // on a busy machine the restart itself may take longer than the checks have patience
    if (isBrief) expect(await owners()).toEqual([1]);
    expect(await served()).toBe(true);
  });

  test('moves them back when the other node fails in turn', async () => {
    await haproxies[1]?.kill();
    await owner(0);
    expect(await served()).toBe(true);
  });

  test('stays where HAProxy has no time for a second and a half, and moves where it hangs', async () => {
    await haproxies[1]?.start();
    await sleep(2500);
    await haproxies[0]?.hang(true);
    await sleep(1500);
    await haproxies[0]?.hang(false);
    await sleep(1000);
    expect(await owners()).toEqual([0]);
    await haproxies[0]?.hang(true);
    await owner(1);
    await haproxies[0]?.hang(false);
    expect(await served()).toBe(true);
  });
});
