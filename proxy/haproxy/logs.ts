/** HAProxy's logs by `halog` (of its own package, admin/halog): its arguments, what it prints, and the lines of which it does not speak. Pure. */

/** Moments by the log's own clock, in seconds as if that were UTC; null is open. */
export interface Span {
  readonly since: number | null;
  readonly until: number | null;
}

/** How halog reads a log: how many words stand before the client's address, and which requests count. */
export interface Reading {
  readonly headerWords: number;
  readonly span: Span;
}

/** Words of a syslog header on which halog counts by itself (`Nov 23 10:00:00 host haproxy[1]:`). */
const usualHeaderWords = 5;

/** The arguments for halog: `output` is one of its output formats and filters, as `['-uc', '-m', '20']`. Connections of mode tcp are left out, of which it knows nothing. */
export function halogArguments({ headerWords, span }: Reading, output: readonly string[]): readonly string[] {
  // its `-s` is 1 where a header has the usual number of words
  return ['-s', `${headerWords - usualHeaderWords + 1}`, '-H', ...timeFilter(span), ...output];
}

/** The arguments for halog to print what is no HTTP request and has a date: connections of mode tcp, and connections that failed. Of any time: `-v` turns all filters round. */
export function otherLinesArguments({ headerWords }: Reading): readonly string[] {
  return ['-s', `${headerWords - usualHeaderWords + 1}`, '-H', '-v', '-q'];
}

function timeFilter({ since, until }: Span): readonly string[] {
  if (until !== null) return ['-time', `${since ?? ''}:${until}`];
  return since === null ? [] : ['-time', `${since}`];
}

/** How many lines halog read, and how many were not of a request or connection at all. */
export interface Summary {
  readonly lines: number;
  readonly unknown: number;
}

/** The last line that halog writes to standard error: `12 lines in, 3 lines out, 0 parsing errors`. Null when it did not come to its end. */
export function parseSummary(stderr: string): Summary | null {
  const found = /(\d+) lines in, -?\d+ lines out, (\d+) parsing errors\s*$/.exec(stderr);
  return found && { lines: Number(found[1]), unknown: Number(found[2]) };
}

/** A code and how often it was logged. */
export interface Count {
  readonly code: string;
  readonly count: number;
}

/** Codes with their counts, most frequent first, as `-st`, `-tc` and `-cc` print them. */
export function parseCounts(stdout: string): readonly Count[] {
  const counts = rows(stdout).flatMap((row) => {
    const [, code, count] = /^(.+) (\d+)$/.exec(row) ?? [];
    return code === undefined ? [] : [{ code: printable(code), count: Number(count) }];
  });
  return counts.toSorted((a, b) => b.count - a.count);
}

/** A URL (without its query) or a client of `-u*` and `-ic`. Times are in milliseconds, until a server answered; of a request that none did, of the whole request. */
export interface UrlCount {
  readonly name: string;
  readonly requests: number;
  /** Requests that no server answered: HAProxy did (a redirect, a rule, an error), or nobody. */
  readonly unserved: number;
  readonly totalMs: number;
  readonly averageMs: number;
  /** Average of the requests that a server answered. */
  readonly servedAverageMs: number;
  readonly averageBytes: number;
  readonly totalBytes: number;
}

/** URLs or clients, in halog's order. */
export function parseUrls(stdout: string): readonly UrlCount[] {
  return rows(stdout).flatMap((row) => {
    const found = /^(\d+) (\d+) (\d+) (\d+) \d+ (\d+) (\d+) (\d+) (.*)$/.exec(row);
    if (!found) return [];
    const [requests = 0, unserved = 0, totalMs = 0, averageMs = 0, servedAverageMs = 0, averageBytes = 0, totalBytes = 0] = found
      .slice(1, 8)
      .map(Number);
    return [{ name: printable(found[8] ?? ''), requests, unserved, totalMs, averageMs, servedAverageMs, averageBytes, totalBytes }];
  });
}

/** A server of `-srv`: `backend/server`. */
export interface ServerCount {
  readonly server: string;
  readonly requests: number;
  /** Requests by the first digit of their status: 1xx to 5xx, and those without one. */
  readonly status: { readonly [digits in '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'none']: number };
  /** Requests that came to their end, all timers known. */
  readonly complete: number;
  readonly averageConnectMs: number;
  readonly averageResponseMs: number;
}

/** Servers, those with most requests first. */
export function parseServers(stdout: string): readonly ServerCount[] {
  const servers = rows(stdout).flatMap((row) => {
    const found = /^(\S+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) [\d.]+ (-?\d+) (-?\d+)$/.exec(row);
    if (!found) return [];
    const [i = 0, ii = 0, iii = 0, iv = 0, v = 0, none = 0, requests = 0, complete = 0, averageConnectMs = 0, averageResponseMs = 0] = found
      .slice(2)
      .map(Number);
    const status = { '1xx': i, '2xx': ii, '3xx': iii, '4xx': iv, '5xx': v, none };
    return [{ server: printable(found[1] ?? ''), requests, status, complete, averageConnectMs, averageResponseMs }];
  });
  return servers.toSorted((a, b) => b.requests - a.requests);
}

/** What share of all complete requests took at most so long, in milliseconds, of `-pct`: until the request was there, to connect, until the response began, and for its data. */
export interface Percentile {
  readonly percent: number;
  readonly requestMs: number;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly dataMs: number;
}

/** The percentiles that halog prints, 0.1 to 100. */
export function parsePercentiles(stdout: string): readonly Percentile[] {
  return rows(stdout).flatMap((row) => {
    const found = /^([\d.]+) \d+ (-?\d+) (-?\d+) (-?\d+) (-?\d+) ?$/.exec(row);
    if (!found) return [];
    const [percent = 0, requestMs = 0, connectMs = 0, responseMs = 0, dataMs = 0] = found.slice(1).map(Number);
    return [{ percent, requestMs, connectMs, responseMs, dataMs }];
  });
}

function rows(stdout: string): readonly string[] {
  return stdout.split('\n').filter((row) => row !== '');
}

/**
 * Text of a log as it may be shown: what a terminal would obey (controls, of C1 too, and marks that turn the direction of writing) as `\x1b`. HAProxy
 * writes none, but a log may come from elsewhere.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (found) => {
    const code = found.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
