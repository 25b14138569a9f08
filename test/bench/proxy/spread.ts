import { median } from '../figure.ts';

/** Of fewer rounds than these nobody can tell a difference from noise. */
export const fewestRounds = 3;

/** What several rounds gave: the middle, and the range. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of rounds; null where there is nothing. */
export function spreadOf(values: readonly number[]): Spread | null {
  return values.length === 0 ? null : { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Each round's value over the other's in the same round: what changed on the machine between rounds is in both. */
export function ratios(values: readonly number[], others: readonly number[]): readonly number[] {
  return values.slice(0, others.length).map((value, round) => value / (others[round] as number));
}
