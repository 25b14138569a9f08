import type { Backend, DataPlane, Server } from '../../model.ts';
import type { Place } from '../line.ts';
import type { ChosenBind } from './chosen-bind.ts';
import { logged, type PrivateConfig } from './private-config.ts';

/** A rule that was looked at: whether it held, and what of its condition did. */
export interface Step {
  readonly at: Place;
  readonly held: boolean;
  /** Empty: it has no condition. */
  readonly because: readonly { readonly text: string; readonly held: boolean }[];
}

/** How a server came to be taken: by a rule, by the client's cookie, by what the algorithm hashes, or because it was one's turn among equals. */
export type TakenBy = 'use-server' | 'cookie' | 'hash' | 'turn';

/** A request as HAProxy sends it to a server. */
export interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What became of a question. */
export interface Routed {
  readonly frontend: string;
  readonly bind: Place;
  readonly steps: readonly Step[];
  /** Null: the frontend answered itself. */
  readonly backend: string | null;
  /** What chose the backend. */
  readonly chosenBy: Place | null;
  readonly server: string | null;
  readonly takenBy: TakenBy | null;
  readonly balance: string | null;
  /** The servers that might take it while all are up. */
  readonly candidates: readonly string[];
  /** What HAProxy answers itself; null: a server answers. */
  readonly answer: {
    /** Null: it closes the connection without a word. */
    readonly status: number | null;
    readonly location: string | null;
    /** What decided it; null: nothing of the document's rules. */
    readonly by: Place | null;
    readonly reason: string | null;
    readonly headers: readonly (readonly [name: string, value: string])[];
  } | null;
  readonly forwarded: Forwarded | null;
  /** Whether HAProxy could not note all that it did. */
  readonly isCut: boolean;
}

/** What was heard of a private HAProxy: its log, and the bytes that came back to the client, a character each. */
export interface Heard {
  readonly log: string;
  readonly response: string;
}

/** Whether the log has the line of the request. */
export function hasEnded(log: string): boolean {
  return new RegExp(`^${logged.request} .*\n`, 'm').test(log);
}

type Headers = readonly (readonly [string, string])[];

function headersIn(text: string): Headers {
  return text.split('\r\n').flatMap((each): Headers => {
    const at = each.indexOf(':');
    return at < 1 ? [] : [[each.slice(0, at).toLowerCase(), each.slice(at + 1).trim()]];
  });
}

/** Status and headers of a response, interim ones (1xx) left out; null: none came. */
export function parseResponse(text: string): { readonly status: number; readonly headers: Headers } | null {
  for (let rest = text; ; ) {
    const [head, status] = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n/.exec(rest) ?? [];
    const end = rest.indexOf('\r\n\r\n');
    if (head === undefined || end < 0) return null;
    if (status?.startsWith('1') && status !== '101') rest = rest.slice(end + 4);
    else return { status: Number(status), headers: headersIn(rest.slice(head.length, end)) };
  }
}

const fromBase64 = (text: string | undefined): string =>
  text === undefined || text === '-' ? '' : Buffer.from(text, 'base64').toString('latin1');

function forwardedIn(log: string): Forwarded | null {
  const [, method, path, headers] = new RegExp(`^${logged.server} (\\S+) (\\S+) (\\S+)$`, 'm').exec(log) ?? [];
  return method === undefined ? null : { method, path: fromBase64(path), headers: headersIn(fromBase64(headers)) };
}

const placeText = (at: Place): string => JSON.stringify(at);

/** Rules that look at answers come last, those of the backend first. */
function rank([section, , ruleset]: Place): number {
  const isResponse = /response/.test(String(ruleset));
  return section === 'frontends' ? (isResponse ? 3 : 0) : isResponse ? 2 : 1;
}

function stepsOf(marks: PrivateConfig['marks'], held: ReadonlySet<number>): readonly Step[] {
  const begun = new Set(marks.flatMap(({ at, of }, number) => (of === 'list' && held.has(number) ? [placeText(at)] : [])));
  const ended = new Set<string>();
  const parts = new Map<string, { text: string; held: boolean }[]>();
  const steps: Step[] = [];
  for (const [number, { at, of, text, isFinal }] of marks.entries()) {
    const list = placeText(at.slice(0, -1));
    if ((of !== 'rule' && of !== 'part') || !begun.has(list) || ended.has(list)) continue;
    const of_ = parts.get(placeText(at)) ?? [];
    const isHeld = held.has(number);
    if (text !== null) parts.set(placeText(at), [...of_, { text, held: isHeld }]);
    if (of === 'part') continue;
    steps.push({ at, held: isHeld, because: parts.get(placeText(at)) ?? [] });
    if (isHeld && isFinal) ended.add(list);
  }
  return steps.toSorted((a, b) => rank(a.at) - rank(b.at));
}

/** What the flags of a log line say where no rule decided (configuration manual, 8.5). */
const endings: readonly (readonly [RegExp, string])[] = [
  [/^SC/, 'no server of the backend can be reached'],
  [/^sC|^sQ/, 'no server took it in time'],
  [/^PR/, 'HAProxy refuses the request itself: it breaks HTTP, or no rule of the document has to do with it'],
  [/^CR|^CC/, 'the request was not whole'],
  [/^cR/, 'the request did not come in time'],
  [/^L/, 'HAProxy answers itself'],
];

const isName = (text: string | undefined): text is string => text !== undefined && /^[A-Za-z0-9_.:-]+$/.test(text) && text !== '-';

/** The servers of a backend that take requests while all are up: backup servers where there is no other, one of them unless all may serve. */
function candidatesOf({ servers, options }: Backend): readonly string[] {
  const named = ({ name, count }: Server) => (count === null ? [name] : Array.from({ length: count }, (_, index) => `${name}${index + 1}`));
  const able = servers.filter(({ words, weight }) => words.disabled !== true && weight !== 0);
  const active = able.filter(({ backup }) => !backup);
  const backups = able.filter(({ backup }) => backup);
  if (active.length > 0) return active.flatMap(named);
  return options.allbackups === true ? backups.flatMap(named) : backups.slice(0, 1).flatMap(named);
}

/** Algorithms that take the same server for the same request, whatever is in it. */
const constant: ReadonlySet<string> = new Set(['first', 'source', 'uri']);

/** Reads what a private HAProxy did with a question. */
export function readRoute(document: DataPlane, chosen: ChosenBind, made: PrivateConfig, { log, response }: Heard): Routed {
  const { frontend, index } = chosen;
  const [, backendName, serverName, , flags = '', decided, trace = ''] =
    new RegExp(`^${logged.request} (\\S+) (\\S+) (\\S+) (\\S+) (\\S+) ?(.*)$`, 'm').exec(log) ?? [];
  const held = new Set(
    (trace === '-' ? '' : trace)
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
  const steps = stepsOf(made.marks, held);
  const keys = new Set(made.marks.flatMap(({ at, of }, number) => (of === 'key' && held.has(number) ? [at[1]] : [])));
  const isNamesake = made.marks.some(({ of }, number) => of === 'backend' && held.has(number));
  const backend = document.backends.find(({ name }) => name === backendName && (name !== frontend.name || isNamesake)) ?? null;
  const server = backend !== null && isName(serverName) ? serverName : null;
  const chosenStep = steps.find(({ at, held: isHeld }) => isHeld && at[2] === 'use_backend');
  const isDefault = backend !== null && backend.name === frontend.defaultBackend;
  const answered = parseResponse(response);
  const forwarded = forwardedIn(log);
  // the one answer that is never logged
  const isMonitored = frontend.monitor !== null && answered !== null && !hasEnded(log);
  // a rule may take the place of an answer that has come
  const byServer = (forwarded !== null && !/^[PL]/.test(flags)) || (server !== null && backend?.mode === 'tcp');
  const limit = Number(document.global.settings['tune.bufsize'] ?? 16_384) - 64;
  return {
    frontend: frontend.name,
    bind: ['frontends', frontend.name, 'bind', index],
    steps,
    backend: backend?.name ?? null,
    chosenBy: backend === null ? null : (chosenStep?.at ?? (isDefault ? ['frontends', frontend.name, 'default_backend'] : null)),
    server,
    takenBy: backend === null || server === null ? null : takenBy(backend, steps, flags, keys.has(backend.name)),
    balance: backend === null ? null : [backend.balance.algorithm, backend.balance.argument].filter((each) => each !== null).join(' '),
    candidates: backend === null ? [] : candidatesOf(backend),
    answer: byServer
      ? null
      : {
          status: answered?.status ?? null,
          location: answered?.headers.find(([name]) => name === 'location')?.[1] ?? null,
          headers: answered?.headers ?? [],
          ...decision(made, steps, decided, {
            flags,
            backend: backend?.name ?? null,
            page: serverName === '<STATS>' ? 'stats' : isMonitored ? 'monitor-uri' : null,
            frontend: frontend.name,
          }),
        },
    forwarded,
    isCut: trace.length >= limit,
  };
}

function takenBy({ balance, cookie }: Backend, steps: readonly Step[], flags: string, hasKey: boolean): TakenBy {
  if (steps.some(({ at, held }) => held && at[2] === 'use-server')) return 'use-server';
  // the third of four flags: the client's cookie named a server that is up (configuration manual, 8.5)
  if (cookie !== null && flags[2] === 'V') return 'cookie';
  return hasKey || constant.has(balance.algorithm) ? 'hash' : 'turn';
}

/**
 * What made HAProxy answer itself: a rule, else what the line says that decided, else the way in which the session ended. `page`: which page of its own it
 * shows, by the document's word.
 */
function decision(
  { marks, places }: PrivateConfig,
  steps: readonly Step[],
  decided: string | undefined,
  {
    flags,
    backend,
    frontend,
    page,
  }: { readonly flags: string; readonly backend: string | null; readonly frontend: string; readonly page: string | null },
): { readonly by: Place | null; readonly reason: string | null } {
  const finals = new Set(marks.flatMap(({ at, of, isFinal }) => (of === 'rule' && isFinal ? [placeText(at)] : [])));
  const isChoice = (at: Place) => at[2] === 'use_backend' || at[2] === 'use-server';
  const rule = steps.findLast(({ at, held }) => held && !isChoice(at) && finals.has(placeText(at)))?.at ?? null;
  const line = /^\d+$/.test(decided ?? '') ? (places[Number(decided) - 1] ?? null) : null;
  // rules that weir writes for other keys, and raw lines, are noted by nobody
  const isNoted = line === null || finals.has(placeText(line)) || /^(?:tcp|http)-/.test(String(line[2]));
  const by = isNoted ? rule : line;
  if (by !== null) return { by, reason: null };
  if (page !== null) return { by: ['frontends', frontend, page], reason: null };
  if (backend === null && flags.startsWith('SC')) return { by: null, reason: 'no rule chooses a backend, and there is no default' };
  return { by: null, reason: endings.find(([pattern]) => pattern.test(flags))?.[1] ?? null };
}

/** Whether a response to a request of this method has come as a whole; where only its end tells, it has not. */
export function isWholeResponse(method: string, text: string): boolean {
  const found = parseResponse(text);
  if (found === null) return false;
  const { status, headers } = found;
  const header = (called: string) => headers.find(([name]) => name === called)?.[1];
  if (method === 'HEAD' || status === 204 || status === 304) return true;
  if (header('transfer-encoding') === 'chunked') return text.endsWith('0\r\n\r\n');
  const length = header('content-length');
  const start = text.lastIndexOf(`HTTP/1.1 ${status}`);
  return length !== undefined && text.length >= text.indexOf('\r\n\r\n', start) + 4 + Number(length);
}
