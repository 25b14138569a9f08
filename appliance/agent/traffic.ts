import { parseInfo, type Splicing, showInfo, toWorker } from '../../proxy/haproxy/runtime.ts';
import {
  type Moved,
  parseMoved,
  parseSessions,
  type Session,
  sessionsAtOnce,
  showSession,
  showSessions,
} from '../../proxy/haproxy/sessions.ts';
import { parseStats, type Stat, showStat, withoutTables } from '../../proxy/haproxy/stats.ts';
import { type Entry, parseEntries, parseTables, showTable, showTables, type Table } from '../../proxy/haproxy/table.ts';
import { places } from '../apply/places.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { isWithin, networkFrom } from '../state/blocks.ts';
import type { Requests } from './request.ts';

/** What was read, or why nothing was: HAProxy does not answer (503), or the request names what it does not have (404). */
export type Reading<Read> =
  | { readonly kind: 'read'; readonly read: Read }
  | { readonly kind: 'refused'; readonly status: 404 | 503; readonly message: string; readonly hint?: string };

/** Frontends, backends and servers at a time, milliseconds since 1970. */
export interface Sample {
  readonly at: number;
  readonly stats: readonly Stat[];
  /** Of all of them; null: only one backend was asked for, or HAProxy did not tell. */
  readonly splicing: Splicing | null;
}

/** A session, with what it has moved; null: it ended while we looked. */
export type Shown = Session & { readonly moved: Moved | null };

/** Sessions that were asked for: how many there are, and the oldest of them. */
export interface Sessions {
  readonly count: number;
  readonly sessions: readonly Shown[];
}

/** A stick table, how many of its entries were asked for, and the first of them. */
export interface Entries {
  readonly table: Table;
  readonly count: number;
  readonly entries: readonly Entry[];
}

/** A table of 500,000 entries, or 10,000 backends, is read for some seconds on a small machine. */
const patienceMs = 20_000;

type Asker = Pick<Host, 'ask' | 'now'>;

async function ask(host: Asker, command: string): Promise<Reading<string>> {
  const answer = await host.ask(places.haproxyMaster, toWorker(command), patienceMs);
  if (answer.kind === 'answer') return { kind: 'read', read: answer.text };
  const hint = 'weir status says how this machine is';
  if (answer.reason === 'absent') return { kind: 'refused', status: 503, message: 'HAProxy does not run here', hint };
  if (answer.reason === 'too long')
    return { kind: 'refused', status: 503, message: 'HAProxy has more to say than 64 MB, which is more than weir reads' };
  return { kind: 'refused', status: 503, message: 'HAProxy does not answer', hint };
}

function unknown(what: string, name: string, there: Iterable<string>): Reading<never> {
  const hint = suggestion(name, there);
  return { kind: 'refused', status: 404, message: `there is no ${what} "${name}"`, ...(hint === undefined ? {} : { hint }) };
}

/** What all frontends, backends and servers did, or one backend and its servers. */
export async function readStats(host: Asker, backend: string | null): Promise<Reading<Sample>> {
  const answer = await ask(host, showStat(backend));
  if (answer.kind === 'refused') return answer;
  const stats = parseStats(answer.read) ?? [];
  if (backend === null) {
    const info = await ask(host, showInfo);
    const splicing = info.kind === 'read' ? (parseInfo(info.read)?.splicing ?? null) : null;
    return { kind: 'read', read: { at: host.now(), stats: withoutTables(stats), splicing } };
  }
  if (stats.length > 0) return { kind: 'read', read: { at: host.now(), stats, splicing: null } };
  const all = await readStats(host, null);
  return all.kind === 'refused' ? all : unknown('backend', backend, namesOf(all.read.stats, 'backend'));
}

const namesOf = (stats: readonly Stat[], kind: Stat['kind']): readonly string[] => [
  ...new Set(stats.flatMap((stat) => (stat.kind === kind ? [stat.name] : []))),
];

/** The sessions that a request means, the oldest first. */
export async function readSessions(host: Asker, asked: Requests['sessions']): Promise<Reading<Sessions>> {
  const known = await readStats(host, null);
  if (known.kind === 'refused') return known;
  for (const kind of ['frontend', 'backend', 'server'] as const) {
    const [name, names] = [asked[kind], namesOf(known.read.stats, kind)];
    if (name !== null && !names.includes(name)) return unknown(kind, name, names);
  }
  const network = asked.source === null ? null : networkFrom(asked.source);
  if (asked.source !== null && network === null)
    return { kind: 'refused', status: 404, message: `"${asked.source}" is neither an address nor a network` };
  const answer = await ask(host, showSessions);
  if (answer.kind === 'refused') return answer;
  const frontends = new Set(namesOf(known.read.stats, 'frontend'));
  const meant = parseSessions(answer.read).filter(
    ({ frontend, backend, server, client }) =>
      // what has no frontend of the document is HAProxy's own, such as the teaching of a table
      frontends.has(frontend) &&
      (asked.frontend === null || frontend === asked.frontend) &&
      (asked.backend === null || backend === asked.backend) &&
      (asked.server === null || server === asked.server) &&
      (network === null || (client !== null && isWithin(client.address, network))),
  );
  const shown = meant.toSorted((a, b) => b.ageSeconds - a.ageSeconds).slice(0, asked.limit);
  const moved = await readMoved(host, shown);
  return { kind: 'read', read: { count: meant.length, sessions: shown.map((one) => ({ ...one, moved: moved.get(one.id) ?? null })) } };
}

async function readMoved(host: Asker, sessions: readonly Session[]): Promise<ReadonlyMap<string, Moved>> {
  const moved = new Map<string, Moved>();
  for (let from = 0; from < sessions.length; from += sessionsAtOnce) {
    const answer = await ask(host, showSession(sessions.slice(from, from + sessionsAtOnce).map(({ id }) => id)));
    if (answer.kind === 'read') for (const [id, one] of parseMoved(answer.read)) moved.set(id, one);
  }
  return moved;
}

/** The stick tables of the machine. */
export async function readTables(host: Asker): Promise<Reading<readonly Table[]>> {
  const answer = await ask(host, showTables);
  return answer.kind === 'refused'
    ? answer
    : { kind: 'read', read: parseTables(answer.read).toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The entries of a table that a request means: one, or those with the most in a counter, or the first. */
export async function readTable(host: Asker, { name, key, by, limit }: Requests['table']): Promise<Reading<Entries>> {
  const tables = await readTables(host);
  if (tables.kind === 'refused') return tables;
  const table = tables.read.find((one) => one.name === name);
  if (table === undefined)
    return unknown(
      'stick table',
      name,
      tables.read.map((one) => one.name),
    );
  const answer = await ask(host, showTable(name, key));
  if (answer.kind === 'refused') return answer;
  if (key !== null && answer.read.startsWith('Invalid key'))
    return { kind: 'refused', status: 404, message: `"${key}" is not a key of the table "${name}", which are of the type ${table.type}` };
  const entries = parseEntries(answer.read);
  if (key !== null && entries.length === 0)
    return { kind: 'refused', status: 404, message: `the table "${name}" has no entry "${key}"`, hint: 'it may have expired' };
  const counters = Object.keys(entries[0]?.data ?? {});
  const counter = by === null ? null : (counters.find((one) => one === by || one.replace(/\(\d+\)$/, '') === by) ?? null);
  if (by !== null && counter === null && entries.length > 0) return unknown('counter', by, counters);
  const sorted = counter === null ? entries : entries.toSorted((a, b) => Number(b.data[counter]) - Number(a.data[counter]));
  return { kind: 'read', read: { table, count: entries.length, entries: sorted.slice(0, limit) } };
}
