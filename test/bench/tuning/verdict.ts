import { errorsOf, perCpuSecond, perSecond, type Sample } from '../proxy/measure.ts';
import { fewestRounds, ratios, spreadOf } from '../proxy/spread.ts';
import type { CpuSplit } from './cpu-split.ts';

/** A sample of a contender with the parts of its CPU time. */
export interface Tuned extends Sample {
  readonly split: CpuSplit;
}

/** Samples of a row by contender, in the order of the rounds. */
export type Measured = ReadonlyMap<string, readonly Tuned[]>;

/** How a contender does beside the kernel as it comes, in one row. */
export interface Judged {
  /** The middle of the ratios of the same rounds: answers a second, and answers for a second of CPU. */
  readonly rate: number;
  readonly perCpu: number;
  /** Errors more than the other had. */
  readonly errors: number;
  readonly verdict: 'better' | 'worse' | 'no difference';
}

/**
 * Better or worse is what was so in every round, and by more than the same kernel measured once more (`again`) was in any, in either measure. Errors that the
 * other does not have are worse; of fewer than `fewestRounds` they alone tell.
 */
export function judge(own: readonly Tuned[], base: readonly Tuned[], again: readonly Tuned[]): Judged {
  const [rate, perCpu] = [ratios(perSecond(own), perSecond(base)), ratios(perCpuSecond(own), perCpuSecond(base))];
  const errors = errorsOf(own) - errorsOf(base);
  const pairs = [
    [spreadOf(rate), spreadOf(ratios(perSecond(again), perSecond(base)))],
    [spreadOf(perCpu), spreadOf(ratios(perCpuSecond(again), perCpuSecond(base)))],
  ] as const;
  const isTold = own.length >= fewestRounds;
  const isBetter = errors < 0 || (isTold && pairs.some(([it, noise]) => it !== null && it.min > 1 && it.median > (noise?.max ?? 1)));
  const isWorse = errors > 0 || (isTold && pairs.some(([it, noise]) => it !== null && it.max < 1 && it.median < (noise?.min ?? 1)));
  return {
    rate: spreadOf(rate)?.median ?? Number.NaN,
    perCpu: spreadOf(perCpu)?.median ?? Number.NaN,
    errors,
    verdict: isBetter === isWorse ? 'no difference' : isBetter ? 'better' : 'worse',
  };
}

/** `41/39/20`: user, system and softirq in percent of all rounds' CPU time. */
export function splitText(samples: readonly Tuned[]): string {
  const sum = (part: keyof CpuSplit) => samples.reduce((total, { split }) => total + split[part], 0);
  const all = sum('user') + sum('system') + sum('softirq');
  const share = (part: keyof CpuSplit) => (all === 0 ? '-' : `${Math.round((100 * sum(part)) / all)}`);
  return `${share('user')}/${share('system')}/${share('softirq')}`;
}
