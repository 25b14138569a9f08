import { clearTable, isInUse } from '../../proxy/haproxy/table.ts';
import type { Host } from '../host/host.ts';
import type { Requests } from './request.ts';
import { type NotDone, refused } from './running.ts';
import { type Reading, readTable, readTables } from './traffic.ts';
import { tellWorkers } from './workers.ts';

/** How a wish to clear a stick table ended; done: how many entries it had and has. */
export type Cleared =
  | NotDone
  | {
      readonly kind: 'done';
      readonly table: string;
      readonly key: string | null;
      readonly before: number;
      readonly after: number;
      readonly notes: readonly string[];
    };

/** Removes an entry of a stick table, or all of them, in every worker that serves: an old one would tell the current one of it again. */
export async function clear(host: Host, { name, key, yes }: Requests['tableClear']): Promise<Cleared> {
  const there = await entriesOf(host, name, key);
  if (there.kind === 'refused') return refused(there.message, there.hint);
  const before = there.read;
  if (key === null && !yes)
    return refused(
      `"${name}" has ${before === 1 ? '1 entry' : `${before} entries`}, and all that they count would be lost`,
      'say --yes, or one key: weir table show tells them',
    );
  const { said, notes } = await tellWorkers(host, clearTable(name, key));
  if (isInUse(said)) return refused(`"${key}" is in use by a session now, which holds it until it ends`, 'say it again then');
  if (said !== '') return { kind: 'failed', reasons: [`${name}: ${said}`] };
  const now = await entriesOf(host, name, null);
  const after = now.kind === 'read' ? now.read : 0;
  const held = key === null && after > 0 ? [`${after} are there: sessions hold theirs until they end, and new ones come`] : [];
  return { kind: 'done', table: name, key, before, after, notes: [...notes, ...held] };
}

/** How many entries a table has; refused where there is no such table, or no such entry. */
async function entriesOf(host: Host, name: string, key: string | null): Promise<Reading<number>> {
  const tables = await readTables(host);
  if (tables.kind === 'refused') return tables;
  const used = tables.read.find((table) => table.name === name)?.used;
  if (used !== undefined && key === null) return { kind: 'read', read: used };
  // it says which tables there are, and whether this is a key
  const found = await readTable(host, { name, key, by: null, limit: 1 });
  return found.kind === 'refused' ? found : { kind: 'read', read: found.read.table.used };
}
