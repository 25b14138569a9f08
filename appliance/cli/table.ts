import type { Table } from '../../proxy/haproxy/table.ts';
import { sockets } from '../agent/sockets.ts';
import type { Entries } from '../agent/traffic.ts';
import { askAgent, planMs } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, harmless, short, shortTime, wholeNumber } from './columns.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { tell } from './told.ts';

/** `weir table`: the stick tables, the entries of one, or one entry; and their removal. */
export const table: Command = {
  name: 'table',
  argument: {
    name: '<what...>',
    description: 'show [TABLE [KEY]]: all tables, the entries of one, or one entry; clear TABLE [KEY]: remove an entry, or all',
  },
  summary: 'show what stick tables know of clients, or have them forget it',
  options: [
    { flags: '--by <counter>', description: 'those with the most first: http_req_rate, conn_cur, gpc0' },
    { flags: '--limit <number>', description: 'at most so many entries (default: 100)' },
    { flags: '--yes', description: 'clear all entries of a table' },
    jsonOption,
  ],
  example:
    'weir table show\nweir table show clients --by http_req_rate --limit 10\nweir table show clients 203.0.113.7\nweir table clear clients 203.0.113.7',
  run: async (args, io) => {
    const [verb, name, key = null, ...rest] = args.positional;
    if (verb !== 'show' && verb !== 'clear')
      return refuseWith(args, io, `there is no "weir table ${harmless(verb ?? '')}"`, 'there is: show, clear');
    if (rest.length > 0) return refuseWith(args, io, `${verb} takes one table and one key`, `weir table ${verb} clients 203.0.113.7`);
    if (verb === 'clear')
      return name === undefined
        ? refuseWith(args, io, 'which table?', 'weir table clear clients 203.0.113.7; weir table show tells the tables')
        : clear(args, io, name, key);
    return name === undefined ? list(args, io) : show(args, io, name, key);
  },
};

/** What the agent says of the clearing of a table. */
interface Answer {
  readonly before?: number;
  readonly after?: number;
  readonly notes?: readonly string[];
  readonly reasons?: readonly string[];
  readonly hint?: string;
  readonly message?: string;
}

async function clear(args: Arguments, io: Io, name: string, key: string | null): Promise<ExitCode> {
  const request = { name, key, by: io.user, yes: args.options.yes === true };
  const answered = await askAgent(sockets.agent, 'POST', '/table/clear', request, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { before = 0, after = 0, notes = [], reasons, message, hint } = (answered.lines[0] ?? {}) as Answer;
  if (answered.status === 200) {
    answer(args, io, { table: name, key, before, after, notes }, () =>
      [
        `${name}: ${key === null ? `cleared, it had ${before === 1 ? '1 entry' : `${before} entries`}` : `${harmless(key)} is removed`}`,
        ...notes,
        '',
      ].join('\n'),
    );
    return exitCode.done;
  }
  refuseWith(args, io, reasons?.join('\n      ') ?? message ?? `the agent answered ${answered.status}`, hint);
  return answered.status >= 500 ? exitCode.failed : exitCode.refused;
}

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
