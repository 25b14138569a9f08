import { familyOf, isInside, isLinkLocal, networkOf } from '../network/address.ts';
import { blockedLines } from '../network/blocked.ts';
import type { FirewallInput } from '../network/nftables.ts';

/** A network that somebody blocked while the machine runs; the document does not know of it. */
export interface Block {
  /** CIDR, the host part zero. */
  readonly network: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** When it ends by itself, ISO 8601 in UTC; null: when it is removed. */
  readonly until: string | null;
  /** The same by the boot's clock, in seconds, which no change of the time of day moves. */
  readonly end: number | null;
}

/**
 * The network that a person means by an address or a CIDR; its host part is made zero. Null: it is neither. What HAProxy logs of an IPv4 client of a bind
 * that takes both families, `::ffff:203.0.113.7`, is that client.
 */
export function networkFrom(text: string): string | null {
  const mapped = /^::ffff:(\d[\d.]*)$/i.exec(text)?.[1];
  return cidrFrom(mapped ?? text);
}

function cidrFrom(text: string): string | null {
  const family = familyOf(text);
  const [address = '', length, ...more] = text.split('/');
  if (family === null || more.length > 0) return null;
  const bits = family === 4 ? 32 : 128;
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits)) return null;
  return networkOf(`${address}/${length ?? bits}`);
}

/** The text of `/run/weir/blocks`: each block as JSON behind a `#`, then what `activate` makes elements of (`blockedLines`). */
export function blocksText(blocks: readonly Block[]): string {
  return [...blocks.map((block) => `# ${JSON.stringify(block)}`), ...blockedLines(blocks), ''].join('\n');
}

/** The blocks in the text of `/run/weir/blocks` that are not over at `uptime`, seconds of the boot's clock. */
export function blocksIn(text: string, uptime: number): readonly Block[] {
  const lines = text.split('\n').filter((line) => line.startsWith('# {'));
  return lines.map((line) => JSON.parse(line.slice(2)) as Block).filter(({ end }) => end === null || end > uptime);
}

/** Adds blocks, or replaces those of the same networks. */
export function withBlocks(blocks: readonly Block[], more: readonly Block[]): readonly Block[] {
  const named = new Set(more.map(({ network }) => network));
  return [...blocks.filter(({ network }) => !named.has(network)), ...more];
}

/** The narrowest other block that covers a network or address, or null. */
export function coveredBy(network: string, blocks: readonly Block[]): Block | null {
  const around = blocks.filter((block) => block.network !== network && contains(block.network, network));
  return around.sort((a, b) => lengthOf(b.network) - lengthOf(a.network))[0] ?? null;
}

/** Why a document cannot be applied while these are blocked: its other node would not be heard, and both would take the VIPs. */
export function deafTo(blocks: readonly Block[], peers: FirewallInput['peers']): readonly string[] {
  return blocks.flatMap(({ network, by }) =>
    peers.flatMap(({ address }) =>
      contains(network, address)
        ? [`${network}, which ${by} blocked, holds ${address}, the other node of this document: weir block remove ${network}`]
        : [],
    ),
  );
}

/** What a machine needs to be spoken to by. */
export interface Needed {
  /** What its document lets in and what it asks itself. */
  readonly firewall: FirewallInput;
  /** Every address that its links have or may get: its own, and VIPs. */
  readonly own: readonly string[];
  /** The networks of its management links. */
  readonly management: readonly string[];
  readonly gateways: readonly string[];
  /** The other end of the SSH connection that a block is asked for over, or null; and of all that are open. */
  readonly connection: string | null;
  readonly sessions: readonly string[];
}

/** Why a network must not be blocked. `never`: whatever is said; else `--yes` takes the risk. */
export interface Danger {
  readonly reason: string;
  readonly never: boolean;
}

/** Why a network must not be blocked, or should not; nothing when it may. */
export function dangersOf(network: string, { firewall, own, management, gateways, connection, sessions }: Needed): readonly Danger[] {
  const inside = (addresses: readonly string[]) => [...new Set(addresses.filter((address) => contains(network, address)))];
  const never = (what: string, addresses: readonly string[]): readonly Danger[] =>
    inside(addresses).map((address) => ({ reason: `${network} holds ${address}, ${what}`, never: true }));
  const risky = (what: string, addresses: readonly string[]): readonly Danger[] =>
    inside(addresses).map((address) => ({ reason: `${network} holds ${address}, ${what}`, never: false }));
  if (network.endsWith('/0'))
    return [{ reason: `${network} is everybody, this machine included: take its links down instead`, never: true }];
  if (isLinkLocal(network.split('/')[0] as string) || contains(network, 'fe80::/10'))
    return [{ reason: `${network} is link-local: without it the neighbours on a link do not find each other`, never: true }];
  return [
    ...never('where your SSH connection comes from', connection === null ? [] : [connection]),
    ...never('an address of this machine', [...own, '127.0.0.1', '::1']),
    ...never(
      'the other node, which must be heard or both nodes take the VIPs',
      firewall.peers.map(({ address }) => address),
    ),
    ...risky(
      'where an SSH connection comes from',
      sessions.filter((address) => address !== connection),
    ),
    ...management
      .filter((other) => overlap(network, other))
      .map((other) => ({ reason: `${network} overlaps ${other}, the network of a management link`, never: false })),
    ...(firewall.ssh?.from ?? [])
      .filter((other) => !other.endsWith('/0') && overlap(network, other))
      .map((other) => ({ reason: `${network} overlaps ${other}, where ssh is allowed from`, never: false })),
    ...risky('a gateway', gateways),
    ...risky(
      'a server of a backend',
      firewall.servers.map(({ address }) => address),
    ),
    ...risky('a name server', firewall.dns),
    ...risky('a time server', firewall.ntp),
    ...risky('the log collector', firewall.log === null ? [] : [firewall.log.host]),
  ];
}

function overlap(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

/** Whether a network holds an address or all of another network; a host name is in none. */
/** Whether an address, as HAProxy tells it, lies in a network. */
export function isWithin(address: string, network: string): boolean {
  const own = networkFrom(address);
  return own !== null && contains(network, own);
}

function contains(network: string, other: string): boolean {
  return familyOf(other) !== null && lengthOf(network) <= lengthOf(other) && isInside(other.split('/')[0] as string, network);
}

function lengthOf(cidr: string): number {
  return Number(cidr.split('/')[1] ?? (familyOf(cidr) === 6 ? 128 : 32));
}
