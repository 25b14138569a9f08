import { formatNumberList, parseNumberList } from './number-list.ts';

/** What a value may be: so many whole numbers in a range (`ascending`: each at least as large as the one before), a list of ports, or one of some words. */
export type Bounds =
  | { readonly kind: 'numbers'; readonly count: number; readonly min: number; readonly max: number; readonly ascending?: boolean }
  | { readonly kind: 'ports' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/** One whole number in a range. */
export function number(min: number, max: number): Bounds {
  return { kind: 'numbers', count: 1, min, max };
}

/** Why a value (white space folded) is out of bounds, as the end of a sentence; null: it is fine. */
export function violation(value: string, bounds: Bounds): string | null {
  if (bounds.kind === 'ports') return parsePorts(value) === null ? 'must be ports and ranges such as 8080,9000-9010' : null;
  if (bounds.kind === 'words') return bounds.words.includes(value) ? null : `must be one of ${bounds.words.join(', ')}`;
  const { count, min, max, ascending } = bounds;
  const words = value.split(' ');
  const numbers = words.map(Number);
  if (words.length !== count || words.some((word) => !/^\d{1,16}$/.test(word))) {
    return count === 1 ? `must be a whole number from ${min} to ${max}` : `must be ${count} whole numbers from ${min} to ${max}`;
  }
  if (numbers.some((n) => n < min || n > max)) return `must lie between ${min} and ${max}`;
  const falls = ascending && numbers.some((n, index) => n < (numbers[index - 1] ?? 0));
  return falls ? 'must have its smaller number first' : null;
}

/** The ports of a list as the kernel writes it (`8080,9000-9010`), ascending; null for anything else. The empty list is empty text. */
export function parsePorts(text: string): readonly number[] | null {
  return parseNumberList(text, 65_535);
}

/** Ports as the kernel writes them back. */
export const formatPorts = formatNumberList;
