import type { DataPlane, TcpBind, VrrpInstance } from '../../proxy/model.ts';
import type { Config, Link } from '../config/config.ts';
import type { FirewallInput, Remote } from '../network/nftables.ts';
import type { OpenPort } from '../network/port.ts';

/** The ports that a data plane listens on; a UNIX socket is none. */
export function boundPorts(plane: DataPlane): readonly OpenPort[] {
  return plane.frontends.flatMap(({ binds }) =>
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
}

/** Each port of a range. */
function portsOf({ port, lastPort }: TcpBind): readonly number[] {
  return Array.from({ length: lastPort - port + 1 }, (_, index) => port + index);
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
    servers: [...serverRemotes(proxy), ...responders(proxy)],
    dns: system.dns,
    ntp: system.ntp,
    log: system.log,
    links,
  };
}

/** Who answers what CAs say of certificates: a proxy of the document, or the port of HTTP anywhere, as only the certificates know where. */
function responders({ certificates, global }: DataPlane): readonly Remote[] {
  if (!certificates.some(({ options }) => options['ocsp-update'] !== undefined)) return [];
  const proxy = global.settings['ocsp-update.httpproxy'];
  if (proxy === undefined) return [{ address: 'an OCSP responder', port: 80 }];
  const [, host = '', port = '80'] = /^\[?(.*?)\]?:([0-9]+)$/.exec(String(proxy)) ?? [];
  return [{ address: host, port: Number(port) }];
}

function serverRemotes({ backends }: DataPlane): readonly Remote[] {
  return backends.flatMap(({ servers, check }) =>
    servers
      .filter(({ address }) => !address.startsWith('/'))
      .flatMap(({ address, port, check: isChecked }) => [
        { address, port },
        ...(isChecked && check?.port ? [{ address, port: check.port }] : []),
      ]),
  );
}
