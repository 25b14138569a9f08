/**
 * What `show stat` says of frontends, backends and servers (management guide, 9.1 "CSV format"). As CSV: for 10,000 backends the typed and JSON forms
 * pass 100 MB.
 */

/** A frontend, a backend or a server, now and since it counts: counters outlive a reload, and begin anew when HAProxy is started. */
export interface Stat {
  readonly kind: 'frontend' | 'backend' | 'server';
  /** The frontend or backend; for a server the backend that it is in. */
  readonly proxy: string;
  readonly name: string;
  readonly mode: string;
  /** HAProxy's word: `OPEN`, `UP`, `UP 1/3` (going down), `DOWN`, `DOWN 1/2` (going up), `DRAIN`, `MAINT`, `NOLB`, `no check`. */
  readonly status: string;
  readonly address: string | null;
  readonly sessions: number;
  readonly sessionsMax: number;
  readonly sessionsLimit: number | null;
  readonly sessionsTotal: number;
  /** Requests since counting began; of a server the responses that it gave. Null without HTTP. */
  readonly requestsTotal: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Refused by rules, requests and responses. */
  readonly denied: number;
  /** Requests that were none, connections that failed, responses that were none. */
  readonly errors: { readonly request: number; readonly connect: number; readonly response: number };
  /** Responses by the first digit of their status; null without HTTP. */
  readonly responses: { readonly [status in '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other']: number } | null;
  readonly retries: number;
  readonly redispatches: number;
  /** Requests that wait for a server now, and the most that did; null for a frontend. */
  readonly queue: number | null;
  readonly queueMax: number | null;
  /** Null for a frontend; of a backend the sum of its servers that are used. */
  readonly weight: number | null;
  /** The part of its weight that a server has while it starts slowly, percent. */
  readonly throttle: number | null;
  readonly isBackup: boolean;
  /** Seconds since the status changed last, and in which nobody served. */
  readonly changedSeconds: number | null;
  readonly downSeconds: number | null;
  /** The last health check; null where there is none. */
  readonly check: Check | null;
  /** Milliseconds, averages of the last 1,024 requests: in the queue, connecting, until the response began, in all; null for a frontend. */
  readonly times: { readonly queue: number; readonly connect: number; readonly response: number; readonly total: number } | null;
}

/** The last health check of a server. */
export interface Check {
  /** HAProxy's word, `L7STS`; `* ` before it while the next check runs. */
  readonly status: string;
  /** The same in words, `Layer7 wrong status`. */
  readonly words: string;
  /** What the server or the kernel said of it; anybody's text. */
  readonly said: string;
  /** An HTTP status or the like; null: none. */
  readonly code: number | null;
  /** Milliseconds that it took. */
  readonly durationMs: number | null;
  /** Checks that failed, and times that the server went down. */
  readonly failures: number;
  readonly downs: number;
}

/** On the admin socket of a worker: everything, or one backend and its servers; `parseStats`. A name has letters, digits and `_ . : -`. */
export function showStat(backend: string | null = null): string {
  return backend === null ? 'show stat -1 7 -1\n' : `show stat ${backend} 6 -1\n`;
}

/** The cells of CSV (RFC 4180): a quoted cell may hold commas, line breaks and doubled quotes. */
export function cells(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/gy;
  while (cell.lastIndex < csv.length) {
    const found = cell.exec(csv);
    if (found === null) break;
    const [, quoted, plain = '', end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** By the column `type`: a server may be called BACKEND. */
const kinds: Readonly<Record<string, Stat['kind']>> = { 0: 'frontend', 1: 'backend' };

/** Reads the answer to `showStat`; null where it is none, such as for a backend that does not exist. */
export function parseStats(answer: string): readonly Stat[] | null {
  if (!answer.startsWith('# pxname,')) return null;
  const [head = [], ...rows] = cells(answer.slice(2));
  const column = new Map(head.map((name, index) => [name, index]));
  return rows.map((row) => statOf((name) => row[column.get(name) ?? -1] ?? ''));
}

function statOf(cell: (name: string) => string): Stat {
  const number = (name: string) => (cell(name) === '' ? null : Number(cell(name)));
  const count = (name: string) => number(name) ?? 0;
  const kind = kinds[cell('type')] ?? 'server';
  const isHttp = cell('mode') === 'http';
  const responses = {
    '1xx': count('hrsp_1xx'),
    '2xx': count('hrsp_2xx'),
    '3xx': count('hrsp_3xx'),
    '4xx': count('hrsp_4xx'),
    '5xx': count('hrsp_5xx'),
    other: count('hrsp_other'),
  };
  return {
    kind,
    proxy: cell('pxname'),
    name: kind === 'server' ? cell('svname') : cell('pxname'),
    mode: cell('mode'),
    status: cell('status'),
    address: cell('addr') || null,
    sessions: count('scur'),
    sessionsMax: count('smax'),
    sessionsLimit: number('slim'),
    sessionsTotal: count('stot'),
    requestsTotal: isHttp ? (number('req_tot') ?? Object.values(responses).reduce((sum, each) => sum + each, 0)) : null,
    bytesIn: count('bin'),
    bytesOut: count('bout'),
    denied: count('dreq') + count('dresp'),
    errors: { request: count('ereq'), connect: count('econ'), response: count('eresp') },
    responses: isHttp ? responses : null,
    retries: count('wretr'),
    redispatches: count('wredis'),
    queue: number('qcur'),
    queueMax: number('qmax'),
    weight: number('weight'),
    throttle: number('throttle'),
    isBackup: kind === 'server' && cell('bck') === '1',
    changedSeconds: number('lastchg'),
    downSeconds: number('downtime'),
    check: cell('check_status') === '' ? null : checkOf(cell, number),
    times: kind === 'frontend' ? null : { queue: count('qtime'), connect: count('ctime'), response: count('rtime'), total: count('ttime') },
  };
}

function checkOf(cell: (name: string) => string, number: (name: string) => number | null): Check {
  return {
    status: cell('check_status'),
    words: cell('check_desc'),
    said: cell('last_chk'),
    code: number('check_code'),
    durationMs: number('check_duration'),
    failures: number('chkfail') ?? 0,
    downs: number('chkdown') ?? 0,
  };
}

/** The backends of a machine with their servers, without those that only hold a stick table: no server, and no session ever. */
export function withoutTables(stats: readonly Stat[]): readonly Stat[] {
  const served = new Set(stats.flatMap(({ kind, proxy }) => (kind === 'server' ? [proxy] : [])));
  return stats.filter(({ kind, proxy, sessionsTotal }) => kind !== 'backend' || sessionsTotal > 0 || served.has(proxy));
}
