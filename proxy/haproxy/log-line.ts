/** A request of `option httplog` (configuration manual 3.0, 8.2.3), as far as errors are told apart. */
interface HttpLine {
  readonly kind: 'http';
  /** -1: none was sent. */
  readonly status: number;
  readonly termination: string;
  /** `backend/server`, `<NOSRV>` and `<STATS>` as HAProxy writes them. */
  readonly server: string;
}

/** A connection of `option tcplog` (8.2.2); times in milliseconds, -1 for what did not happen. */
interface TcpLine {
  readonly kind: 'tcp';
  readonly client: string;
  readonly server: string;
  readonly connectMs: number;
  readonly totalMs: number;
  readonly bytes: number;
  readonly termination: string;
}

/** A connection that failed before it said anything (8.2.5 "Error log format"): `web/1: SSL handshake failure`. */
interface RefusedLine {
  readonly kind: 'refused';
  readonly client: string;
  readonly listener: string;
  readonly message: string;
}

/** A line of HAProxy's log. `second`: when the connection was accepted, by the log's own clock, in seconds as if that were UTC. */
export type LogLine = { readonly second: number } & (HttpLine | TcpLine | RefusedLine);

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const accepted = /^\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)$/;

// Sticky, so that they begin where the header ends; a plus is what logasap writes before what is not over yet.
const start = /(\S+) (\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d)\.\d+\] /y;
const http = /\S+ (\S+) -?\d+\/-?\d+\/-?\d+\/-?\d+\/\+?-?\d+ (-?\d+) \S+ \S+ \S+ (\S\S)/y;
const tcp = /\S+ (\S+) -?\d+\/(-?\d+)\/\+?(-?\d+) \+?(\d+) (\S\S)(?: |$)/y;
const refused = /(\S+\/\S+): (.*)/y;

/**
 * Reads lines whose syslog header has so many words; null for one of neither format. What stands in the log stands in the answer: see `printable`.
 */
export function parseLogLine(line: string, headerWords: number): LogLine | null {
  let at = 0;
  for (let word = 0; word < headerWords; word++) {
    at = line.indexOf(' ', at) + 1;
    if (at === 0) return null;
  }
  const begun = match(start, line, at);
  const second = begun && secondOf(begun[2] as string);
  if (begun === null || second === null) return null;
  at = start.lastIndex;

  const client = (begun[1] as string).replace(/:\d*$/, '');
  const connection = match(tcp, line, at);
  if (connection) {
    const [, server = '', connectMs, totalMs, bytes, termination = ''] = connection;
    return {
      kind: 'tcp',
      second,
      client,
      server,
      connectMs: Number(connectMs),
      totalMs: Number(totalMs),
      bytes: Number(bytes),
      termination,
    };
  }
  const request = match(http, line, at);
  if (request) {
    const [, server = '', status, termination = ''] = request;
    return { kind: 'http', second, status: Number(status), termination, server };
  }
  const [, listener, message = ''] = match(refused, line, at) ?? [];
  return listener === undefined ? null : { kind: 'refused', second, client, listener, message: message.slice(0, 200) };
}

function match(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

/** How many words the syslog header of most of these lines has; null where none of them is of a request or a connection. */
export function headerWordsOf(lines: readonly string[]): number | null {
  const votes = new Map<number, number>();
  for (const line of lines) {
    const at = line.split(' ', 20).findIndex((word) => secondOf(word.replace(/\.\d+\]$/, '')) !== null);
    if (at > 0) votes.set(at - 1, (votes.get(at - 1) ?? 0) + 1);
  }
  const [most] = [...votes].toSorted(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

/** The last second that was read: a log has many lines of one. */
let last: { readonly date: string; readonly second: number | null } = { date: '', second: null };

function secondOf(date: string): number | null {
  if (date === last.date) return last.second;
  const [, day, month = '', year, hours, minutes, seconds] = accepted.exec(date) ?? [];
  const number = months.indexOf(month);
  const ms = Date.UTC(Number(year), number, Number(day), Number(hours), Number(minutes), Number(seconds));
  last = { date, second: number === -1 ? null : ms / 1000 };
  return last.second;
}
