import type { Demand } from '../../tuning/demand.ts';
import type { Config } from '../config/config.ts';
import { boundPorts } from './firewall.ts';

/** What a document asks of the machine it runs on, for the planner of kernel values and of HAProxy's size. */
export function demandOf({ system, vips, proxy }: Config): Demand {
  const { frontends, backends } = proxy;
  const ports = boundPorts(proxy);
  const listeners = frontends.flatMap(({ binds }) => binds).length;
  const limits = frontends.map(({ maxconn }) => maxconn);
  const speaksTls = frontends.some(({ binds }) => binds.some(({ ssl }) => ssl !== null));
  const speaksTlsToServers = backends.some(({ servers }) => servers.some(({ tls }) => tls !== null));
  return {
    // One frontend without a limit of its own takes what there is.
    maxconn: frontends.length > 0 && !limits.includes(null) ? limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0) : null,
    ports: [...new Set([...ports.map(({ port }) => port), ...(system.ssh.keys.length > 0 ? [22] : [])])].sort((a, b) => a - b),
    hasVips: Object.keys(vips).length > 0,
    bindsAddresses: ports.some(({ address }) => !['*', '0.0.0.0', '::'].includes(address)),
    // splice-auto is in the defaults: every proxied connection may splice.
    splices: frontends.length > 0,
    idleFiles: backends.length + backends.flatMap(({ servers }) => servers).filter(({ check }) => check).length + listeners,
    tls: speaksTlsToServers ? 'both' : speaksTls ? 'clients' : 'none',
  };
}
