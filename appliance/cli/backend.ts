import type { Check, Stat } from '../../proxy/haproxy/stats.ts';
import { sockets } from '../agent/sockets.ts';
import type { Sample } from '../agent/traffic.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, harmless, short, shortTime } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';
import { tell } from './told.ts';

/** `weir backend show`: the backends, or one of them with its servers. */
export const backend: Command = {
  name: 'backend',
  argument: { name: '<what...>', description: 'show, and the name of a backend; without one: all of them' },
  summary: 'show backends and their servers: state, checks, sessions, queue, errors, times',
  options: [jsonOption],
  example: 'weir backend show\nweir backend show shop',
  run: async (args, io) => {
    const [verb, name = null, ...rest] = args.positional;
    if (verb !== 'show') return refuseWith(args, io, `there is no "weir backend ${verb}"`, 'say weir backend show shop');
    if (rest.length > 0) return refuseWith(args, io, 'show takes one backend', 'weir backend show shop');
    if (name !== null && !/^[A-Za-z0-9_.:-]+$/.test(name)) return refuseWith(args, io, `"${harmless(name)}" is not a name`);
    const told = await tell<Sample>(args, io, sockets.status, name === null ? '/stats' : `/stats/${name}`);
    if (told.kind === 'refused') return told.code;
    const backends = grouped(told.body.stats);
    answer(args, io, { at: new Date(told.body.at).toISOString(), backends }, () =>
      name === null ? listText(backends) : backends.map(backendText).join('\n'),
    );
    return exitCode.done;
  },
};

/** A backend with its servers. */
export type Grouped = Stat & { readonly servers: readonly Stat[] };

/** The backends among all, each with its servers. */
export function grouped(stats: readonly Stat[]): readonly Grouped[] {
  const servers = new Map<string, Stat[]>();
  for (const stat of stats) if (stat.kind === 'server') servers.set(stat.proxy, [...(servers.get(stat.proxy) ?? []), stat]);
  return stats.filter(({ kind }) => kind === 'backend').map((stat) => ({ ...stat, servers: servers.get(stat.name) ?? [] }));
}

const isServing = ({ status }: Stat): boolean => /^(UP|no check)/.test(status);

/** All backends, a line each. */
export function listText(backends: readonly Grouped[]): string {
  if (backends.length === 0) return 'There is no backend.\n';
  const rows = backends.map((one) => {
    const { name, mode, servers, sessions, queue, requestsTotal, bytesIn, bytesOut, errors, retries } = one;
    const up = `${servers.filter(isServing).length} of ${servers.length}`;
    const numbers = [sessions, queue, requestsTotal, bytesIn, bytesOut, errors.connect + errors.response, retries].map(short);
    return [name, mode, one.status, up, ...numbers];
  });
  const head = ['backend', 'mode', 'state', 'servers up', 'sessions', 'queue', 'requests', 'in', 'out', 'errors', 'retries'];
  return columns(head, rows, new Set([0, 1, 2]));
}

/** One backend, with a line and its check for each server. */
export function backendText(one: Grouped): string {
  const { name, mode, status, changedSeconds, sessions, queue, servers } = one;
  const head = [
    'server',
    'address',
    'state',
    'since',
    'weight',
    'sessions',
    'queue',
    'answers',
    'errors',
    'retries',
    'connect',
    'answer',
    'in all',
  ];
  const rows = servers.map((server) => {
    const { times, errors } = server;
    const ms = (value: number | undefined) => (value === undefined ? '-' : `${value} ms`);
    return [
      server.name,
      server.address ?? '-',
      `${server.status}${server.isBackup ? ', backup' : ''}`,
      server.changedSeconds === null ? '-' : shortTime(server.changedSeconds),
      `${server.weight ?? '-'}${server.throttle === null ? '' : ` at ${server.throttle} %`}`,
      ...[
        server.sessions,
        server.queue,
        server.requestsTotal ?? server.sessionsTotal,
        errors.connect + errors.response,
        server.retries,
      ].map(short),
      ms(times?.connect),
      ms(times?.response),
      ms(times?.total),
    ];
  });
  const since = changedSeconds === null ? '' : ` since ${shortTime(changedSeconds)}`;
  return [
    `${name} (${mode}): ${status}${since}, ${short(sessions)} ${sessions === 1 ? 'session' : 'sessions'}, ${short(queue)} in the queue\n`,
    columns(head, rows, new Set([0, 1, 2])),
    ...servers.flatMap(({ name: server, check }) => (check === null ? [] : [`${server}: ${checkText(check)}\n`])),
  ].join('');
}

/** A health check in words: what came of it, how long it took, how often it failed. */
export function checkText({ words, said, code, durationMs, failures, downs }: Check): string {
  const found = [words || 'not checked yet', ...(code === null ? [] : [`${code}`]), ...(said === '' ? [] : [harmless(said)])].join(', ');
  const took = durationMs === null ? '' : ` after ${durationMs} ms`;
  return `${found}${took}; ${failures} failed, ${downs === 1 ? 'down once' : `down ${downs} times`}`;
}
