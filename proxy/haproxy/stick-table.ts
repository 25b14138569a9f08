import type { StickTable } from '../model.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/**
 * A named stick table: a backend of its own, so that every frontend can count in it (configuration manual, 4.2 "stick-table"). `peers` is the section
 * through which it is handed over; null: it is not.
 */
export function stickTableSection(
  { name: table, type, length, size, expire, store, srvkey, nopurge }: StickTable,
  peers: string | null,
): readonly Line[] {
  return placed(
    ['stick-tables', table],
    [
      `backend ${name(table)} from tcp`,
      line(
        'stick-table',
        'type',
        type,
        ...(length === null ? [] : ['len', length]),
        'size',
        size,
        ...(expire === null ? [] : ['expire', expire]),
        ...(nopurge ? ['nopurge'] : []),
        ...(peers === null ? [] : ['peers', peers]),
        ...(srvkey === 'name' ? [] : ['srvkey', srvkey]),
        ...(store.length === 0 ? [] : ['store', store.join(',')]),
      ),
    ],
  );
}
