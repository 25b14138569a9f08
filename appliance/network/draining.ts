import { portElements, type Remote, remoteElements, remoteName } from './nft-set.ts';
import type { FirewallInput } from './nftables.ts';
import { closedPorts, type OpenPort } from './port.ts';

/** Where what drains comes from after every replacement of the table: see {@link renderDraining}. */
export const drainingFiles = '/run/weir/draining*.nft';

/** What a change takes out of the firewall while old HAProxy workers still use it: ports of their clients, and servers. */
export interface Draining {
  readonly ports: readonly OpenPort[];
  readonly servers: readonly Remote[];
}

/** What was open before and is not after. UDP has no established connections: its ports close at once. */
export function drainingAfter(before: FirewallInput, after: FirewallInput): Draining {
  const stay = new Set(after.servers.map(remoteName));
  return {
    ports: closedPorts(before.binds, after.binds).filter(({ protocol }) => protocol === 'tcp'),
    servers: before.servers.filter((server) => !stay.has(remoteName(server))),
  };
}

/**
 * The text of a file `/run/weir/draining*.nft`: established connections (never new ones) of these ports and replies of these servers pass until the file is
 * removed and the table replaced, or `seconds` are over.
 */
export function renderDraining({ ports, servers }: Draining, seconds: number): string {
  const sets = [
    ...portElements(ports).map(([suffix, elements]) => [`draining${suffix}`, elements] as const),
    ...[...remoteElements(servers)].map(([suffix, elements]) => [`tcp_reply${suffix}`, elements] as const),
  ];
  const lines = sets
    .filter(([, elements]) => elements.length > 0)
    .map(
      ([name, elements]) => `add element inet weir ${name} { ${elements.map((element) => `${element} timeout ${seconds}s`).join(', ')} }`,
    );
  return `${['# written by weir, edits here are lost', ...lines].join('\n')}\n`;
}
