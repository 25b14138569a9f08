import { sockets } from '../agent/sockets.ts';
import type { Sessions } from '../agent/traffic.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, short, shortTime, wholeNumber } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';
import { tell } from './told.ts';

/** `weir sessions`: who is served now. */
export const sessions: Command = {
  name: 'sessions',
  summary: 'list the sessions of now, the oldest first: client, frontend, backend, server, age, bytes',
  options: [
    { flags: '--frontend <name>', description: 'those of a frontend' },
    { flags: '--backend <name>', description: 'those of a backend' },
    { flags: '--server <name>', description: 'those of a server; with --backend where several backends have one of that name' },
    { flags: '--source <network>', description: 'those of an address or a network' },
    { flags: '--limit <number>', description: 'at most so many, from 1 to 1000 (default: 100)' },
    jsonOption,
  ],
  example: 'weir sessions --backend shop --limit 20\nweir sessions --source 203.0.113.0/24',
  run: async (args, io) => {
    const { frontend = null, backend = null, server = null, source = null, limit: said = '100' } = args.options;
    const limit = wholeNumber(String(said), 1000);
    if (limit === null) return refuseWith(args, io, `"${said}" is not a number from 1 to 1000`, 'say for example --limit 20');
    const told = await tell<Sessions>(args, io, sockets.agent, '/sessions', { frontend, backend, server, source, limit });
    if (told.kind === 'refused') return told.code;
    const { count, sessions: found } = told.body;
    answer(args, io, { count, sessions: found }, () => sessionsText(count, found));
    return exitCode.done;
  },
};

/** The sessions for people. */
export function sessionsText(count: number, found: Sessions['sessions']): string {
  if (count === 0) return 'There is no such session.\n';
  const rows = found.map(({ client, protocol, frontend, backend, server, ageSeconds, moved }) => [
    client === null
      ? `(${protocol})`
      : client.address.includes(':')
        ? `[${client.address}]:${client.port}`
        : `${client.address}:${client.port}`,
    frontend,
    backend ?? '-',
    server ?? '-',
    shortTime(ageSeconds),
    short(moved?.bytesIn ?? null),
    short(moved?.bytesOut ?? null),
  ]);
  const more =
    count > found.length ? `${found.length} of ${count} sessions: --limit shows more, --source, --backend and the like fewer\n` : '';
  return `${columns(['client', 'frontend', 'backend', 'server', 'age', 'in', 'out'], rows, new Set([0, 1, 2, 3]))}${more}`;
}
