import ipaddr from 'ipaddr.js';

/** An address family, by the number in its name. */
export type Family = 4 | 6;

/** The family of an address or CIDR as text; null for anything else, such as a host name. */
export function familyOf(text: string): Family | null {
  const address = text.split('/')[0] as string;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return 4;
  return ipaddr.IPv6.isValid(address) && !address.includes('%') ? 6 : null;
}

/**
 * An address in the one form that we write: IPv6 lower case and shortened (RFC 5952).
 * @throws Error for text that is no address: a bug, the document's checks let none through.
 */
export function normalAddress(text: string): string {
  return parse(text).toString();
}

/** A CIDR in the one form that we write; the host part stays, and a bare address is a whole prefix (`/32`, `/128`). */
export function normalCidr(text: string): string {
  return `${normalAddress(text.split('/')[0] as string)}/${prefixLength(text)}`;
}

/** The network of a CIDR: the same with the host part zero, `203.0.113.2/24` gives `203.0.113.0/24`. */
export function networkOf(cidr: string): string {
  const length = prefixLength(cidr);
  const bytes = parse(cidr.split('/')[0] as string).toByteArray();
  const masked = bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff);
  return `${ipaddr.fromByteArray(masked).toString()}/${length}`;
}

/** Whether an address lies in the network of a CIDR of the same family. */
export function isInside(address: string, cidr: string): boolean {
  if (familyOf(address) !== familyOf(cidr)) return false;
  return networkOf(`${address}/${prefixLength(cidr)}`) === networkOf(cidr);
}

/** Whether an address is an IPv6 link-local one (fe80::/10), which is on every link. */
export function isLinkLocal(address: string): boolean {
  return familyOf(address) === 6 && isInside(address, 'fe80::/10');
}

/** Sorts by the address or CIDR of each item: IPv4 before IPv6, then by number, then by prefix length; equal ones keep their order. */
export function sortByAddress<T>(items: readonly T[], addressOf: (item: T) => string): readonly T[] {
  const keyed = items.map((item) => [sortKey(addressOf(item)), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

/** Text that sorts as the address does: family, then a character a byte, then the prefix length. */
function sortKey(text: string): string {
  const slash = text.indexOf('/');
  const bytes = parse(slash < 0 ? text : text.slice(0, slash)).toByteArray();
  return String.fromCharCode(bytes.length, ...bytes, slash < 0 ? bytes.length * 8 : Number(text.slice(slash + 1)));
}

function prefixLength(cidr: string): number {
  const length = cidr.split('/')[1];
  return length === undefined ? (familyOf(cidr) === 6 ? 128 : 32) : Number(length);
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (familyOf(text) === null) throw new Error(`not an IP address: ${JSON.stringify(text)}`);
  return ipaddr.parse(text);
}
