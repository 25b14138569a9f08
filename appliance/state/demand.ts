import { pipeSize } from '../../proxy/haproxy/global.ts';
import { tableEntryBytes } from '../../proxy/haproxy/stick-table.ts';
import { isTransparent } from '../../proxy/haproxy/transparent.ts';
import type { Backend, DataPlane, Frontend, Options, Server } from '../../proxy/model.ts';
import type { Demand, FrontendDemand, LinkDemand } from '../../tuning/demand.ts';
import { sourcePorts } from '../../tuning/source-ports.ts';
import type { Config, Link } from '../config/config.ts';
import { entries } from '../config/schema/scalar.ts';
import { familyOf, networkOf } from '../network/address.ts';
import { boundPorts } from './firewall.ts';
import { portsOf } from './nics.ts';

/** What a document asks of the machine it runs on, for the planner of kernel values and of HAProxy's size. Without a node its links are those of none. */
export function demandOf({ system, nodes, vips, proxy, tuning }: Config, node: string | null = null): Demand {
  const { frontends, backends, peers } = proxy;
  const ours = peers.flatMap(({ servers }) => servers.filter(({ name }) => Object.hasOwn(nodes, name)));
  const ports = [...boundPorts(proxy), ...ours];
  // A bind on several addresses or ports is as many sockets, and HTTP/3 has its own.
  const listeners = ports.length + frontends.flatMap(({ binds }) => binds.filter(({ kind }) => kind !== 'tcp')).length;
  const limits = frontends.map(({ maxconn }) => maxconn);
  const speaksTls = frontends.some(({ binds }) => binds.some(({ ssl }) => ssl !== null));
  const speaksTlsToServers = backends.some(({ servers }) => servers.some(({ tls }) => tls !== null));
  const listening = [...new Set([...ports.map(({ port }) => port), ...(system.ssh.keys.length > 0 ? [22] : [])])].sort((a, b) => a - b);
  const perServer = sourcePorts(tuning.sysctl, listening);
  const links = node === null ? null : (nodes[node]?.links ?? {});
  return {
    // One frontend without a limit of its own takes what there is.
    maxconn: proxy.global.maxconn ?? (frontends.length > 0 && !limits.includes(null) ? sum(limits.map((limit) => limit ?? 0)) : null),
    ports: listening,
    hasVips: Object.keys(vips).length > 0,
    bindsAddresses: ports.some(({ address }) => !['*', '0.0.0.0', '::'].includes(address)),
    splices: frontends.length > 0 && doesSplice(proxy),
    maxpipes: pipesSetting(proxy, 'maxpipes'),
    pipesize: pipesSetting(proxy, 'tune.pipesize') ?? pipeSize,
    isTransparent: isTransparent(proxy),
    fastOpen: frontends.some(({ binds }) => binds.some(({ options }) => options.tfo === true)),
    quic: frontends.some(({ binds }) => binds.some(({ ssl }) => ssl?.quic === true)),
    idleFiles: sum(backends.map(checkFiles)) + listeners + 2 * peers.flatMap(({ servers }) => servers).length,
    setAside: {
      caches: sum(proxy.caches.map(({ settings }) => Number(settings['total-max-size'] ?? 0) * 2 ** 20)),
      rings: sum(proxy.rings.map(({ size }) => size)),
      tables: sum(proxy.stickTables.map((table) => entries(table.size) * tableEntryBytes(table))),
    },
    tls: speaksTlsToServers ? 'both' : speaksTls ? 'clients' : 'none',
    sourcePorts: perServer,
    frontends: frontendDemands(proxy, perServer),
    mtu: Math.max(1500, ...Object.values(links ?? {}).map(({ mtu }) => mtu ?? 0)),
    neighbours: links === null ? null : neighboursOf(Object.values(links)),
    links: links === null ? null : linkDemands(links),
  };
}

/** Hosts that the IPv4 networks of links have room for; a network that several addresses are in counts once. */
function neighboursOf(links: readonly Link[]): number {
  const own = links.flatMap(({ addresses }) => addresses.filter((address) => familyOf(address) === 4).map(networkOf));
  return sum([...new Set(own)].map((network) => Math.max(0, 2 ** (32 - Number(network.split('/')[1])) - 2)));
}

/** The NICs that a node's links stand on. */
function linkDemands(links: Readonly<Record<string, Link>>): readonly LinkDemand[] {
  const all = Object.values(links);
  return all.flatMap((link) => nicsOf(link, links).map((nic) => ({ link: link.name, nic, role: link.role })));
}

/** By MAC or PCI address; those of the link beneath for one that stands on another. */
function nicsOf(link: Link, links: Readonly<Record<string, Link>>): readonly string[] {
  const beneath = link.carrier.kind === 'link' ? links[link.carrier.link] : undefined;
  return beneath === undefined ? portsOf(link).map(({ port }) => port) : nicsOf(beneath, links);
}

/** Whether any connection may splice; `splice-auto` is among weir's own defaults. */
function doesSplice({ frontends, backends, defaults, extraDefaults }: DataPlane): boolean {
  const usual: Options = { 'splice-auto': true, ...defaults.options };
  const isOn = ({ options }: { readonly options: Options }) =>
    (['splice-auto', 'splice-request', 'splice-response'] as const).some((word) => ({ ...usual, ...options })[word] === true);
  return extraDefaults.length > 0 || [...frontends, ...backends].some((each) => isOn(each) || each.extra.length > 0);
}

/** Files that the checks of a backend's servers may have open at once: one each, and one of an agent's. */
function checkFiles({ check, servers }: Backend): number {
  return sum(servers.map((server) => (server.count ?? 1) * (Number(check !== null && server.check) + Number(server.agent !== null))));
}

function pipesSetting({ global: { settings } }: DataPlane, word: 'maxpipes' | 'tune.pipesize'): number | null {
  const said = settings[word];
  return said === undefined ? null : Number(said);
}

function frontendDemands({ frontends, backends, extraDefaults }: DataPlane, perServer: number): readonly FrontendDemand[] {
  const byName = new Map(backends.map((backend) => [backend.name, backend]));
  return frontends.map((frontend) => ({
    name: frontend.name,
    maxconn: frontend.maxconn,
    mode: frontend.mode,
    isTls: frontend.binds.every(({ ssl }) => ssl !== null),
    destinations: extraDefaults.length > 0 ? null : destinations(frontend, byName, perServer),
  }));
}

/** Where its sessions go, a connection of their own each; null where that is not so, or raw lines may send them elsewhere. */
function destinations(
  { defaultBackend, useBackend, extra }: Frontend,
  byName: ReadonlyMap<string, Backend>,
  perServer: number,
): readonly string[] | null {
  const routes = useBackend.map(({ backend }) => backend);
  const named = routes.filter((route) => typeof route === 'string');
  // which backends a map has is in its file
  if (named.length < routes.length) return null;
  const names = new Set([...named, ...(defaultBackend === null ? [] : [defaultBackend])]);
  const backends = [...names].map((name) => byName.get(name)).filter((backend) => backend !== undefined);
  const servers = backends.flatMap(({ servers: all }) => {
    const active = all.filter(({ backup }) => !backup);
    return active.length > 0 ? active : all;
  });
  const hasRaw = [extra, ...backends.map((backend) => backend.extra)].some((lines) => lines.length > 0);
  // each client's address has ports of its own
  const isBounded = servers.every(
    ({ maxconn, tls, source }) =>
      (maxconn === null || maxconn > perServer) && !tls?.alpn.includes('h2') && (source === null || source.usesrc === null),
  );
  if (hasRaw || servers.length === 0 || !isBounded) return null;
  const place = ({ name, address, port, resolvers }: Server) => `${resolvers === null ? '' : `${name} `}${address} ${port}`;
  return [...new Set(servers.map(place))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
