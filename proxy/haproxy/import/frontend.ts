import { readBind } from './bind.ts';
import { type Draft, isRaw, type Plain, told } from './ledger.ts';
import { readLog } from './log.ts';
import { below, errorHandlers, type Handler } from './own-answer.ts';
import { keepRaw, type Reading, type Side } from './proxy.ts';
import type { Inherited } from './section.ts';
import { isOfServers } from './servers-only.ts';
import { duration, whole } from './value.ts';

/** Words of a frontend that HAProxy counts to it even in a `listen`. */
const OWN = new Set(
  'bind default_backend use_backend maxconn backlog monitor-uri monitor monitor-net capture rate-limit unique-id-format unique-id-header log-format error-log-format log-format-sd log log-tag clitcpka-cnt clitcpka-idle clitcpka-intvl errorfile errorloc errorloc302 errorloc303 http-error compression declare stats redirect block disabled filter'.split(
    ' ',
  ),
);

const TIMEOUTS = new Set(['client', 'client-fin', 'http-request', 'http-keep-alive', 'tarpit']);

/** `option X` of frontends; those of the set are HTTP's. */
const HTTP_OPTIONS = new Set([
  'disable-h2-upgrade',
  'http-buffer-request',
  'http-ignore-probes',
  'http-keep-alive',
  'http-no-delay',
  'http-server-close',
  'httpclose',
  'idle-close-on-response',
]);
/** Every `option X` of frontends. */
export const FRONTEND_OPTIONS: ReadonlySet<string> = new Set([
  ...HTTP_OPTIONS,
  'clitcpka',
  'contstats',
  'dontlog-normal',
  'dontlognull',
  'independent-streams',
  'log-separate-errors',
  'logasap',
  'nolinger',
  'socket-stats',
  'splice-auto',
  'splice-request',
  'splice-response',
  'tcp-smart-accept',
]);
/** Options by what they were called once. */
export const FORMER_OPTIONS: Readonly<Record<string, string>> = { forceclose: 'httpclose' };

/** Whether a line of a `listen`, or of its defaults, is about its clients. */
export function isOfFrontend({ words }: Inherited): boolean {
  const [first = '', second = ''] = words[0] === 'no' ? words.slice(1) : words;
  if (first === 'timeout') return TIMEOUTS.has(second);
  if (first === 'clitimeout') return true;
  if (first === 'option')
    return (
      FRONTEND_OPTIONS.has(FORMER_OPTIONS[second] ?? second) ||
      [
        'originalto',
        'forwardfor',
        'h1-case-adjust-bogus-client',
        'accept-invalid-http-request',
        'accept-unsafe-violations-in-http-request',
      ].includes(second)
    );
  return (
    OWN.has(first) ||
    (/^(?:http-|tcp-request|reqi?[adprt]|rspi?[adr])/.test(first) && !['http-check', 'http-reuse', 'http-send-name-header'].includes(first))
  );
}

const put =
  (key: string, read: (text: string, reading: Reading) => Plain | null): Handler =>
  ([text], draft, reading) => {
    const value = text === undefined ? null : read(text, reading);
    if (value === null) return 'its value has no option';
    draft[key] = value;
    return null;
  };

const HANDLERS: Readonly<Record<string, Handler>> = {
  ...errorHandlers,
  maxconn: put('maxconn', (text) => whole(text)),
  backlog: put('backlog', (text) => whole(text)),
  'monitor-uri': put('monitor-uri', (text) => text),
  'unique-id-format': put('unique-id-format', (text, { names }) => names.sample(text)),
  'unique-id-header': put('unique-id-header', (text) => text),
  'log-format': put('log-format', (text, { names }) => names.sample(text)),
  'error-log-format': put('error-log-format', (text) => text),
  'log-format-sd': put('log-format-sd', (text) => text),
  'log-tag': put('log-tag', (text) => text),
  'clitcpka-cnt': put('clitcpka-cnt', (text) => whole(text)),
  'clitcpka-idle': put('clitcpka-idle', duration),
  'clitcpka-intvl': put('clitcpka-intvl', duration),
  clitimeout: ([text], draft) => timeout(draft, 'client', text),
  'rate-limit': ([what, text], draft) => {
    if (what !== 'sessions' || whole(text) === null) return 'its words have no option';
    draft['rate-limit sessions'] = whole(text);
    return null;
  },
  monitor: (words, draft, { acls }) => {
    const read = words[0] === 'fail' && words[1] === 'if' ? acls.read(words.slice(2)) : { raw: 'its words have no option' };
    if (isRaw(read)) return read.raw;
    const names = read.map(([term]) => term?.acl);
    if (read.some((terms) => terms.length !== 1 || terms[0]?.isNegated) || names.some((name) => name == null))
      return 'its condition has no option';
    draft['monitor fail'] = { if: (names.length === 1 ? names[0] : names) as Plain };
    return null;
  },
  capture: ([kind = '', side, ...rest], draft) => {
    const words = kind === 'cookie' ? [side, ...rest] : rest;
    const [name, word, length] = words;
    if (name === undefined || word !== 'len' || whole(length) === null) return 'its words have no option';
    below(draft, kind === 'cookie' ? 'capture cookie' : `capture ${kind} ${side}`)[name.replace(/=$/, '')] = whole(length);
    return null;
  },
  declare: ([what, side = '', word, length], draft) => {
    if (what !== 'capture' || word !== 'len' || whole(length) === null) return 'its words have no option';
    const to = below(draft, 'declare capture');
    to[side] = [...((to[side] ?? []) as Plain[]), whole(length)];
    return null;
  },
  stats: ([word = '', ...rest], draft) => {
    const to = below(draft, 'stats');
    if (word === 'uri' && rest[0] !== undefined) to.uri = rest[0];
    else if (word === 'refresh' && duration(rest[0]) !== null)
      to.refresh = /^[0-9]+$/.test(rest[0] as string) ? `${rest[0]}s` : duration(rest[0]);
    else if (/^show-(?:legends|node|modules)$/.test(word) && rest.length === 0) to[word] = true;
    else if (word === 'hide-version') to['hide-version'] = true;
    else if (word !== 'enable')
      return word === 'auth'
        ? 'it holds a password in clear: write userlists, and auth: unless http_auth(…)'
        : `stats ${word} has no option`;
    return null;
  },
  log: (words, draft, { names }) => {
    // what the global section says goes where `global` is named
    for (const each of words[0] === 'global' ? names.globalLogs : [readLog(words)]) {
      if (typeof each === 'string') return each;
      draft.log = [...((draft.log ?? []) as Plain[]), each];
    }
    return null;
  },
};

function timeout(draft: Draft, event: string, text: string | undefined): string | null {
  const value = duration(text);
  if (value === null) return 'its value has no option';
  below(draft, 'timeout')[event] = value;
  return null;
}

/** Options, timeouts and single words: null is done, a text says why the line stays raw. */
export function readOption(
  { words }: Inherited,
  draft: Draft,
  known: { readonly options: ReadonlySet<string>; readonly timeouts: ReadonlySet<string> },
): string | null | undefined {
  const isNo = words[0] === 'no';
  const [first = '', second = '', ...rest] = isNo ? words.slice(1) : words;
  if (first === 'timeout') return known.timeouts.has(second) ? timeout(draft, second, rest[0]) : `timeout ${second} has no option here`;
  if (first !== 'option') return undefined;
  const option = FORMER_OPTIONS[second] ?? second;
  if (!known.options.has(option) || rest.length > 0) return `option ${second} has no option here`;
  below(draft, 'option')[option] = !isNo;
  return null;
}

const isOfHttp3 = ({ alpn }: { readonly [key: string]: Plain }): boolean => Array.isArray(alpn) && alpn.includes('h3');

/** Reads what a proxy says of its clients. */
export function readFrontend(reading: Reading, to: Side, directives: readonly Inherited[]): void {
  const { account, names, mode } = reading;
  const binds: { readonly [key: string]: Plain }[] = [];
  for (const directive of directives) {
    const [first = '', ...rest] = directive.words;
    const second = rest[0] ?? '';
    if (first === 'bind') {
      const refusal = reading.refusal(directive.line);
      if (refusal !== null) {
        keepRaw(reading, to, directive, refusal);
        continue;
      }
      const { binds: made, left, notes } = readBind(rest, names);
      // without its bind a frontend is none: words are left out, and told
      for (const bind of made) {
        const overTcp = isOfHttp3(bind) ? binds.findIndex((each) => each.address === bind.address && each.ssl !== undefined) : -1;
        account.became(directive, [...to.at, 'bind', overTcp < 0 ? binds.length : overTcp], told(notes));
        if (overTcp < 0) binds.push(bind);
        else binds[overTcp] = { ...binds[overTcp], alpn: bind.alpn as Plain };
      }
      if (left.length > 0) account.fate(directive, 'dropped', `left out: ${[...left, ...notes].join('; ')}`);
      continue;
    }
    if (first === 'default_backend') {
      to.draft.default_backend = names.proxy(second);
      account.became(directive, [...to.at, 'default_backend']);
      continue;
    }
    const isHttpOnly =
      mode === 'tcp' &&
      (['stats', 'compression', 'capture', 'monitor-uri', 'unique-id-header', 'errorfile', 'http-error'].includes(first) ||
        (first === 'option' && HTTP_OPTIONS.has(FORMER_OPTIONS[second] ?? second)) ||
        (first === 'timeout' && /^http-/.test(second)));
    if (isHttpOnly) {
      account.fate(directive, 'needless', 'HAProxy ignores it in mode tcp');
      continue;
    }
    const handler = Object.hasOwn(HANDLERS, first) ? HANDLERS[first] : undefined;
    const why =
      reading.refusal(directive.line) ??
      readOption(directive, to.draft, { options: FRONTEND_OPTIONS, timeouts: TIMEOUTS }) ??
      (first === 'timeout' || first === 'option' || (first === 'no' && second === 'option')
        ? null
        : handler === undefined
          ? `${first} has no option`
          : handler(rest, to.draft, reading));
    if (why === null) account.became(directive, [...to.at, ...keyOf(first, rest)]);
    else if (isOfServers(directive)) account.fate(directive, 'needless', 'no server is here: HAProxy ignores it');
    else keepRaw(reading, to, directive, why);
  }
  if (binds.length > 0) to.draft.bind = binds;
  // where HAProxy shows its page unless told
  if (to.draft.stats !== undefined) (to.draft.stats as Draft).uri ??= '/haproxy?stats';
}

/** Where a line's value stands below its section. */
function keyOf(first: string, [second = '', third = '']: readonly string[]): readonly string[] {
  if (first === 'timeout' || first === 'option' || first === 'stats' || first === 'compression')
    return [first, FORMER_OPTIONS[second] ?? second];
  if (first === 'no') return ['option', third];
  if (first === 'clitimeout') return ['timeout', 'client'];
  if (first === 'errorfile') return ['http-error', second];
  if (first === 'rate-limit') return ['rate-limit sessions'];
  if (first === 'declare') return ['declare capture', third];
  if (first === 'capture') return [`capture ${second === 'cookie' ? 'cookie' : `${second} ${third}`}`];
  return [first];
}

/** The backend that `use_backend` names: a name, or a map that says it. */
export function readRoute(word: string, { names }: Pick<Reading, 'names'>): Plain | { readonly raw: string } {
  if (!word.includes('%[')) return names.proxy(word);
  const [, sample, kind, path, other] = /^%\[(.*),map(_[a-z]+)?\(([^(),]+)(?:,([^(),]+))?\)\]$/.exec(word) ?? [];
  if (sample === undefined || path === undefined || /_.*_|regm/.test(kind ?? '')) return { raw: 'a backend by such a text has no option' };
  const map = names.file('maps', path, (kind ?? '_str').slice(1));
  return { map, sample: names.sample(sample), ...(other === undefined ? {} : { default: names.proxy(other) }) };
}
