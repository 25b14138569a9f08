import ipaddr from 'ipaddr.js';
import { type Family, familyOf, networkOf } from './address.ts';

/** Where the elements of the sets of blocked addresses come from at every load of the table; `activate` makes it of what {@link blockedLines} says. */
export const blockedFiles = '/run/weir/blocked*.nft';

/** A network whose packets are dropped. `end`: seconds of the boot's clock (the first number of /proc/uptime); null: until it is removed. */
export interface BlockedNetwork {
  readonly network: string;
  readonly end: number | null;
}

/** The two sets of blocked networks, empty: their elements are no part of the document. */
export function blockedSets(): readonly string[] {
  return [4, 6].flatMap((family) => [`  set blocked${family} {`, `    type ipv${family}_addr`, '    flags interval, timeout', '  }']);
}

/** The rules that drop what comes from them, established connections too; what the machine says to itself is let be. */
export function blockedRules(): readonly string[] {
  return [
    '    iifname != lo ip saddr @blocked4 counter name blocked drop',
    '    iifname != lo ip6 saddr @blocked6 counter name blocked drop',
  ];
}

/**
 * The elements of the sets as lines `END SET FIRST-LAST` (or `END SET ADDRESS`), END being `-` for those without. nft takes no interval that overlaps another of its set, so
 * what several networks cover is cut where they begin and end, and each piece ends with the last of those that cover it.
 */
export function blockedLines(networks: readonly BlockedNetwork[]): readonly string[] {
  return ([4, 6] as const).flatMap((family) =>
    pieces(networks.filter(({ network }) => familyOf(network) === family)).map(
      ({ first, last, end }) => `${end ?? '-'} blocked${family} ${rangeText(first, last, family)}`,
    ),
  );
}

/** Addresses as numbers, both ends included. */
interface Piece {
  readonly first: bigint;
  readonly last: bigint;
  readonly end: number | null;
}

/** Networks contain each other or are apart: from the first address to the last, those that cover it are a stack. */
function pieces(networks: readonly BlockedNetwork[]): readonly Piece[] {
  const ranges = networks.map(rangeOf).sort((a, b) => compare(a.first, b.first) || compare(b.last, a.last));
  const found: Piece[] = [];
  const open: Piece[] = [];
  let next = 0n;
  const cut = (last: bigint, end: number | null) => {
    if (last < next) return;
    const before = found.at(-1);
    if (before !== undefined && before.end === end && before.last + 1n === next) found.splice(-1, 1, { ...before, last });
    else found.push({ first: next, last, end });
    next = last + 1n;
  };
  const closeUntil = (first: bigint | null) => {
    for (let top = open.at(-1); top !== undefined && (first === null || top.last < first); top = open.at(-1)) {
      cut(top.last, top.end);
      open.pop();
    }
  };
  for (const range of ranges) {
    closeUntil(range.first);
    const outer = open.at(-1);
    if (outer !== undefined) cut(range.first - 1n, outer.end);
    next = range.first;
    open.push({ ...range, end: outer === undefined ? range.end : later(outer.end, range.end) });
  }
  closeUntil(null);
  return found;
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rangeOf({ network, end }: BlockedNetwork): Piece {
  const [address = '', length = ''] = networkOf(network).split('/');
  const bytes = ipaddr.parse(address).toByteArray();
  const first = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return { first, last: first + 2n ** BigInt(bytes.length * 8 - Number(length)) - 1n, end };
}

/** nft takes no range of one address. */
function rangeText(first: bigint, last: bigint, family: Family): string {
  const from = addressText(first, family);
  return first === last ? from : `${from}-${addressText(last, family)}`;
}

function addressText(number: bigint, family: Family): string {
  const count = family === 4 ? 4 : 16;
  const bytes = Array.from({ length: count }, (_, index) => Number((number >> BigInt(8 * (count - 1 - index))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
