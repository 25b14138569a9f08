import { afterAll, beforeAll } from 'vitest';
import { type Peer, startPeer } from './haproxy-peer.ts';
import { type Networks, servers, startNetworks } from './netns.ts';

/** The networks of a test file, and the process that is clients and servers in the outer one. */
export interface Outside {
  readonly networks: Networks;
  readonly peer: Peer;
}

/** Has both there for the tests of a file, with three web servers, app1 to app3, on port 8080; gives them once the tests run. */
export function outside(): () => Outside {
  let networks: Networks | null = null;
  let peer: Peer | null = null;
  beforeAll(async () => {
    networks = await startNetworks();
    peer = startPeer(networks.outside);
    for (const name of ['app1', 'app2', 'app3'] as const) await peer.up({ name, address: servers[name], port: 8080, kind: 'http' });
  });
  afterAll(async () => {
    await peer?.stop();
    await networks?.stop();
  });
  return () => {
    if (networks === null || peer === null) throw new Error('the outside is there once the tests run');
    return { networks, peer };
  };
}
