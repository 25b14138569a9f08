import type { Splicing } from './runtime.ts';
import type { Stat } from './stats.ts';

/** What a frontend, backend or server did in an interval, a second of it. */
export interface Rates {
  readonly kind: Stat['kind'];
  readonly proxy: string;
  readonly name: string;
  readonly status: string;
  /** Now. */
  readonly sessions: number;
  readonly queue: number | null;
  /** A second: sessions begun, requests (null without HTTP), bytes from clients and to them, errors, responses with status 5xx (null without HTTP). */
  readonly sessionRate: number;
  readonly requestRate: number | null;
  readonly bytesInRate: number;
  readonly bytesOutRate: number;
  readonly errorRate: number;
  readonly status5xxRate: number | null;
}

const keyOf = ({ kind, proxy, name }: Stat): string => `${kind} ${proxy} ${name}`;
const rateOf = (then: number, now: number, seconds: number): number => Math.round((Math.max(0, now - then) / seconds) * 10) / 10;
const errorsOf = ({ errors: { request, connect, response } }: Stat): number => request + connect + response;

/** What stays in the kernel: pipes in use and waiting, now, and bytes a second that leave through them. */
export interface SplicingRates extends Pick<Splicing, 'pipesUsed' | 'pipesFree'> {
  readonly bytesRate: number;
}

/** The rate between two looks, `seconds` apart; a new worker counts anew. */
export function splicingBetween(before: Splicing, { pipesUsed, pipesFree, bytes }: Splicing, seconds: number): SplicingRates {
  return { pipesUsed, pipesFree, bytesRate: rateOf(before.bytes, bytes, seconds) };
}

/**
 * The rates between two looks, `seconds` apart. What was not there at the first look is left out. A counter that went back (HAProxy was started anew, or
 * the worker that counted the last was replaced) says nothing of the interval: 0.
 */
export function ratesBetween(before: readonly Stat[], after: readonly Stat[], seconds: number): readonly Rates[] {
  const earlier = new Map(before.map((stat) => [keyOf(stat), stat]));
  const rate = (then: number, now: number) => rateOf(then, now, seconds);
  return after.flatMap((now) => {
    const then = earlier.get(keyOf(now));
    if (then === undefined) return [];
    const { kind, proxy, name, status, sessions, queue } = now;
    return [
      {
        kind,
        proxy,
        name,
        status,
        sessions,
        queue,
        sessionRate: rate(then.sessionsTotal, now.sessionsTotal),
        requestRate: now.requestsTotal === null ? null : rate(then.requestsTotal ?? 0, now.requestsTotal),
        bytesInRate: rate(then.bytesIn, now.bytesIn),
        bytesOutRate: rate(then.bytesOut, now.bytesOut),
        errorRate: rate(errorsOf(then), errorsOf(now)),
        status5xxRate: now.responses === null ? null : rate(then.responses?.['5xx'] ?? 0, now.responses['5xx']),
      },
    ];
  });
}
