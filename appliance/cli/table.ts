import type { Table } from '../../proxy/haproxy/table.ts';
import { sockets } from '../agent/sockets.ts';
import type { Entries } from '../agent/traffic.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, short, shortTime, wholeNumber } from './columns.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { tell } from './told.ts';

/** `weir table show`: the stick tables, the entries of one, or one entry. */
export const table: Command = {
  name: 'table',
  argument: {
    name: '<what...>',
    description: 'show, the name of a stick table, and a key; without a key: its entries; without a name: all tables',
  },
  summary: 'show what stick tables know of clients',
  options: [
    { flags: '--by <counter>', description: 'those with the most first: http_req_rate, conn_cur, gpc0' },
    { flags: '--limit <number>', description: 'at most so many entries (default: 100)' },
    jsonOption,
  ],
  example: 'weir table show\nweir table show clients --by http_req_rate --limit 10\nweir table show clients 203.0.113.7',
  run: async (args, io) => {
    const [verb, name, key = null, ...rest] = args.positional;
    if (verb !== 'show') return refuseWith(args, io, `there is no "weir table ${verb}"`, 'say weir table show clients');
    if (rest.length > 0) return refuseWith(args, io, 'show takes one table and one key', 'weir table show clients 203.0.113.7');
    return name === undefined ? list(args, io) : show(args, io, name, key);
  },
};

async function list(args: Arguments, io: Io): Promise<ExitCode> {
  const told = await tell<{ readonly tables: readonly Table[] }>(args, io, sockets.agent, '/tables');
  if (told.kind === 'refused') return told.code;
  const { tables } = told.body;
  answer(args, io, { tables }, () =>
    tables.length === 0
      ? 'There is no stick table.\n'
      : columns(
          ['table', 'type', 'entries', 'at most'],
          tables.map(({ name, type, used, size }) => [name, type, `${used}`, `${size}`]),
          new Set([0, 1]),
        ),
  );
  return exitCode.done;
}

async function show(args: Arguments, io: Io, name: string, key: string | null): Promise<ExitCode> {
  const { by = null, limit: said = '100' } = args.options;
  const limit = wholeNumber(String(said), 1_000_000);
  if (limit === null) return refuseWith(args, io, `"${said}" is not a number from 1 to 1000000`, 'say for example --limit 20');
  const told = await tell<Entries>(args, io, sockets.agent, '/table', { name, key, by, limit });
  if (told.kind === 'refused') return told.code;
  const { table: of, count, entries } = told.body;
  answer(args, io, { table: of, count, entries }, () => entriesText({ table: of, count, entries }));
  return exitCode.done;
}

/** The entries of a table for people. */
export function entriesText({ table: { name, type, used, size }, count, entries }: Entries): string {
  const title = `${name} (${type}): ${used} of ${size} entries\n`;
  const counters = Object.keys(entries[0]?.data ?? {});
  const rows = entries.map(({ key, expiresMs, data }) => [
    key,
    expiresMs === 0 ? '-' : shortTime(expiresMs / 1000),
    ...counters.map((counter) => {
      const value = data[counter] ?? '-';
      return typeof value === 'number' ? short(value) : value;
    }),
  ]);
  const more = count > entries.length ? `${entries.length} of ${count}: --limit shows more\n` : '';
  return `${title}${rows.length === 0 ? '' : columns(['key', 'expires in', ...counters], rows, new Set([0]))}${more}`;
}
