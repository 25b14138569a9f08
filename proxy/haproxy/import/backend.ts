import { readBalance } from './balance.ts';
import { isCheckLine, readCheck } from './check.ts';
import { readCookie } from './cookie.ts';
import { readOption } from './frontend.ts';
import { type Draft, isRaw, type Plain } from './ledger.ts';
import { readLog } from './log.ts';
import { type Names, nameOf } from './names.ts';
import { below, errorHandlers } from './own-answer.ts';
import { keepRaw, type Reading, readChoices, type Side } from './proxy.ts';
import { readConditions } from './rule.ts';
import type { Inherited } from './section.ts';
import { readSource } from './server.ts';
import { readServers } from './servers.ts';
import { duration, options, whole } from './value.ts';

const TIMEOUTS = new Set(['connect', 'server', 'server-fin', 'queue', 'tunnel', 'check', 'http-request', 'http-keep-alive', 'tarpit']);
const HTTP_OPTIONS = new Set(['checkcache', 'http-no-delay', 'http-pretend-keepalive', 'http-server-close', 'httpclose', 'persist']);
/** Every `option X` of backends. */
export const BACKEND_OPTIONS: ReadonlySet<string> = new Set([
  ...HTTP_OPTIONS,
  'abortonclose',
  'allbackups',
  'log-health-checks',
  'nolinger',
  'prefer-last-server',
  'redispatch',
  'srvtcpka',
  'splice-auto',
  'splice-request',
  'splice-response',
  'tcp-smart-connect',
]);

/** Words that only frontends have: HAProxy ignores them in a backend. */
const OF_FRONTENDS =
  /^(?:bind|default_backend|use_backend|maxconn|backlog|monitor|monitor-uri|monitor-net|capture|rate-limit|unique-id-format|unique-id-header|log-format|error-log-format|log-format-sd|log-tag|clitimeout|clitcpka-.*)$/;

/** A line that says one thing; its answer is the path below the section, or why it stays raw. */
function readLine(reading: Reading, draft: Draft, directive: Inherited): readonly string[] | string {
  const { acls, names, scope } = reading;
  const [first = '', ...rest] = directive.words;
  const told = readOption(directive, draft, { options: BACKEND_OPTIONS, timeouts: TIMEOUTS });
  if (first === 'option' && rest[0] === 'redispatch') {
    below(draft, 'option').redispatch = rest[1] === undefined ? true : (whole(rest[1]) ?? rest[1]);
    return ['option', 'redispatch'];
  }
  if (typeof told === 'string') return told;
  if (told === null) return first === 'no' ? ['option', rest[1] ?? ''] : [first, rest[0] ?? ''];
  const put = (key: string, value: Plain | null): readonly string[] | string => {
    if (value === null) return 'its words have no option';
    draft[key] = value;
    return [key];
  };
  const event = { contimeout: 'connect', srvtimeout: 'server' }[first];
  if (event !== undefined) {
    const value = duration(rest[0]);
    if (value === null) return 'its value has no option';
    below(draft, 'timeout')[event] = value;
    return ['timeout', event];
  }
  switch (first) {
    case 'cookie':
      return put('cookie', readCookie(rest));
    case 'retries':
    case 'fullconn':
      return put(first, whole(rest[0]));
    case 'use-fcgi-app':
      return put(first, rest[0] === undefined ? null : nameOf(rest[0]));
    case 'log': {
      for (const each of rest[0] === 'global' ? names.globalLogs : [readLog(rest)]) {
        if (typeof each === 'string') return each;
        draft.log = [...((draft.log ?? []) as Plain[]), each];
      }
      return ['log'];
    }
    case 'email-alert': {
      const [word = '', value] = rest;
      if (value === undefined) return 'its words have no option';
      below(draft, first)[word] = word === 'mailers' ? nameOf(value) : value;
      return [first, word];
    }
    case 'appsession':
      return appsession(rest, draft, names);
    case 'http-reuse':
      return put(first, rest[0] ?? null);
    case 'retry-on':
      return put(first, rest[0] === 'none' ? 'none' : rest.map((word) => whole(word) ?? word));
    case 'source': {
      const source = readSource(rest);
      return isRaw(source) ? source.raw : put('source', source.value);
    }
    case 'persist':
      return /^rdp-cookie/.test(rest[0] ?? '')
        ? put('persist', { 'rdp-cookie': /\((.*)\)/.exec(rest[0] ?? '')?.[1] ?? true })
        : 'its words have no option';
    case 'force-persist':
    case 'ignore-persist': {
      const conditions = readConditions(rest, acls);
      if (isRaw(conditions)) return conditions.raw;
      const list = (draft[first] ?? []) as Plain[];
      draft[first] = [...list, ...conditions];
      return [first, String(list.length)];
    }
    case 'stick': {
      const [verb = '', ...words] = rest;
      const at = words.findIndex((word) => word === 'if' || word === 'unless');
      const said = at < 0 ? words : words.slice(0, at);
      const named = said.indexOf('table');
      const table = named < 0 ? scope.table : names.table(said[named + 1] ?? '');
      const sample = (named < 0 ? said : said.slice(0, named)).join('');
      if (table === null || sample === '') return 'its stick table is not known';
      const conditions = readConditions(at < 0 ? [] : words.slice(at), acls);
      if (isRaw(conditions)) return conditions.raw;
      const list = (draft.stick ?? []) as Plain[];
      draft.stick = [...list, ...conditions.map((each) => ({ [verb]: names.sample(sample), table, ...each }))];
      return ['stick', String(list.length)];
    }
    default: {
      const handler = Object.hasOwn(errorHandlers, first) ? errorHandlers[first] : undefined;
      if (handler === undefined) return `${first} has no option`;
      const why = handler(rest, draft, reading);
      return why ?? (first === 'errorfile' ? ['http-error', rest[0] ?? ''] : [first]);
    }
  }
}

/** `appsession JSESSIONID len 52 timeout 3h`, which HAProxy had until 1.6: what servers call a session is kept with its server in a stick table. */
function appsession([cookie = '', ...words]: readonly string[], draft: Draft, names: Names): readonly string[] | string {
  const said = options(words, ['len', 'timeout', 'mode'], ['request-learn', 'prefix']);
  const expire = duration(said?.get('timeout') as string | undefined);
  const length = whole(said?.get('len') as string | undefined);
  if (said === null || said.has('mode') || expire === null || length === null)
    return 'HAProxy has not had it since 1.6: write stick rules with a stick table, on req.cook(NAME) and res.cook(NAME)';
  const table = names.add('stick-tables', `${cookie}-appsession`, { type: 'string', length, size: '200k', expire });
  const list = (draft.stick ?? []) as Plain[];
  draft.stick = [
    ...list,
    { 'store-response': `res.cook(${cookie})`, table },
    said.has('request-learn') ? { on: `req.cook(${cookie})`, table } : { match: `req.cook(${cookie})`, table },
  ];
  return ['stick', String(list.length)];
}

/** Reads what a proxy says of its servers. */
export function readBackend(reading: Reading, to: Side, directives: readonly Inherited[]): void {
  const { account, mode, names } = reading;
  const checks = directives.filter(isCheckLine);
  const made = checks.length === 0 ? null : readCheck(checks);
  const check = made?.check ?? null;
  const refusal = checks.map(({ line }) => reading.refusal(line)).find((each) => each !== null) ?? (isRaw(check) ? check.raw : null);
  const hasServers = directives.some(({ words }) => /^(?:server|dispatch)/.test(words[0] ?? ''));
  for (const directive of checks) {
    if (!hasServers && directive.isInherited) account.fate(directive, 'own', 'no server is here to be tested');
    else if (!made?.lines.includes(directive)) account.fate(directive, 'dropped', 'a later line says how servers are tested');
    else if (refusal === null) account.became(directive, [...to.at, 'check']);
    else keepRaw(reading, to, directive, refusal);
  }
  const find = (word: string) => directives.findLast(({ words }) => words[0] === word);
  const [balance, hashType, factor] = ['balance', 'hash-type', 'hash-balance-factor'].map(find);
  const value = readBalance(balance?.words.slice(1) ?? ['roundrobin'], hashType?.words.slice(1) ?? null, factor?.words[1] ?? null);
  const isBalanceRaw =
    value === null || [balance, hashType, factor].some((line) => line !== undefined && reading.refusal(line.line) !== null);
  for (const directive of [balance, hashType, factor]) {
    if (directive === undefined) continue;
    if (isBalanceRaw) keepRaw(reading, to, directive, 'its words have no option');
    else account.became(directive, [...to.at, 'balance']);
  }
  if (!isBalanceRaw && hasServers && value !== (mode === 'http' ? 'roundrobin' : 'leastconn')) to.draft.balance = value;
  const skipped = new Set([
    'balance',
    'hash-type',
    'hash-balance-factor',
    'server',
    'server-template',
    'dispatch',
    'default-server',
    'use-server',
  ]);
  for (const directive of directives) {
    const [first = '', second = ''] = directive.words;
    if (skipped.has(first) || isCheckLine(directive)) continue;
    const isHttpOnly =
      mode === 'tcp' &&
      (['cookie', 'http-reuse', 'errorfile', 'http-error', 'compression', 'retry-on'].includes(first) ||
        (first === 'option' && HTTP_OPTIONS.has(second)));
    if (isHttpOnly || (OF_FRONTENDS.test(first) && reading.proxy.section.keyword === 'backend')) {
      account.fate(directive, 'needless', isHttpOnly ? 'HAProxy ignores it in mode tcp' : 'HAProxy ignores it in a backend');
      continue;
    }
    const at = reading.refusal(directive.line) ?? readLine(reading, to.draft, directive);
    if (typeof at === 'string') keepRaw(reading, to, directive, at);
    else account.became(directive, [...to.at, ...at]);
  }
  readServers(reading, to, directives, isRaw(check) || refusal !== null ? null : check);
  readChoices(
    reading,
    to,
    'use-server',
    directives.filter(({ words }) => words[0] === 'use-server'),
    (word) => (word.includes('%[') ? names.sample(word) : nameOf(word)),
  );
}
