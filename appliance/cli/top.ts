import { type Rates, ratesBetween, type SplicingRates, splicingBetween } from '../../proxy/haproxy/rates.ts';
import { sockets } from '../agent/sockets.ts';
import type { Sample } from '../agent/traffic.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, short, wholeNumber } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';
import { secondsOf } from './time.ts';
import { tell } from './told.ts';

/** `weir top`: what frontends, backends and servers do, a second. */
export const top: Command = {
  name: 'top',
  summary: 'show what frontends, backends and servers do: sessions, requests, bytes and errors a second',
  options: [
    { flags: '--interval <time>', description: 'over how long, from 1s to 1h (default: 1s)' },
    { flags: '--count <number>', description: 'how many times, one after the other (default: 1)' },
    { flags: '--limit <number>', description: 'the busiest so many of each kind (default: 20); --json tells all' },
    jsonOption,
  ],
  example: 'weir top --interval 5s --count 12\nweir top --json',
  run: async (args, io) => {
    const { interval = '1s', count: times = '1', limit: most = '20' } = args.options;
    const [seconds, count, limit] = [
      secondsOf(String(interval)),
      wholeNumber(String(times), 1_000_000),
      wholeNumber(String(most), 100_000),
    ];
    if (seconds === null || seconds < 1 || seconds > 3600)
      return refuseWith(args, io, `"${interval}" is not a time from 1s to 1h`, 'say for example --interval 5s');
    if (count === null) return refuseWith(args, io, `"${times}" is not a number of times`, 'say for example --count 12');
    if (limit === null) return refuseWith(args, io, `"${most}" is not a number of rows`, 'say for example --limit 50');
    if (args.options.json && count > 1) return refuseWith(args, io, 'with --json there is one answer', 'leave --count out');
    let before = await tell<Sample>(args, io, sockets.status, '/stats');
    if (before.kind === 'refused') return before.code;
    const ending = io.ending();
    for (let turn = 0; turn < count && !ending.aborted; turn++) {
      await io.host.sleep(seconds * 1000, ending);
      const after = await tell<Sample>(args, io, sockets.status, '/stats');
      if (after.kind === 'refused') return after.code;
      const past = (after.body.at - before.body.at) / 1000;
      const rates = past > 0 ? ratesBetween(before.body.stats, after.body.stats, past) : [];
      const [then, now] = [before.body.splicing, after.body.splicing];
      const splicing = then !== null && now !== null && past > 0 ? splicingBetween(then, now, past) : null;
      answer(
        args,
        io,
        { at: new Date(after.body.at).toISOString(), seconds: past, rates, splicing },
        () => `${turn > 0 ? '\n' : ''}${topText(rates, limit)}${splicing === null ? '' : splicingText(splicing)}`,
      );
      before = after;
    }
    return exitCode.done;
  },
};

const busier = (a: Rates, b: Rates): number =>
  b.bytesInRate + b.bytesOutRate - (a.bytesInRate + a.bytesOutRate) || b.sessionRate - a.sessionRate || b.sessions - a.sessions;

/** The busiest of each kind, frontends first. */
export function topText(rates: readonly Rates[], limit: number): string {
  const head = ['', 'name', 'state', 'sessions', 'queue', 'sessions/s', 'requests/s', 'in B/s', 'out B/s', 'errors/s', '5xx/s'];
  const kinds = (['frontend', 'backend', 'server'] as const).map((kind) => rates.filter((one) => one.kind === kind).toSorted(busier));
  const rows = kinds.flatMap((of) =>
    of.slice(0, limit).map(({ kind, proxy, name, status, sessions, queue, ...one }) => {
      const numbers = [
        sessions,
        queue,
        one.sessionRate,
        one.requestRate,
        one.bytesInRate,
        one.bytesOutRate,
        one.errorRate,
        one.status5xxRate,
      ];
      return [kind, kind === 'server' ? `${proxy}/${name}` : name, status, ...numbers.map(short)];
    }),
  );
  const left = kinds.map((of) => Math.max(0, of.length - limit)).reduce((sum, each) => sum + each, 0);
  return `${columns(head, rows, new Set([0, 1, 2]))}${left === 0 ? '' : `${left} more that did less: --limit shows them\n`}`;
}

/** What stays in the kernel (option splice-auto), of everything together. */
export function splicingText({ pipesUsed, pipesFree, bytesRate }: SplicingRates): string {
  return `spliced in the kernel: ${short(bytesRate)} B/s; pipes: ${pipesUsed} in use, ${pipesFree} free\n`;
}
