import type { StickTable } from '../model.ts';
import { type Line, placed } from './line.ts';
import { line, name, tableName } from './quote.ts';

/** What a stick table is, as words of `stick-table` and `table` lines; the latter stand in their section of peers and name none. */
export function tableWords(
  { type, length, size, expire, store, srvkey, nopurge, writeTo }: StickTable,
  peers: string | null,
): readonly (string | number)[] {
  return [
    'type',
    type,
    ...(length === null ? [] : ['len', length]),
    'size',
    size,
    ...(expire === null ? [] : ['expire', expire]),
    ...(nopurge ? ['nopurge'] : []),
    ...(peers === null ? [] : ['peers', name(peers)]),
    ...(writeTo === null ? [] : ['write-to', tableName(writeTo)]),
    ...(srvkey === 'name' ? [] : ['srvkey', srvkey]),
    ...(store.length === 0 ? [] : ['store', store.join(',')]),
  ];
}

/**
 * A named stick table: a backend of its own, so that every frontend can count in it (configuration manual, 4.2 "stick-table"). `peers` is the section
 * through which it is handed over; null: it is not.
 */
export function stickTableSection(table: StickTable, peers: string | null): readonly Line[] {
  return placed(['stick-tables', table.name], [`backend ${name(table.name)} from tcp`, line('stick-table', ...tableWords(table, peers))]);
}

/** What HAProxy keeps of an entry beside its key and what it stores: `struct stksess`, as `show pools` of 3.0.11 has it on 64-bit machines; bytes. */
const entryBytes = 144;

/** A string's or binary's longest key where none is given, and the sizes of the others' (configuration manual, 4.2 "stick-table", "type", "len"); bytes. */
const keyBytes: Readonly<Record<StickTable['type'], number>> = { ip: 4, ipv6: 16, integer: 4, string: 32, binary: 32 };

/** Memory that one entry of a table takes; bytes. */
export function tableEntryBytes({ type, length, store }: Pick<StickTable, 'type' | 'length' | 'store'>): number {
  const key = length === null ? keyBytes[type] : length + Number(type === 'string');
  const stored = store.reduce((sum, each) => sum + storedBytes(each), 0);
  return eights(entryBytes + eights(stored) + key);
}

/** What is stored as one thing: a rate is two counters and a time, a sum of bytes and a name take 64 bits (src/stick_table.c, stktable_data_types). */
function storedBytes(store: string): number {
  const [, kind = '', several = '1'] = /^([a-z_]+)(?:\(([0-9]+)[,)])?/.exec(store) ?? [];
  const one = kind.endsWith('_rate') ? 12 : ['bytes_in_cnt', 'bytes_out_cnt', 'server_key'].includes(kind) ? 8 : 4;
  return one * Number(['gpc', 'gpt', 'gpc_rate'].includes(kind) ? several : 1);
}

function eights(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
