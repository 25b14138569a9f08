import { isTransparent } from '../../proxy/haproxy/transparent.ts';
import type { DataPlane, TcpBind, VrrpInstance } from '../../proxy/model.ts';
import type { Config, Link } from '../config/config.ts';
import type { FirewallInput } from '../network/nftables.ts';
import type { OpenPort } from '../network/port.ts';
import { haproxyRemotes } from './remotes.ts';

/** The ports that a data plane listens on; a UNIX socket is none. */
export function boundPorts(plane: DataPlane): readonly OpenPort[] {
  const ofFrontends = plane.frontends.flatMap(({ binds }) =>
    binds.flatMap((bind) =>
      bind.kind === 'tcp'
        ? bind.addresses.flatMap((address) =>
            portsOf(bind).flatMap((port) => [
              { address, protocol: 'tcp' as const, port },
              ...(bind.ssl?.quic ? [{ address, protocol: 'udp' as const, port }] : []),
            ]),
          )
        : [],
    ),
  );
  const ofLogs = plane.logForwards.flatMap(({ binds }) =>
    binds.flatMap(({ addresses, protocol, port }) => addresses.map((address) => ({ address, protocol, port }))),
  );
  return [...ofFrontends, ...ofLogs];
}

/** The ports that a data plane takes for addresses of others as well. */
function transparentPorts({ frontends }: DataPlane): readonly OpenPort[] {
  return frontends.flatMap(({ binds }) =>
    binds.flatMap((bind) =>
      bind.kind === 'tcp' && bind.options.transparent === true
        ? bind.addresses.flatMap((address) => portsOf(bind).map((port) => ({ address, protocol: 'tcp' as const, port })))
        : [],
    ),
  );
}

/** Each port of a range. */
function portsOf({ port, lastPort }: TcpBind): readonly number[] {
  return Array.from({ length: lastPort - port + 1 }, (_, index) => port + index);
}

/** Where a node listens for those who tell it of their stick tables, and who they are. */
function tablePeers({ peers }: DataPlane, node: string): NonNullable<FirewallInput['tablePeers']> {
  return peers.flatMap(({ servers }) =>
    servers.flatMap(({ name, address, port }) =>
      name === node ? [{ address, port, from: servers.filter((server) => server.name !== node).map((server) => server.address) }] : [],
    ),
  );
}

/** What a node's firewall is made from: what the document opens, and whom the machine itself asks. ssh is for management links, or all where there is none. */
export function firewallInput(config: Config, node: string, instances: readonly VrrpInstance[]): FirewallInput {
  const { system, proxy } = config;
  const links: readonly Link[] = Object.values(config.nodes[node]?.links ?? {});
  const management = links.filter(({ role }) => role === 'management');
  return {
    binds: boundPorts(proxy),
    ssh:
      system.ssh.keys.length === 0
        ? null
        : { links: (management.length > 0 ? management : links).map(({ name }) => name), from: system.ssh.from },
    peers: instances.map(({ link, peerAddress }) => ({ link, address: peerAddress })),
    tablePeers: tablePeers(proxy, node),
    ...haproxyRemotes(proxy, node),
    dns: system.dns,
    ntp: system.ntp,
    log: system.log,
    links,
    transparent: isTransparent(proxy) ? { ports: transparentPorts(proxy) } : null,
  };
}
