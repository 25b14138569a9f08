import { familyOf, isInside, networkOf, normalAddress, sortByAddress } from './address.ts';
import { type OpenPort, sortPorts, wildcard } from './port.ts';

/** Where replies come from: an address, or a host name, which stands for any address; and the port that was connected to. */
export interface Remote {
  readonly address: string;
  readonly port: number;
}

/** The sets `<name>4`, `<name>6` (address . protocol . port), `<name>4_any` and `<name>6_any` (protocol . port). */
export function openSets(name: string, ports: readonly OpenPort[], flags: string | null = null): readonly string[] {
  const elements = new Map(portElements(ports));
  return [
    ...set(`${name}4`, 'ipv4_addr . inet_proto . inet_service', elements.get('4') ?? [], flags),
    ...set(`${name}6`, 'ipv6_addr . inet_proto . inet_service', elements.get('6') ?? [], flags),
    ...set(`${name}4_any`, 'inet_proto . inet_service', elements.get('4_any') ?? [], flags),
    ...set(`${name}6_any`, 'inet_proto . inet_service', elements.get('6_any') ?? [], flags),
  ];
}

/** Elements by the suffix of the set they go to, sorted. */
export function portElements(ports: readonly OpenPort[]): readonly (readonly [suffix: string, elements: readonly string[]])[] {
  const groups = new Map<string, Set<string>>();
  for (const port of sortPorts(ports)) {
    const any = wildcard(port.address);
    const key = `${port.protocol} . ${port.port}`;
    const entries = any
      ? any.map((family) => [`${family}_any`, key])
      : [[`${familyOf(port.address)}`, `${normalAddress(port.address)} . ${key}`]];
    for (const [suffix, element] of entries as [string, string][]) groups.set(suffix, (groups.get(suffix) ?? new Set()).add(element));
  }
  return [...groups].map(([suffix, elements]) => [suffix, [...elements]] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The sets `<name>4`, `<name>6` (address . port), and `<name>` of ports whose address is not known because it is a name. */
export function remoteSets(name: string, remotes: readonly Remote[]): readonly string[] {
  const elements = remoteElements(remotes);
  return [
    ...set(`${name}4`, 'ipv4_addr . inet_service', elements.get('4') ?? [], 'timeout'),
    ...set(`${name}6`, 'ipv6_addr . inet_service', elements.get('6') ?? [], 'timeout'),
    ...set(`${name}_any`, 'inet_service', elements.get('_any') ?? [], 'timeout'),
  ];
}

/** Elements by the suffix of the set they go to, sorted, each once. */
export function remoteElements(remotes: readonly Remote[]): ReadonlyMap<string, readonly string[]> {
  const elements: Readonly<Record<'4' | '6' | '_any', Set<string>>> = { 4: new Set(), 6: new Set(), _any: new Set() };
  const byPort = [...remotes].sort((a, b) => a.port - b.port);
  const [named, numbered] = [byPort.filter(isNamed), byPort.filter((remote) => !isNamed(remote))];
  for (const { address, port } of sortByAddress(numbered, (remote) => remote.address)) {
    elements[familyOf(address) ?? '_any'].add(`${normalAddress(address)} . ${port}`);
  }
  for (const { port } of named) elements._any.add(`${port}`);
  return new Map(Object.entries(elements).map(([suffix, texts]) => [suffix, [...texts]]));
}

/** Names stand for any address, so only their ports tell them apart. */
export function remoteName(remote: Remote): string {
  return isNamed(remote) ? `${remote.port}` : `${normalAddress(remote.address)} ${remote.port}`;
}

function isNamed({ address }: Remote): boolean {
  return familyOf(address) === null;
}

/** A set of networks (CIDR), those inside others left out, for nft refuses an overlap; nothing where there are none. */
export function networkSet(name: string, type: string, networks: readonly string[]): readonly string[] {
  const sorted = sortByAddress([...new Set(networks.map(networkOf))], (network) => network);
  const outer = sorted.filter((network) => !sorted.some((other) => other !== network && contains(other, network)));
  return outer.length === 0 ? [] : set(name, type, outer, 'interval');
}

function contains(outer: string, inner: string): boolean {
  return Number(outer.split('/')[1]) <= Number(inner.split('/')[1]) && isInside(inner.split('/')[0] as string, outer);
}

/** A set that counts pings by source, so that one who floods takes nothing from the others. */
export function pingSet(name: string, type: string): readonly string[] {
  return [`  set ${name} {`, `    type ${type}`, '    size 16384', '    flags dynamic, timeout', '    timeout 10s', '  }'];
}

function set(name: string, type: string, elements: readonly string[], flags: string | null = null): readonly string[] {
  return [
    `  set ${name} {`,
    `    type ${type}`,
    ...(flags === null ? [] : [`    flags ${flags}`]),
    ...(elements.length === 0 ? [] : ['    elements = {', ...elements.map((element) => `      ${element},`), '    }']),
    '  }',
  ];
}
