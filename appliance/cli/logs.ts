import { suggestion } from '../config/nearest.ts';
import { answer, refuseWith } from './answer.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { exitCode, type Io } from './io.ts';
import { parseMoment, wallClock } from './log-moment.ts';
import { type Question, questions } from './log-questions.ts';
import { findHeaderWords, type LogRefusal, logFiles, type PassesRead, readPasses } from './log-reader.ts';
import { readText } from './log-text.ts';

const names = Object.keys(questions);

/** `weir logs`: what HAProxy's log says, asked with HAProxy's own halog. */
export const logs: Command = {
  name: 'logs',
  summary: "ask HAProxy's log: top URLs or clients, errors, what is slow, status and termination codes, servers",
  argument: { name: '<question>', description: names.join(', '), words: names },
  options: [
    {
      flags: '--by <order>',
      description: `top: ${questions.top?.orders.join(', ')}; slow: ${questions.slow?.orders.join(', ')} (default: the first)`,
    },
    { flags: '--limit <n>', description: 'rows of each table (default: 20)' },
    { flags: '--since <when>', description: "90s, 15m, 2h or 3d ago, 13:05, 2026-11-23 or 2026-11-23T13:05, by the log's clock" },
    { flags: '--until <when>', description: 'as --since' },
    { flags: '--file <file>', description: "this log, also compressed (default: all of the appliance's own)" },
    jsonOption,
  ],
  example: 'weir logs errors --since 1h\nweir logs top --by clients --limit 10\nweir logs codes --file haproxy.log.2.gz',
  run: async (args, io) => {
    const wanted = wantedOf(args, io);
    if ('message' in wanted) return refuseWith(args, io, wanted.message, wanted.hint);
    const { name, question, limit, by, span, file } = wanted;
    const refused = ({ message, hint, code }: LogRefusal) => {
      refuseWith(args, io, message, hint);
      return code;
    };
    const files = await logFiles(io, file);
    if ('message' in files) return refused(files);
    const headerWords = await findHeaderWords(io, files);
    if (headerWords !== null && typeof headerWords !== 'number') return refused(headerWords);
    if (headerWords === null) {
      answer(
        args,
        io,
        { question: name, files, lines: 0 },
        () => `Nothing was logged yet${files.length === 0 ? '' : `: ${files.join(', ')}`}\n`,
      );
      return exitCode.done;
    }
    const { passes, find } = question.ask({ headerWords, span }, { limit, by });
    const read = await readPasses(io, files, passes);
    if ('message' in read) return refused(read);
    const { json, text } = find(read.outputs);
    answer(
      args,
      io,
      { question: name, ...json, files, lines: read.linesOnce, unknown: read.unknownOnce, rate: rateOf(read) },
      () => `${text}${readText(read, files)}`,
    );
    return exitCode.done;
  },
};

interface Refused {
  readonly message: string;
  readonly hint?: string;
}

/** The command line, checked. */
function wantedOf({ positional, options }: Arguments, io: Io) {
  const refuse = (message: string, hint?: string): Refused => ({ message, ...(hint === undefined ? {} : { hint }) });
  const name = positional[0] ?? '';
  const question: Question | undefined = Object.hasOwn(questions, name) ? questions[name] : undefined;
  if (question === undefined) return refuse(`there is no question ${JSON.stringify(name)}`, suggestion(name, names));
  const by = String(options.by ?? question.orders[0] ?? '');
  if (options.by !== undefined && question.orders.length === 0) return refuse(`weir logs ${name} has one order alone`, 'leave --by out');
  if (options.by !== undefined && !question.orders.includes(by))
    return refuse(`weir logs ${name} has no order ${JSON.stringify(by)}`, suggestion(by, question.orders));
  const limit = Number(options.limit ?? 20);
  if (!/^[1-9][0-9]{0,4}$/.test(String(options.limit ?? 20))) return refuse(`--limit ${options.limit} is not a number from 1 to 99999`);
  const now = wallClock(io.host.now());
  const [since, until] = [moment(options.since, now), moment(options.until, now)];
  for (const [option, at] of Object.entries({ since, until }))
    if (at === undefined)
      return refuse(`--${option} ${JSON.stringify(options[option])} is no time`, 'write 90s, 15m, 2h, 3d, 13:05 or 2026-11-23T13:05');
  const span = { since: since ?? null, until: until ?? null };
  if (span.since !== null && span.until !== null && span.since > span.until) return refuse('--since is later than --until', 'swap them');
  return { name, question, by, limit, span, file: options.file === undefined ? null : String(options.file) };
}

/** Null where it is not asked for, undefined where it is no time. */
function moment(text: string | true | undefined, now: number): number | null | undefined {
  return text === undefined ? null : (parseMoment(String(text), now) ?? undefined);
}

/** How fast it was; where files are compressed, megabytes of them as they lie on the disk. */
function rateOf({ bytes, lines, ms, passes, isPacked }: PassesRead) {
  const seconds = ms / 1000;
  return {
    passes,
    seconds: Number(seconds.toFixed(3)),
    megabytesPerSecond: Number((bytes / 1e6 / seconds).toFixed(1)),
    linesPerSecond: Math.round(lines / seconds),
    isPacked,
  };
}
