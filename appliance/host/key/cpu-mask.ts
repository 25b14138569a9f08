import { formatNumberList } from '../../../tuning/number-list.ts';

/** A mask as the kernel writes it, hexadecimal in groups of 32 bits (`00000001,0000000f`), as a list; null for anything else. */
export function listOfMask(mask: string): string | null {
  if (!/^[\da-f]{1,8}(,[\da-f]{8})*$/i.test(mask)) return null;
  let bits = BigInt(`0x${mask.replaceAll(',', '')}`);
  const cpus: number[] = [];
  for (let cpu = 0; bits > 0n; cpu += 1, bits >>= 1n) if ((bits & 1n) === 1n) cpus.push(cpu);
  return formatNumberList(cpus);
}

/** A list of CPUs as a mask; the empty list is the mask 0. */
export function maskOfList(list: string): string {
  let bits = 0n;
  for (const part of list.split(',').filter((word) => word !== '')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let cpu = first; cpu <= last; cpu += 1) bits |= 1n << BigInt(cpu);
  }
  const digits = bits.toString(16);
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, '0');
  return (padded.match(/.{8}/g) ?? [padded]).join(',');
}
