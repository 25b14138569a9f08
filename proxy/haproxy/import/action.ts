import { isRaw, type Plain, type Raw } from './ledger.ts';
import { type Names, nameOf } from './names.ts';
import { errorPage } from './own-answer.ts';
import { duration, numberOr, options, whole } from './value.ts';

/** A verb and its value, as a rule of the document has them; `table` stands beside a track-sc. */
export interface Verb {
  readonly verb: string;
  readonly value: Plain;
  readonly table?: string;
}

/** What a reader of actions knows besides the words. */
export interface ActionScope {
  readonly names: Names;
  /** The stick table of the proxy itself. */
  readonly table: string | null;
}

type Reader = (args: readonly string[], scope: ActionScope, inside: string) => Plain | Raw | null;

const yes: Reader = (args) => (args.length === 0 ? true : null);
const format: Reader = ([text, ...rest], { names }) => (text === undefined || rest.length > 0 ? null : names.sample(text));
const header: Reader = ([name, text, ...rest], { names }) =>
  name === undefined || text === undefined || rest.length > 0 ? null : { [name]: names.sample(text) };
const replaced: Reader = ([match, replace, ...rest]) =>
  match === undefined || replace === undefined || rest.length > 0 ? null : { match, replace };
const replacedHeader: Reader = ([name, match, replace, ...rest]) =>
  name === undefined || match === undefined || replace === undefined || rest.length > 0 ? null : { [name]: { match, replace } };
/** A sample may have been written with spaces between its converters. */
const sample: Reader = (args, { names }) => (args.length === 0 ? null : names.sample(args.join('')));
const level: Reader = ([text, ...rest]) => (text === undefined || rest.length > 0 ? null : text);
const integerValue: Reader = ([text, ...rest]) => (rest.length > 0 ? null : whole(text));
const numberOrSample: Reader = (args, { names }) => (args.length === 0 ? null : numberOr(names.sample(args.join(''))));

/** `deny`, `tarpit`, `return`: a status (`usual`, unless said) and a body (configuration manual, 4.3 "return"). */
function answered(args: readonly string[], names: Names, usual: number | null): Plain | Raw | null {
  const hdr: { [name: string]: Plain } = {};
  const others: string[] = [];
  for (let at = 0; at < args.length; at++) {
    if (args[at] === 'hdr' && at + 2 < args.length) {
      hdr[args[at + 1] as string] = names.sample(args[at + 2] as string);
      at += 2;
    } else others.push(args[at] as string);
  }
  const said = options(
    others,
    ['status', 'deny_status', 'content-type', 'string', 'lf-string', 'file', 'lf-file', 'errorfile', 'errorfiles'],
    ['default-errorfiles'],
  );
  if (said === null) return { raw: 'words of the answer have no option' };
  const status = whole(String(said.get('status') ?? said.get('deny_status') ?? '')) ?? usual;
  const page =
    said.get('errorfile') ?? (said.has('errorfiles') ? names.errorFiles(String(said.get('errorfiles')))?.get(String(status)) : null);
  if (page !== null) {
    const made = page === undefined ? null : errorPage(String(page), names);
    return made === null
      ? { raw: 'an answer without a byte has no option: write silent-drop' }
      : { ...(status === null ? {} : { status }), ...made };
  }
  if (said.has('default-errorfiles')) return usual === 200 ? { raw: "such a page of HAProxy's own has no option" } : (status ?? true);
  for (const key of ['file', 'lf-file']) if (said.has(key)) said.set(key, names.beside('pages', String(said.get(key))));
  const bodies = ['string', 'lf-string', 'file', 'lf-file'].filter((key) => said.has(key));
  // a type of what is not there says nothing
  const body = bodies.length > 0 && said.has('content-type') ? ['content-type', ...bodies] : bodies;
  if (body.length === 0 && Object.keys(hdr).length === 0) return status ?? true;
  return {
    ...(status === null ? {} : { status }),
    ...Object.fromEntries(body.map((key) => [key, key.endsWith('file') ? String(said.get(key)) : names.sample(String(said.get(key)))])),
    ...(Object.keys(hdr).length === 0 ? {} : { hdr }),
  };
}

/** `redirect`, as a rule or as a line of its own. */
export const redirected: Reader = (args, { names }) => {
  const said = options(
    args,
    ['scheme', 'location', 'prefix', 'code', 'set-cookie', 'clear-cookie'],
    ['drop-query', 'append-slash', 'ignore-empty'],
  );
  if (said === null) return null;
  return Object.fromEntries(
    [...said].map(([key, value]) => [key, value === true ? true : key === 'code' ? numberOr(value) : names.sample(value)]),
  );
};

const READERS: Readonly<Record<string, Reader>> = {
  accept: yes,
  allow: yes,
  reject: yes,
  close: yes,
  'silent-drop': yes,
  'disable-l7-retry': yes,
  'wait-for-handshake': yes,
  deny: (args, { names }) => answered(args, names, null),
  // the document's tarpit says 403
  tarpit: (args, { names }) => answered(args, names, 500),
  return: (args, { names }) => answered(args, names, 200),
  redirect: redirected,
  auth: (args) => (args.length === 0 ? true : args[0] === 'realm' && args.length === 2 ? (args[1] as string) : null),
  'set-header': header,
  'add-header': header,
  'early-hint': header,
  'del-header': ([name, flag, way, ...rest]) => {
    if (name === undefined || rest.length > 0) return null;
    if (flag === undefined || way === 'str') return name;
    return flag === '-m' && /^(?:beg|end|sub|reg)$/.test(way ?? '') ? { [way as string]: name } : null;
  },
  'replace-header': replacedHeader,
  'replace-value': replacedHeader,
  'replace-path': replaced,
  'replace-pathq': replaced,
  'replace-uri': replaced,
  'set-method': format,
  'set-path': format,
  'set-pathq': format,
  'set-query': format,
  'set-uri': format,
  'normalize-uri': (args) => (args.length === 0 ? null : args.join(' ')),
  'set-status': ([status, word, reason, ...rest]) => {
    const code = whole(status);
    if (code === null || rest.length > 0) return null;
    return word === undefined ? code : word === 'reason' && reason !== undefined ? { status: code, reason } : null;
  },
  'set-log-level': level,
  'set-nice': integerValue,
  'set-tos': numberOrSample,
  'set-fc-tos': numberOrSample,
  'set-bc-tos': numberOrSample,
  'set-priority-class': numberOrSample,
  'set-priority-offset': numberOrSample,
  'set-src': sample,
  'set-src-port': sample,
  'set-dst': sample,
  'set-dst-port': sample,
  'expect-proxy': level,
  'strict-mode': ([text]) => (text === 'on' ? true : text === 'off' ? false : null),
  capture: (args, { names }) => {
    const at = args.findLastIndex((word) => word === 'len' || word === 'id');
    const number = whole(args[at + 1]);
    if (at < 1 || number === null || args.length > at + 2) return null;
    return { sample: names.sample(args.slice(0, at).join('')), [args[at] as string]: number };
  },
  'set-timeout': ([side, ...rest], { names }) => {
    const text = rest.join('');
    return side === undefined || text === '' ? null : { [side]: duration(text) ?? names.sample(text) };
  },
  'wait-for-body': (args) => {
    const said = options(args, ['time', 'at-least']);
    const time = duration(said?.get('time') as string | undefined);
    if (said == null || time === null) return null;
    return { time, ...(said.has('at-least') ? { 'at-least': numberOr(String(said.get('at-least'))) } : {}) };
  },
  'set-var': (args, { names }, inside) => (args.length === 0 ? null : { [inside]: names.sample(args.join('')) }),
  'set-var-fmt': ([text, ...rest], { names }, inside) => (text === undefined || rest.length > 0 ? null : { [inside]: names.sample(text) }),
  'unset-var': (args, _, inside) => (args.length === 0 ? inside : null),
  'set-map': ([key, value, ...rest], { names }, inside) =>
    key === undefined || value === undefined || rest.length > 0
      ? null
      : { map: names.file('maps', inside), key: names.sample(key), value: names.sample(value) },
  'del-map': ([key, ...rest], { names }, inside) =>
    key === undefined || rest.length > 0 ? null : { map: names.file('maps', inside), key: names.sample(key) },
  'add-acl': ([key, ...rest], { names }, inside) =>
    key === undefined || rest.length > 0 ? null : { list: names.file('lists', inside), key: names.sample(key) },
  'del-acl': ([key, ...rest], { names }, inside) =>
    key === undefined || rest.length > 0 ? null : { list: names.file('lists', inside), key: names.sample(key) },
  'sc-inc-gpc': (args, _, inside) => {
    const [idx, id] = inside.split(',').map((each) => whole(each.trim()));
    return args.length > 0 || idx == null || id == null ? null : { idx, 'sc-id': id };
  },
  'sc-inc-gpc0': (args, _, inside) => single(args, inside, 0),
  'sc-inc-gpc1': (args, _, inside) => single(args, inside, 1),
  'sc-set-gpt0': (args, { names }, inside) => counted(args, names, `0,${inside}`),
  'sc-add-gpc': (args, { names }, inside) => counted(args, names, inside),
  'sc-set-gpt': (args, { names }, inside) => counted(args, names, inside),
  'cache-use': ([name, ...rest]) => (name === undefined || rest.length > 0 ? null : nameOf(name)),
  'cache-store': ([name, ...rest]) => (name === undefined || rest.length > 0 ? null : nameOf(name)),
  'use-service': ([name, ...rest]) => (name === undefined || rest.length > 0 ? null : name),
  'do-resolve': (args, { names }, inside) => {
    const [variable, resolvers, family] = inside.split(',').map((each) => each.trim());
    if (variable === undefined || resolvers === undefined || args.length === 0) return null;
    return {
      var: variable,
      sample: names.sample(args.join('')),
      resolvers: names.resolvers(resolvers),
      ...(family === undefined ? {} : { family }),
    };
  },
};

function counted(args: readonly string[], names: Names, inside: string): Plain | null {
  const [idx, id] = inside.split(',').map((each) => whole(each.trim()));
  return args.length === 0 || idx == null || id == null ? null : { idx, 'sc-id': id, value: numberOr(names.sample(args.join(''))) };
}

function single(args: readonly string[], inside: string, idx: number): Plain | null {
  const id = whole(inside.trim());
  return args.length > 0 || id === null ? null : { idx, 'sc-id': id };
}

/** Verbs that were called otherwise once. */
const FORMER: Readonly<Record<string, string>> = {
  'set-tos': 'set-fc-tos',
  'sc-inc-gpc0': 'sc-inc-gpc',
  'sc-inc-gpc1': 'sc-inc-gpc',
  'sc-set-gpt0': 'sc-set-gpt',
};

/** Reads an action: its words up to the condition. */
export function readAction([word = '', ...args]: readonly string[], scope: ActionScope): Verb | Raw {
  const [, verb = '', inside = ''] = /^([^(]+)(?:\((.*)\))?$/s.exec(word) ?? [];
  const tracked = /^track-sc[012]$/.test(verb);
  if (tracked) {
    const at = args.indexOf('table');
    const key = (at < 0 ? args : args.slice(0, at)).join('');
    const table = at < 0 ? scope.table : scope.names.table(args[at + 1] ?? '');
    return key === '' || table === null ? { raw: 'its stick table is not known' } : { verb, value: scope.names.sample(key), table };
  }
  const script = /^lua\.(.+)$/.exec(word)?.[1];
  if (script !== undefined) return { verb: 'lua', value: args.length === 0 ? script : { action: script, args } };
  const reader = Object.hasOwn(READERS, verb) ? READERS[verb] : undefined;
  if (reader === undefined) return { raw: `${verb} has no option` };
  const value = reader(args, scope, inside);
  if (value === null) return { raw: `words of ${verb} have no option` };
  return isRaw(value) ? value : { verb: FORMER[verb] ?? verb, value };
}
