import { readBalance } from './balance.ts';
import { isCheckLine, readCheck } from './check.ts';
import { readCookie } from './cookie.ts';
import { readOption } from './frontend.ts';
import { type Draft, isRaw, type Plain, refusedReason } from './ledger.ts';
import { below, errorHandlers } from './own-answer.ts';
import { keepRaw, type Reading, readChoices, type Side } from './proxy.ts';
import { readConditions } from './rule.ts';
import type { Inherited } from './section.ts';
import { readServerWords, readSource, type ServerWords, serverAddress } from './server.ts';
import { duration, whole } from './value.ts';

const TIMEOUTS = new Set(['connect', 'server', 'server-fin', 'queue', 'tunnel', 'check', 'http-request', 'http-keep-alive', 'tarpit']);
const HTTP_OPTIONS = new Set(['checkcache', 'http-no-delay', 'http-pretend-keepalive', 'http-server-close', 'httpclose', 'persist']);
const OPTIONS = new Set([
  ...HTTP_OPTIONS,
  'abortonclose',
  'allbackups',
  'log-health-checks',
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
  /^(?:bind|default_backend|use_backend|maxconn|backlog|monitor|monitor-uri|monitor-net|capture|rate-limit|unique-id-format|unique-id-header|log-format|error-log-format|log-format-sd|log|log-tag|clitimeout|clitcpka-.*)$/;

/** A line that says one thing; its answer is the path below the section, or why it stays raw. */
function readLine(reading: Reading, draft: Draft, directive: Inherited): readonly string[] | string {
  const { acls, names, scope } = reading;
  const [first = '', ...rest] = directive.words;
  const told = readOption(directive, draft, { options: OPTIONS, timeouts: TIMEOUTS });
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

/** Reads the servers of a proxy, `default-server` lines first. */
function readServers(reading: Reading, to: Side, directives: readonly Inherited[], check: Draft | null): void {
  const { account, names } = reading;
  const shared: { options: Draft; check: Draft; isChecked: boolean | null } = { options: {}, check: {}, isChecked: null };
  for (const directive of directives.filter(({ words }) => words[0] === 'default-server')) {
    const said = readServerWords(directive.words.slice(1), names);
    if (said.left.length > 0 || reading.isRefused(directive.line)) {
      keepRaw(reading, to, directive, said.left.length > 0 ? `${said.left.join(', ')} has no option` : refusedReason);
      continue;
    }
    Object.assign(shared.options, said.options);
    Object.assign(shared.check, said.check);
    shared.isChecked = said.isChecked ?? shared.isChecked;
    account.became(directive, [...to.at, 'default-server']);
  }
  const { resolvers, ...sharedOptions } = shared.options;
  const made: { name: string; template: boolean; address: string; count: number | null; said: ServerWords; directive: Inherited }[] = [];
  for (const directive of directives) {
    const [first = '', name = '', ...rest] = directive.words;
    if (first !== 'server' && first !== 'server-template') continue;
    const isTemplate = first === 'server-template';
    const [count, text = '', ...words] = isTemplate ? rest : ['', ...rest];
    const said = readServerWords(words, names);
    const address = serverAddress(text, isTemplate);
    const range = /^(?:1-)?([0-9]+)$/.exec(count ?? '')?.[1];
    const why = reading.isRefused(directive.line)
      ? refusedReason
      : address === null
        ? `${text} is no address and port that the document takes`
        : said.left.length > 0
          ? `${said.left.join(', ')} has no option`
          : !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)
            ? 'a name of the document begins with a letter'
            : isTemplate && (range === undefined || said.options.cookie !== undefined)
              ? 'its numbers have no option'
              : null;
    if (why !== null || address === null) keepRaw(reading, to, directive, why ?? '');
    else {
      account.became(directive, [...to.at, isTemplate ? 'server-template' : 'servers', name]);
      made.push({ name, template: isTemplate, address, count: isTemplate ? Number(range) : null, said, directive });
    }
  }
  const isChecked = ({ isChecked }: ServerWords) => isChecked ?? shared.isChecked ?? false;
  const nobody = made.every(({ said }) => !isChecked(said));
  const whole = { ...(check ?? {}), ...(nobody ? {} : shared.check) };
  if (nobody && check === null) to.draft.check = false;
  else if (Object.keys(whole).length > 0) to.draft.check = whole as Plain;
  if (made.length === 0) delete to.draft.check;
  if (made.length > 0 && Object.keys(shared.options).length > 0)
    to.draft['default-server'] = { ...sharedOptions, ...(resolvers === undefined ? {} : { resolvers }) } as Plain;
  // the weight of HAProxy's servers is 1, that of the document's 100: where some say theirs, the others do too
  const weighs = shared.options.weight === undefined && made.some(({ said }) => said.options.weight !== undefined);
  for (const { name, template, address, count, said } of made) {
    const own: Draft = { ...(weighs ? { weight: 1 } : {}), ...said.options };
    if (isChecked(said)) {
      if (Object.keys(said.check).length > 0) own.check = said.check;
    } else if (!(nobody && check === null)) own.check = false;
    const value: Plain = template ? { address, count, ...own } : Object.keys(own).length === 0 ? address : { address, ...own };
    below(to.draft, template ? 'server-template' : 'servers')[name] = value;
  }
}

/** Reads what a proxy says of its servers. */
export function readBackend(reading: Reading, to: Side, directives: readonly Inherited[]): void {
  const { account, mode } = reading;
  const checks = directives.filter(isCheckLine);
  const made = checks.length === 0 ? null : readCheck(checks);
  const check = made?.check ?? null;
  const refusal = checks.some(({ line }) => reading.isRefused(line)) ? refusedReason : isRaw(check) ? check.raw : null;
  const hasServers = directives.some(({ words }) => words[0]?.startsWith('server'));
  for (const directive of checks) {
    if (!hasServers && directive.isInherited) account.fate(directive, 'own', 'no server is here to be tested');
    else if (!made?.lines.includes(directive)) account.fate(directive, 'dropped', 'a later line says how servers are tested');
    else if (refusal === null) account.became(directive, [...to.at, 'check']);
    else keepRaw(reading, to, directive, refusal);
  }
  const find = (word: string) => directives.findLast(({ words }) => words[0] === word);
  const [balance, hashType, factor] = ['balance', 'hash-type', 'hash-balance-factor'].map(find);
  const value = readBalance(balance?.words.slice(1) ?? ['roundrobin'], hashType?.words.slice(1) ?? null, factor?.words[1] ?? null);
  const isBalanceRaw = value === null || [balance, hashType, factor].some((line) => line !== undefined && reading.isRefused(line.line));
  for (const directive of [balance, hashType, factor]) {
    if (directive === undefined) continue;
    if (isBalanceRaw) keepRaw(reading, to, directive, 'its words have no option');
    else account.became(directive, [...to.at, 'balance']);
  }
  if (!isBalanceRaw && hasServers && value !== (mode === 'http' ? 'roundrobin' : 'leastconn')) to.draft.balance = value;
  const skipped = new Set(['balance', 'hash-type', 'hash-balance-factor', 'server', 'server-template', 'default-server', 'use-server']);
  for (const directive of directives) {
    const [first = '', second = ''] = directive.words;
    if (skipped.has(first) || isCheckLine(directive)) continue;
    const isHttpOnly =
      mode === 'tcp' &&
      (['cookie', 'http-reuse', 'errorfile', 'http-error', 'compression', 'retry-on'].includes(first) ||
        (first === 'option' && HTTP_OPTIONS.has(second)));
    if (isHttpOnly || (OF_FRONTENDS.test(first) && reading.proxy.section.keyword === 'backend')) {
      account.fate(
        directive,
        directive.isInherited ? 'own' : 'dropped',
        isHttpOnly ? 'HAProxy ignores it in mode tcp' : first === 'log' ? 'frontends log' : 'HAProxy ignores it in a backend',
      );
      continue;
    }
    const at = reading.isRefused(directive.line) ? refusedReason : readLine(reading, to.draft, directive);
    if (typeof at === 'string') keepRaw(reading, to, directive, at);
    else account.became(directive, [...to.at, ...at]);
  }
  readServers(reading, to, directives, isRaw(check) || refusal !== null ? null : check);
  readChoices(
    reading,
    to,
    'use-server',
    directives.filter(({ words }) => words[0] === 'use-server'),
    (word) => word,
  );
}
