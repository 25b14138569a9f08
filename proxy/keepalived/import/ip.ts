/** An IPv4 or IPv6 address as a number. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const bits = { 4: 32, 6: 128 } as const;

function four(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return null;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function six(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2 || !/^[0-9A-Fa-f:]+$/.test(text)) return null;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - groups.flat().length;
  if (groups.flat().some((group) => !/^[0-9A-Fa-f]{1,4}$/.test(group)) || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const all = [...(groups[0] ?? []), ...Array<string>(missing).fill('0'), ...(groups[1] ?? [])];
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

/** Reads an address; null: it is none. */
export function parseIp(text: string): Ip | null {
  const family = text.includes(':') ? 6 : 4;
  const value = family === 6 ? six(text) : four(text);
  return value === null ? null : { family, value };
}

/** An address in one spelling for each: lower case, and of IPv6 the first of the longest runs of zeros left out (RFC 5952). */
export function spelled({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65535n).toString(16));
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].sort(
    (a, b) => b[0].length - a[0].length || a.index - b.index,
  );
  const text = groups.join(':');
  const [run] = runs;
  if (run === undefined) return text;
  return `${text.slice(0, run.index).replace(/:$/, '')}::${text.slice(run.index + run[0].length).replace(/^:/, '')}`;
}

/** The first address of the network that an address is in, by the length of its prefix. */
export function networkOf({ family, value }: Ip, prefix: number): Ip {
  const host = BigInt(bits[family] - prefix);
  return { family, value: (value >> host) << host };
}

/** Whether two addresses are in one network. */
export function isTogether(one: Ip, other: Ip, prefix: number): boolean {
  return one.family === other.family && networkOf(one, prefix).value === networkOf(other, prefix).value;
}

/** The prefix of an address alone. */
export const whole = (family: 4 | 6): number => bits[family];
