import { type Family, normalAddress, sortByAddress } from './address.ts';

/** A port that the document opens: `*` is every IPv4 address, `::` every address of both families (the socket is dual-stack). */
export interface OpenPort {
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** The ports of a document's binds, each once, sorted by address, protocol and port, addresses in their normal form. UNIX sockets are not ports. */
export function openPorts(binds: readonly OpenPort[]): readonly OpenPort[] {
  const normal = binds.map(({ address, protocol, port }) => ({ address: normalBind(address), protocol, port }));
  return sortPorts([...new Map(normal.map((port) => [portName(port), port])).values()]);
}

/** The ports that a change closes: open before, and not after. A wildcard that stays open keeps each address of its port open. */
export function closedPorts(before: readonly OpenPort[], after: readonly OpenPort[]): readonly OpenPort[] {
  const open = new Set(openPorts(after).map(portName));
  const stays = (port: OpenPort) => [port.address, ...covering(port.address)].some((address) => open.has(portName({ ...port, address })));
  return openPorts(before).filter((port) => !stays(port));
}

/** The families that a wildcard address stands for; null for an address. */
export function wildcard(address: string): readonly Family[] | null {
  if (address === '*' || address === '0.0.0.0') return [4];
  return address === '::' ? [4, 6] : null;
}

/** Sorts ports by address (`*` and `::` first), protocol and number. */
export function sortPorts(ports: readonly OpenPort[]): readonly OpenPort[] {
  const ordered = [...ports].sort((a, b) => (a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1));
  const any = ordered.filter(({ address }) => wildcard(address) !== null);
  const numbered = ordered.filter(({ address }) => wildcard(address) === null);
  return [...any, ...sortByAddress(numbered, ({ address }) => address)];
}

function covering(address: string): readonly string[] {
  if (address === '::') return [];
  return address === '*' || address.includes(':') ? ['::'] : ['*', '::'];
}

function normalBind(address: string): string {
  const any = wildcard(address);
  if (any === null) return normalAddress(address);
  return any.length === 1 ? '*' : '::';
}

function portName({ address, protocol, port }: OpenPort): string {
  return `${address} ${protocol} ${port}`;
}
