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
