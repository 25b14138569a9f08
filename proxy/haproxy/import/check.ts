import { type Draft, hasControl, isRaw, type Plain, type Raw } from './ledger.ts';
import type { Directive } from './source.ts';
import { escapedText, options, whole } from './value.ts';

/** The lines of a section that say how its servers are tested, and what they become; `check` null: they stay raw together. */
export interface CheckMade {
  readonly check: Draft | Raw;
  readonly lines: readonly Directive[];
}

const OUTCOMES = ['min-recv', 'ok-status', 'error-status', 'tout-status', 'on-success', 'on-error', 'status-code'];
const PLAIN = new Set(['string', 'rstring', 'string-lf', 'rstatus', 'binary', 'rbinary', 'binary-lf']);

/** Whether a line is about the check of a section. */
export function isCheckLine({ words: [first = '', second = ''] }: Directive): boolean {
  if (first === 'http-check' || first === 'tcp-check') return true;
  return (
    first === 'option' &&
    ['httpchk', 'tcp-check', 'mysql-check', 'pgsql-check', 'redis-check', 'smtpchk', 'ldap-check', 'spop-check'].includes(second)
  );
}

/** What the lines say together (configuration manual, 4.2 "option httpchk", "http-check", "tcp-check"). */
export function readCheck(lines: readonly Directive[]): CheckMade {
  const kinds = lines.filter(({ words }) => words[0] === 'option');
  const kind = kinds.at(-1);
  const used = lines.filter(({ words }) => words[0] !== 'option' || kind === undefined || words === kind.words);
  const [, name = '', ...args] = kind?.words ?? [];
  const ofHttp = lines.filter(({ words }) => words[0] === 'http-check').map(({ words }) => words.slice(1));
  const ofTcp = lines.filter(({ words }) => words[0] === 'tcp-check').map(({ words }) => words.slice(1));
  const check = byKind(name, args, ofHttp, ofTcp);
  return { check: !isRaw(check) && hasControl(check) ? { raw: 'the document has no control characters' } : check, lines: used };
}

function byKind(
  name: string,
  args: readonly string[],
  ofHttp: readonly (readonly string[])[],
  ofTcp: readonly (readonly string[])[],
): Draft | Raw {
  switch (name) {
    case 'httpchk':
      return httpCheck(args, ofHttp);
    case 'tcp-check':
      return tcpCheck(ofTcp);
    case 'mysql-check':
      return { mysql: args[0] === 'user' && args[1] !== undefined ? { user: args[1] } : true };
    case 'pgsql-check':
      return args[0] === 'user' && args[1] !== undefined ? { pgsql: { user: args[1] } } : { raw: 'pgsql-check needs a user' };
    case 'redis-check':
      return { redis: true };
    case 'ldap-check':
      return { ldap: true };
    case 'spop-check':
      return { spop: true };
    case 'smtpchk':
      return { smtp: args[0] !== undefined && args[1] !== undefined ? { hello: args[0], domain: args[1] } : true };
    default:
      return { raw: 'the option that it belongs to is not there' };
  }
}

function httpCheck(args: readonly string[], steps: readonly (readonly string[])[]): Draft | Raw {
  const state: Draft = {};
  const made: Plain[] = [];
  for (const [verb = '', ...rest] of steps.flatMap(withComment)) {
    if (verb === 'disable-on-404' || verb === 'send-state') state[verb] = true;
    else {
      const step = readStep(verb, rest);
      if (isRaw(step)) return step;
      made.push(step);
    }
  }
  const [only, ...others] = args;
  const [method, uri, ...version] = uriFirst(only, others);
  const { hdr, ver } = headersIn(version.join(' '));
  const first = {
    meth: method ?? 'OPTIONS',
    uri: uri ?? '/',
    ...(ver === null ? {} : { ver }),
    ...(Object.keys(hdr).length === 0 ? {} : { hdr }),
  };
  const isSend = (step: Plain): step is { readonly send: { readonly [key: string]: Plain } } =>
    typeof step === 'object' && step !== null && 'send' in step;
  const sends = made.filter(isSend);
  const steady = made.every((step) => isSend(step) || (typeof step === 'object' && step !== null && 'expect' in step));
  if (!steady || sends.length > 1) {
    // a request that is sent anew needs steps; the first line of the option is the first request where no step sends one
    const list = sends.length === 0 ? [{ send: first }, ...made] : made;
    return { 'http-check': withoutDefaults(list), ...state };
  }
  const send: { readonly [key: string]: Plain } = { ...first, ...(sends[0]?.send ?? {}) };
  const expects = made.flatMap((step) => (isSend(step) ? [] : [(step as { readonly expect: Plain }).expect]));
  const headers = (send.hdr ?? {}) as { readonly [key: string]: Plain };
  const host = Object.entries(headers).find(([key]) => key.toLowerCase() === 'host')?.[1];
  const rest = Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== 'host'));
  const meth = String(send.meth);
  const isPlain =
    ['GET', 'HEAD', 'OPTIONS'].includes(meth) && send.body === undefined && expects.length <= 1 && !JSON.stringify(headers).includes('%[');
  if (isPlain && (send.ver === undefined || host !== undefined || send.ver === 'HTTP/1.0')) {
    return {
      [meth]: send.uri ?? '/',
      ...(host === undefined ? {} : { host }),
      ...(Object.keys(rest).length === 0 ? {} : { headers: rest }),
      ...(expects[0] === undefined ? {} : { expect: expects[0] }),
      ...state,
    };
  }
  return { 'http-check': withoutDefaults([{ send }, ...expects.map((expect) => ({ expect }))]), ...state };
}

const withoutDefaults = (steps: readonly Plain[]): Plain => steps;

/** `option httpchk /path` has no method. */
function uriFirst(only: string | undefined, others: readonly string[]): readonly string[] {
  return only === undefined ? [] : others.length === 0 ? ['OPTIONS', only] : [only, ...others];
}

/** The version of a request line, and headers that were written behind it before there was `http-check send`. */
function headersIn(text: string): { readonly ver: string | null; readonly hdr: Draft } {
  const [version = '', ...lines] = text.split(/(?:\r|\\r)?(?:\n|\\n)/);
  const hdr: Draft = {};
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) hdr[name] = value;
  }
  return { ver: version.trim() === '' || version.trim() === 'HTTP/1.0' ? null : version.trim(), hdr };
}

function readStep(verb: string, args: readonly string[]): { readonly [key: string]: Plain } | Raw {
  switch (verb) {
    case 'connect':
      return readConnect(args);
    case 'comment':
      return { comment: args.join(' ') };
    case 'expect':
      return readExpect(args);
    case 'send':
      return readSend(args);
    default: {
      const variable = /^set-var\((.*)\)$/.exec(verb)?.[1];
      const forgotten = /^unset-var\((.*)\)$/.exec(verb)?.[1];
      if (forgotten !== undefined) return { 'unset-var': forgotten };
      return variable === undefined ? { raw: `${verb} of a check has no option` } : { 'set-var': { [variable]: args.join('') } };
    }
  }
}

function readSend(args: readonly string[]): { readonly [key: string]: Plain } | Raw {
  const hdr: Draft = {};
  const others: string[] = [];
  for (let at = 0; at < args.length; at++) {
    if (args[at] === 'hdr' && at + 2 < args.length) {
      hdr[args[at + 1] as string] = args[at + 2] as string;
      at += 2;
    } else others.push(args[at] as string);
  }
  const said = options(others, ['meth', 'uri', 'uri-lf', 'ver', 'body', 'body-lf']);
  if (said === null) return { raw: 'words of http-check send have no option' };
  return { send: { ...(Object.fromEntries(said) as Draft), ...(Object.keys(hdr).length === 0 ? {} : { hdr }) } as Plain };
}

function readConnect(args: readonly string[]): { readonly [key: string]: Plain } | Raw {
  const said = options(args, ['port', 'addr', 'sni', 'alpn', 'proto'], ['default', 'ssl', 'send-proxy', 'linger']);
  if (said === null) return { raw: 'words of connect have no option' };
  const [, addr, port] = /^(\[?[^\]]*?\]?):([0-9]{1,5})$/.exec(String(said.get('addr') ?? '')) ?? [];
  if (addr !== undefined && port !== undefined && !/:.*:/.test(addr.replace(/^\[.*\]$/, ''))) {
    said.set('addr', addr.replace(/^\[(.*)\]$/, '$1'));
    said.set('port', port);
  }
  const entries = [...said].filter(([key]) => key !== 'default');
  return {
    connect: Object.fromEntries(
      entries.map(([key, value]) => [
        key,
        value === true ? true : key === 'port' ? (whole(value) ?? value) : key === 'alpn' ? value.split(',') : value,
      ]),
    ),
  };
}

function readExpect(args: readonly string[]): { readonly [key: string]: Plain } | Raw {
  const expect: Draft = {};
  let at = 0;
  // `!rstring` is `! rstring`
  if (/^![a-z]/.test(args[0] ?? '')) return readExpect(['!', (args[0] ?? '').slice(1), ...args.slice(1)]);
  for (; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '!') expect.not = true;
    else if (OUTCOMES.includes(word)) {
      const value = args[++at] ?? '';
      expect[word] = word === 'min-recv' ? (whole(value) ?? value) : value;
    } else break;
  }
  const [word = '', ...rest] = args.slice(at);
  if (PLAIN.has(word) && rest.length === 1) expect[word] = rest[0] as string;
  else if (word === 'status' && rest[0] !== undefined) expect.status = whole(rest[0]) ?? rest[0];
  else if (word === 'hdr' || word === 'fhdr') {
    const made = readHeader(rest);
    if (made === null) return { raw: 'words of expect have no option' };
    expect[word] = made;
  } else return { raw: 'words of expect have no option' };
  return { expect: expect as Plain };
}

/** `name [-m WAY] NAME [value [-m WAY] VALUE]`, or `name-lf` and `value-lf`; null: it is something else. */
function readHeader(words: readonly string[]): { readonly [key: string]: Plain } | null {
  const made: { [key: string]: Plain } = {};
  for (let at = 0; at < words.length; at++) {
    const [, key = '', format = ''] = /^(name|value)(-lf)?$/.exec(words[at] as string) ?? [];
    const way = words[at + 1] === '-m' ? words[at + 2] : undefined;
    at += way === undefined ? 1 : 3;
    const text = words[at];
    if (key === '' || text === undefined) return null;
    made[`${key}${format}`] = text;
    if (way !== undefined) made[key === 'name' ? 'name-match' : 'match'] = way;
  }
  return made;
}

/** What a step is called may stand at its end, or before it as a step of its own. */
function withComment(step: readonly string[]): readonly (readonly string[])[] {
  const [text, word] = [step.at(-1), step.at(-2)];
  return word === 'comment' && text !== undefined && step.length > 2 ? [['comment', text], step.slice(0, -2)] : [step];
}

function tcpCheck(steps: readonly (readonly string[])[]): Draft | Raw {
  const made: Plain[] = [];
  for (const [verb = '', ...args] of steps.flatMap(withComment)) {
    if (/^send(?:-lf|-binary|-binary-lf)?$/.test(verb)) {
      if (args.length > 1) return { raw: `words of tcp-check ${verb} have no option` };
      made.push({ [verb]: verb === 'send' ? escapedText(args[0] ?? '') : (args[0] ?? '') });
    } else {
      const step = readStep(verb, args);
      if (isRaw(step)) return step;
      made.push(step);
    }
  }
  // without a step it only connects
  return made.length === 0 ? {} : { 'tcp-check': made };
}
