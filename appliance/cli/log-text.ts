import type { ConnectionCount, ErrorGroup } from '../../proxy/haproxy/log-tally.ts';
import type { Count, Percentile, ServerCount, UrlCount } from '../../proxy/haproxy/logs.ts';
import { explainTermination } from '../../proxy/haproxy/termination.ts';
import type { PassesRead } from './log-reader.ts';
import { size, table } from './log-table.ts';

/** Longest name of a table; scripts get all of it. */
const longest = 120;

const cut = (text: string) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
const ms = (value: number) => `${value.toLocaleString('en')} ms`;
const several = (count: number, one: string) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

/** Below tables of URLs. */
const unserved = 'unserved: no server answered, HAProxy did (a redirect, a rule, an error) or nobody';

/** What there is to say where nothing was found. */
function orElse(lines: readonly string[], text: string): string {
  return `${(lines.length === 0 ? [text, ''] : lines).join('\n')}\n`;
}

/** Of `weir logs top`. */
export function topText(
  counts: readonly UrlCount[],
  by: string,
  tcp: readonly { readonly client: string; readonly connections: number }[] = [],
  uncounted = 0,
): string {
  if (by === 'clients') {
    const rows = counts.map(({ name, requests, totalBytes }) => [requests, size(totalBytes), cut(name)]);
    const connections = tcp.map(({ client, connections }) => [connections, cut(client)]);
    const note = uncounted > 0 ? [`${several(uncounted, 'connection')} of further clients were not told apart`, ''] : [];
    return orElse(
      [
        ...table('clients by HTTP requests', ['requests', 'sent', 'client'], rows),
        ...table('clients by TCP connections', ['connections', 'client'], connections),
        ...note,
      ],
      'no client in the log',
    );
  }
  const rows = counts.map(({ requests, unserved, totalMs, averageMs, totalBytes, name }) => [
    requests,
    unserved,
    ms(averageMs),
    ms(totalMs),
    size(totalBytes),
    cut(name),
  ]);
  return orElse(
    table(
      by === 'errors' ? 'URLs by errors: requests with status 5xx or none' : `URLs by ${by}`,
      [by === 'errors' ? 'errors' : 'requests', 'unserved', 'average', 'time', 'sent', 'URL'],
      rows,
      unserved,
    ),
    'no HTTP request in the log; for TCP: weir logs top --by clients, weir logs servers, weir logs codes',
  );
}

/** Of `weir logs slow`. */
export function slowText(percentiles: readonly Percentile[], urls: readonly UrlCount[], by: string): string {
  const times = percentiles.map(({ percent, requestMs, connectMs, responseMs, dataMs }) => [
    `${percent} %`,
    ms(requestMs),
    ms(connectMs),
    ms(responseMs),
    ms(dataMs),
    '',
  ]);
  const slow = urls.map(({ averageMs, servedAverageMs, totalMs, requests, unserved, name }) => [
    ms(averageMs),
    ms(servedAverageMs),
    ms(totalMs),
    requests,
    unserved,
    cut(name),
  ]);
  return orElse(
    [
      ...table('complete requests took at most', ['of them', 'to arrive', 'to connect', 'to answer', 'to transfer', ''], times),
      ...table(`URLs by time, ${by}`, ['average', 'of served', 'total', 'requests', 'unserved', 'URL'], slow, unserved),
    ],
    'no HTTP request in the log; for TCP: weir logs servers',
  );
}

/** Of `weir logs errors`. */
export function errorsText(errors: readonly ErrorGroup[], limit: number, total: number): string {
  const shown = errors.slice(0, limit);
  const rows = shown.map(({ kind, status, termination, where, message, count }) => [
    count,
    kind === 'http' ? (status === null || status < 0 ? 'none' : `${status}`) : kind === 'tcp' ? 'TCP' : '',
    termination ?? '',
    cut(message === null ? where : `${where}: ${message}`),
  ]);
  const flags = [...new Set(shown.flatMap(({ termination }) => termination ?? []))];
  const more = errors.length > limit ? [`and ${several(errors.length - limit, 'kind')} more: --limit`, ''] : [];
  return orElse(
    [
      ...table(
        `${several(total, 'error')}: HTTP status 5xx or none, TCP ended otherwise than normally, connections refused`,
        ['count', 'status', 'ended', 'where'],
        rows,
      ),
      ...more,
      ...table(
        'how they ended',
        ['', ''],
        flags.map((flag) => [flag, explainTermination(flag)]),
      ),
    ],
    'no error in the log: no HTTP status 5xx or none, no TCP connection that ended otherwise than normally',
  );
}

type Explained = Count & { readonly share: number; readonly means: string };

/** Of `weir logs codes`. */
export function codesText(found: {
  readonly status: readonly Explained[];
  readonly terminations: readonly Explained[];
  readonly cookies: readonly Explained[];
  readonly tcpTerminations: readonly Explained[];
  readonly refused: number;
  /** Codes that the limit leaves out. */
  readonly left: number;
}): string {
  const rows = (counts: readonly Explained[]) =>
    counts.map(({ code, count, share, means }) => [count, `${(100 * share).toFixed(1)} %`, code, means]);
  const columns = ['count', 'share', 'code', ''];
  const hasCookies = found.cookies.some(({ code }) => code !== '--');
  return orElse(
    [
      ...table('HTTP status', columns, rows(found.status)),
      ...table('how HTTP requests ended', columns, rows(found.terminations)),
      ...(hasCookies ? table('persistence cookies', columns, rows(found.cookies)) : []),
      ...table('how TCP connections ended', columns, rows(found.tcpTerminations)),
      ...(found.left > 0 ? [`and ${several(found.left, 'code')} more: --limit`, ''] : []),
      ...(found.refused > 0 ? [`${several(found.refused, 'connection')} failed before a request: weir logs errors`, ''] : []),
    ],
    'no request and no connection in the log',
  );
}

/** Of `weir logs servers`. */
export function serversText(found: {
  readonly http: readonly ServerCount[];
  readonly tcp: readonly ConnectionCount[];
  readonly of: { readonly http: number; readonly tcp: number };
}): string {
  const http = found.http.map(({ server, requests, status, complete, averageConnectMs, averageResponseMs }) => [
    requests,
    status['2xx'],
    status['3xx'],
    status['4xx'],
    status['5xx'],
    status['1xx'] + status.none,
    requests - complete,
    ms(averageConnectMs),
    ms(averageResponseMs),
    cut(server),
  ]);
  const tcp = found.tcp.map(({ server, connections, complete, averageConnectMs, averageTotalMs, bytes }) => [
    connections,
    connections - complete,
    ms(averageConnectMs),
    ms(averageTotalMs),
    size(bytes),
    cut(server),
  ]);
  const more = found.of.http + found.of.tcp - found.http.length - found.tcp.length;
  return orElse(
    [
      ...table(
        'HTTP, a server each (<NOSRV>: no server was reached)',
        ['requests', '2xx', '3xx', '4xx', '5xx', 'other', 'unfinished', 'connect', 'response', 'backend/server'],
        http,
      ),
      ...table('TCP', ['connections', 'not normal', 'connect', 'lasted', 'sent', 'backend/server'], tcp),
      ...(more > 0 ? [`and ${several(more, 'server')} more: --limit`, ''] : []),
    ],
    'no request and no connection in the log',
  );
}

/** What was read and how fast: the last line of each answer. */
export function readText(
  { linesOnce, unknownOnce, passes, bytes, lines, ms: took, isPacked }: PassesRead,
  files: readonly string[],
): string {
  const unknown = unknownOnce > 0 ? ` (${unknownOnce.toLocaleString('en')} of no request or connection)` : '';
  const where = files.length === 1 ? `${files[0]}` : `${files.length} files`;
  const long = took < 1000 ? ms(Math.round(took)) : `${(took / 1000).toFixed(1)} s`;
  const rate = `${size((bytes / took) * 1000)}/s, ${several(Math.round((lines / took) * 1000), 'line')}/s`;
  const packed = isPacked ? ' in part compressed' : '';
  const times = passes === 1 ? 'once' : `${passes} times`;
  return `${several(linesOnce, 'line')}${unknown} of ${where}, ${size(bytes / passes)}${packed}, read ${times} in ${long}: ${rate}\n`;
}
