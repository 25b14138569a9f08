import { type LogLine, parseLogLine } from './log-line.ts';
import { type Count, printable, type Reading } from './logs.ts';

/** Most different things that one tally tells apart, so that no log can fill the memory; what comes later is counted together. */
const limit = 200_000;

/** Errors of one kind at one place. */
export interface ErrorGroup {
  readonly kind: LogLine['kind'];
  /** Null: a connection of mode tcp, or none that got so far. -1: a request that was never answered. */
  readonly status: number | null;
  /** Termination state, two characters; null where the connection was refused. */
  readonly termination: string | null;
  /** `backend/server`, or the listener that refused. */
  readonly where: string;
  /** What HAProxy says of a refused connection. */
  readonly message: string | null;
  readonly count: number;
}

/** What a log says of connections of mode tcp with one server. */
export interface ConnectionCount {
  readonly server: string;
  readonly connections: number;
  /** Those that ended normally, `--`. */
  readonly complete: number;
  readonly averageConnectMs: number;
  readonly averageTotalMs: number;
  readonly bytes: number;
}

/** Takes a log's text in any pieces; counts what is asked for. */
export interface Tally<Counts> {
  readonly add: (text: string) => void;
  /** Ends the last line; then the counts, each by frequency, and how many lines did not find a place. */
  readonly end: () => Counts & { readonly lines: number; readonly uncounted: number };
}

/** Errors by status, termination and server: of the lines that `halog -e` prints, and of those that it does not know. */
export function errorTally(reading: Reading): Tally<{ readonly errors: readonly ErrorGroup[] }> {
  const groups = new Map<string, ErrorGroup>();
  const counter = countWithin();
  return tally(
    reading,
    (line) => {
      if (line.kind === 'tcp' && line.termination === '--') return;
      const key = keyOf(line);
      if (counter.add(key)) groups.set(key, groupOf(line));
    },
    () => ({
      uncounted: counter.uncounted(),
      errors: counter.sorted().map(([key, count]) => ({ ...(groups.get(key) as ErrorGroup), count })),
    }),
  );
}

function keyOf(line: LogLine): string {
  if (line.kind === 'refused') return `${line.listener} ${line.message}`;
  return `${line.kind === 'http' ? line.status : 'tcp'} ${line.termination} ${line.server}`;
}

function groupOf(line: LogLine): ErrorGroup {
  if (line.kind === 'refused')
    return { kind: line.kind, status: null, termination: null, where: shown(line.listener), message: shown(line.message), count: 0 };
  const status = line.kind === 'http' ? line.status : null;
  return { kind: line.kind, status, termination: shown(line.termination), where: shown(line.server), message: null, count: 0 };
}

/** Connections of mode tcp: how they ended, with which servers, of which clients; and how many were refused. */
export function connectionTally(reading: Reading): Tally<{
  readonly connections: number;
  readonly refused: number;
  readonly terminations: readonly Count[];
  readonly servers: readonly ConnectionCount[];
  readonly clients: readonly Count[];
}> {
  const [terminations, names, clients] = [countWithin(), countWithin(), countWithin()];
  const sums = new Map<string, { complete: number; connected: number; connectMs: number; totalMs: number; bytes: number }>();
  let refused = 0;
  return tally(
    reading,
    (line) => {
      if (line.kind === 'refused') refused++;
      if (line.kind !== 'tcp') return;
      terminations.add(line.termination);
      clients.add(line.client);
      if (names.add(line.server)) sums.set(ownText(line.server), { complete: 0, connected: 0, connectMs: 0, totalMs: 0, bytes: 0 });
      const sum = sums.get(line.server);
      if (sum === undefined) return;
      if (line.termination === '--') sum.complete++;
      if (line.connectMs >= 0) {
        sum.connected++;
        sum.connectMs += line.connectMs;
      }
      sum.totalMs += Math.max(0, line.totalMs);
      sum.bytes += line.bytes;
    },
    () => ({
      connections: terminations.total(),
      refused,
      uncounted: clients.uncounted(),
      terminations: terminations.sorted().map(countOf),
      clients: clients.sorted().map(countOf),
      servers: names.sorted().map(([server, connections]) => {
        const { complete = 0, connected = 0, connectMs = 0, totalMs = 0, bytes = 0 } = sums.get(server) ?? {};
        const averageConnectMs = Math.round(connectMs / Math.max(1, connected));
        return {
          server: printable(server),
          connections,
          complete,
          averageConnectMs,
          averageTotalMs: Math.round(totalMs / connections),
          bytes,
        };
      }),
    }),
  );
}

/** Cuts text into lines, and gives those within the span to `take`. */
function tally<Counts>(
  { headerWords, span }: Reading,
  take: (line: LogLine) => void,
  counts: () => Counts & { readonly uncounted: number },
) {
  let [rest, lines] = ['', 0];
  const [since, until] = [span.since ?? Number.NEGATIVE_INFINITY, span.until ?? Number.POSITIVE_INFINITY];
  const read = (text: string) => {
    const line = parseLogLine(text, headerWords);
    if (line === null || line.second < since || line.second > until) return;
    lines++;
    take(line);
  };
  return {
    add: (text: string) => {
      const pieces = text.split('\n');
      pieces[0] = rest + pieces[0];
      rest = pieces.pop() as string;
      for (const piece of pieces) read(piece);
    },
    end: () => {
      if (rest !== '') read(rest);
      rest = '';
      return { lines, ...counts() };
    },
  };
}

/** Counts up to `limit` different keys; `add` says whether a key is new. */
function countWithin() {
  const counts = new Map<string, number>();
  let [total, uncounted] = [0, 0];
  return {
    add: (key: string): boolean => {
      total++;
      const before = counts.get(key);
      if (before === undefined && counts.size >= limit) uncounted++;
      else counts.set(before === undefined ? ownText(key) : key, (before ?? 0) + 1);
      return before === undefined && counts.has(key);
    },
    total: () => total,
    uncounted: () => uncounted,
    sorted: () => [...counts].toSorted(([, a], [, b]) => b - a),
  };
}

const shown = (text: string) => printable(ownText(text));
const countOf = ([key, count]: readonly [string, number]): Count => ({ code: printable(key), count });

/** A copy: a part of a text keeps the whole of it in memory, here each piece of a log in which something was new. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}
