import type { Duration, Timeouts } from '../model.ts';
import { line } from './quote.ts';

/** The `timeout` lines of a section, in the document's order. */
export function timeoutLines(timeouts: Timeouts): readonly string[] {
  return Object.entries(timeouts).map(([event, duration]) => line('timeout', event, duration));
}

const millisecondsOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in milliseconds; a bare number is milliseconds (configuration manual, 2.5). Throws on what is none: the schema refuses it. */
export function milliseconds(duration: Duration): number {
  const [, number, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(duration) ?? [];
  const factor = millisecondsOf[unit];
  if (number === undefined || factor === undefined) throw new Error(`not a time: ${JSON.stringify(duration)}`);
  return Number(number) * factor;
}
