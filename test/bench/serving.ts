import type { DataPlane } from '../../proxy/model.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks } from '../support/netns.ts';
import type { Staged } from '../support/staged.ts';

/** A HAProxy that serves, its networks, and who asks it. */
export interface Serving {
  readonly haproxy: Haproxy;
  readonly networks: Networks;
  readonly visitors: Peer;
}

/** Does something with a HAProxy that runs a data plane in front of the web servers app1 and app2 on port 8080, and ends all of it. */
export async function whileServing<Result>(plane: DataPlane, files: Staged, work: (serving: Serving) => Promise<Result>): Promise<Result> {
  const undo: (() => Promise<void>)[] = [];
  try {
    const networks = await startNetworks();
    undo.push(networks.stop);
    const [origins, visitors] = [startPeer(networks.outside), startPeer(networks.outside)];
    undo.push(origins.stop, visitors.stop);
    for (const name of ['app1', 'app2'] as const) await origins.up({ name, address: servers[name], port: 8080, kind: 'http' });
    const haproxy = await startHaproxy(networks.proxy, plane, files);
    undo.push(haproxy.stop);
    return await work({ haproxy, networks, visitors });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}
