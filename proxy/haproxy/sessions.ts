/** The sessions of a worker (management guide, 9.3 "show sess"). The long form is not documented: what is read of it is read where it is found. */

/** A session: a client that HAProxy serves. */
export interface Session {
  /** HAProxy's name of it while it lasts. */
  readonly id: string;
  /** `tcpv4`, `tcpv6`, `unix_stream`, `quic4`. */
  readonly protocol: string;
  /** Null: a program of this machine, on a UNIX socket. */
  readonly client: { readonly address: string; readonly port: number } | null;
  readonly frontend: string;
  /** Null where none is chosen yet. */
  readonly backend: string | null;
  readonly server: string | null;
  readonly ageSeconds: number;
}

/** What a session has moved. */
export interface Moved {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** On the admin socket of a worker: all sessions in a line each, `parseSessions`. */
export const showSessions = 'show sess\n';

/** Ids that one command asks for: a line of 16,384 bytes is refused (management guide, 9.3; `tune.bufsize`). */
export const sessionsAtOnce = 200;

/** On the admin socket of a worker: these sessions in full, `parseMoved`. Those that have ended meanwhile are not told. */
export function showSession(ids: readonly string[]): string {
  return `${ids.map((id) => `show sess ${id}`).join(';')}\n`;
}

const line = /^(0x[0-9a-f]+): proto=(\S+) src=(\S+):(\d+) fe=(\S+) be=(\S+) srv=(\S+) ts=\S+ epoch=\S+ age=(\S+) /;
const units: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Seconds of HAProxy's short times, `2d3h`, `59s`; two units at most, so the age of an old session is rounded down. */
function secondsOf(time: string): number {
  return [...time.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

const named = (name = ''): string | null => (/^<none>$/i.test(name) ? null : name);

/** Reads the answer to `showSessions`, without those who ask HAProxy itself. A line that is none of these is left out. */
export function parseSessions(answer: string): readonly Session[] {
  return answer.split('\n').flatMap((text) => {
    const [, id = '', protocol = '', address = '', port, frontend = '', backend, server, age = ''] = line.exec(text) ?? [];
    if (id === '' || frontend === 'GLOBAL') return [];
    const client = address === 'unix' ? null : { address, port: Number(port) };
    return [{ id, protocol, client, frontend, backend: named(backend), server: named(server), ageSeconds: secondsOf(age) }];
  });
}

/** Reads the answer to `showSession`: by id what each has moved. */
export function parseMoved(answer: string): ReadonlyMap<string, Moved> {
  const sessions = answer.split(/^(?=0x[0-9a-f]+: )/m).flatMap((text) => {
    const [id] = /^0x[0-9a-f]+/.exec(text) ?? [];
    const total = (channel: string) => Number(new RegExp(`^ {2}${channel}=.* total=(\\d+)\\)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    const moved = { bytesIn: total('req'), bytesOut: total('res') };
    return id === undefined || Number.isNaN(moved.bytesIn + moved.bytesOut) ? [] : [[id, moved] as const];
  });
  return new Map(sessions);
}
