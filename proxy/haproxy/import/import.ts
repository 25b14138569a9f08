/** haproxy.cfg to a document: plain data in the document's shape, and what became of each line. Pure. */
import { readBackend } from './backend.ts';
import { readDefaults } from './defaults.ts';
import { isOfFrontend, readFrontend, readRoute } from './frontend.ts';
import { readGlobal } from './global.ts';
import { knownOf } from './known.ts';
import { type Draft, type FileCopy, type Ledger, ledger, type Outcome, type Place, type Plain, type Refusal } from './ledger.ts';
import { isBareTable, tableNames } from './named.ts';
import { type Known, type Names, names } from './names.ts';
import { GONE_MODES } from './obsolete.ts';
import { becomeTable, readOthers } from './others.ts';
import { isGone, isRule, keepRaw, type Reading, readAcls, readChoices, readRules, type Side, side } from './proxy.ts';
import { type Inherited, type ProxySection, proxiesOf, runsElsewhere } from './section.ts';
import { readConfig, type Section } from './source.ts';

export type { Fate, FileCopy, Outcome, Place, Plain } from './ledger.ts';

/** What a haproxy.cfg became. */
export interface Imported {
  /** The sections of the document that HAProxy's configuration has: `version` and `nodes` are not among them. */
  readonly document: { readonly [section: string]: Plain };
  readonly outcomes: readonly Outcome[];
  readonly copies: readonly FileCopy[];
  /** Where in the document each line went. */
  readonly places: readonly Place[];
  /** Comments that stood above sections, by the section's path in the document. */
  readonly comments: readonly { readonly at: readonly string[]; readonly lines: readonly string[] }[];
}

/** Reads a haproxy.cfg. `refused` are lines that stay raw whatever they could be, and why: what they became is not what the document takes. `fileText` reads crt-lists. */
export function importHaproxy(
  text: string,
  refused: ReadonlyMap<number, string> = new Map(),
  fileText: Known['fileText'] = () => null,
): Imported {
  const { sections, unread } = readConfig(text);
  const account = ledger();
  const refusal: Refusal = (line) => refused.get(line) ?? null;
  const defaults = readDefaults(sections, account, refusal);
  const proxies = proxiesOf(sections, defaults.lines);
  for (const { line, text, reason, isNeedless = false } of unread)
    account.fate({ line, text, words: [], unset: [] }, isNeedless ? 'needless' : 'dropped', reason);

  const tables = tableNames(proxies, sections);
  let owner: string | null = null;
  const known = names(account, knownOf(sections, tables, account, fileText), () => owner);
  const document: Draft = {};
  const acls: Draft = {};
  const stickTables: Draft = {};
  const comments: { at: readonly string[]; lines: readonly string[] }[] = [];
  const global = readGlobal(sections, known, account, refusal);
  const frontends: Draft = {};
  const backends: Draft = {};

  for (const proxy of proxies) {
    const gone = goneMode(proxy);
    if (gone !== null) {
      for (const directive of proxy.section.directives) account.fate(directive, 'dropped', gone);
      continue;
    }
    owner = tables.get(proxy.section.name) ?? null;
    const name = known.proxy(proxy.section.name);
    readStickTables(proxy, owner, stickTables, account, refusal);
    if (isBareTable(proxy)) continue;
    const own = { ...proxy, directives: proxy.directives.filter((directive) => !runsElsewhere(directive, proxy, proxies)) };
    const sides = readProxy(own, name, { names: known, acls, account, refusal, table: owner });
    for (const { at, draft, extra, notes } of sides) {
      if (extra.length > 0) draft.extra = extra;
      (at[0] === 'frontends' ? frontends : backends)[name] = ordered(draft);
      const lines = [...(at === sides[0]?.at ? proxy.section.comments : []), ...calledOf(proxy.section.name, name), ...notes];
      if (lines.length > 0) comments.push({ at: at as string[], lines });
    }
  }
  const { 'stick-tables': ofPeers, ...others } = readOthers(sections, known, account, refusal);
  settleInherited(sections, account);
  for (const [key, value] of Object.entries({
    global,
    defaults: defaults.draft,
    certificates: known.sections.certificates,
    acls,
    maps: known.sections.maps,
    lists: known.sections.lists,
    ...others,
    'stick-tables': { ...stickTables, ...((known.sections['stick-tables'] ?? {}) as Draft), ...((ofPeers ?? {}) as Draft) },
    frontends,
    backends,
  }))
    if (value !== undefined && Object.keys(value as object).length > 0) document[key] = value as Plain;
  return {
    document: document as Imported['document'],
    outcomes: account.outcomes(),
    copies: account.copies(),
    places: account.places,
    comments,
  };
}

/** What a proxy was called, where that is no name of a document. */
const calledOf = (before: string, now: string): readonly string[] =>
  before === now || !/^[!-~]+$/.test(before) ? [] : [`It was called ${before}.`];

/** Why a proxy is not carried over for its mode; null: it is. */
function goneMode({ directives }: ProxySection): string | null {
  const mode = directives.findLast(({ words }) => words[0] === 'mode')?.words[1] ?? '';
  return Object.hasOwn(GONE_MODES, mode) ? (GONE_MODES[mode] as string) : null;
}

/** Keys of a section that people look for first, and last. */
const FIRST = ['mode', 'bind', 'maxconn', 'balance', 'cookie', 'stick', 'check', 'timeout', 'option'];
const LAST = ['use_backend', 'default_backend', 'default-server', 'use-server', 'servers', 'server-template', 'extra'];

function ordered(draft: Draft): Plain {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : LAST.includes(key) ? 100 + LAST.indexOf(key) : 50);
  return Object.fromEntries(Object.entries(draft).sort(([a], [b]) => rank(a) - rank(b))) as Plain;
}

function readStickTables({ directives }: ProxySection, owner: string | null, tables: Draft, account: Ledger, refusal: Refusal): void {
  for (const directive of directives)
    if (owner !== null && directive.words[0] === 'stick-table')
      becomeTable(directive, directive.words.slice(1), owner, tables, account, refusal);
}

interface Shared {
  readonly names: Names;
  readonly acls: Draft;
  readonly account: Ledger;
  readonly refusal: Refusal;
  readonly table: string | null;
}

/** The frontend and the backend that a proxy becomes, one or both. */
function readProxy(proxy: ProxySection, name: string, { names, acls, account, refusal, table }: Shared): readonly Side[] {
  const { keyword } = proxy.section;
  const [modeLine] = proxy.directives.filter(({ words }) => words[0] === 'mode').slice(-1);
  const mode = modeLine?.words[1] === 'http' ? 'http' : 'tcp';
  const { acls: own, raw } = readAcls(proxy, names, acls, account, refusal);
  const reading: Reading = { names, account, acls: own, scope: { names, table }, proxy, mode, refusal };
  const hasServers = proxy.directives.some(
    ({ words }) => /^(?:server|server-template|dispatch)$/.test(words[0] ?? '') || (words[0] === 'option' && words[1] === 'transparent'),
  );
  const front = keyword === 'backend' ? null : side('frontends', name);
  const back = keyword === 'backend' || (keyword === 'listen' && hasServers) ? side('backends', name) : null;
  if (mode === 'tcp')
    for (const each of [front, back])
      if (each !== null) each.draft.mode = 'tcp';
      else if (back !== null && keyword === 'backend') back.draft.mode = 'http';
  const sides = [front, back].filter((each) => each !== null);
  const [first] = sides;
  if (first === undefined) return [];
  for (const line of raw) for (const to of sides) keepRaw(reading, to, line, 'its words have no option');

  const rest: Inherited[] = [];
  for (const directive of proxy.directives) {
    const [word = ''] = directive.words;
    if (word === 'acl' || word === 'stick-table') continue;
    if (word === 'mode') account.became(directive, [...first.at, 'mode']);
    else if (directive.words[1] === 'inspect-delay' && /^tcp-/.test(word))
      readDelay(reading, word === 'tcp-response' ? (back ?? first) : first, directive);
    // frontends inherit it too: once is enough
    else if (keyword === 'backend' && directive.isInherited && directive.words[1] === 'forwardfor') continue;
    else if (!isGone(directive, account, names)) rest.push(directive);
  }
  readRules(reading, first, rest.filter(isRule));
  const others = rest.filter((directive) => !isRule(directive));
  if (front !== null) readFront(reading, front, others, back !== null);
  if (back !== null) {
    readBackend(
      reading,
      back,
      others.filter((directive) => applies(directive, keyword, true)),
    );
    if (front !== null) front.draft.default_backend ??= name;
  }
  for (const each of sides) closeDeadEnd(each, mode);
  return sides;
}

/** What leads nowhere answers 503, or closes: a rule says so, as the document has nothing that leads nowhere. */
function closeDeadEnd({ at, draft, extra, notes }: Side, mode: 'http' | 'tcp'): void {
  const leads = ['use_backend', 'default_backend', 'stats', 'servers', 'server-template'];
  const rules = mode === 'http' ? 'http-request' : 'tcp-request content';
  if (extra.length > 0 || draft[rules] !== undefined || leads.some((key) => draft[key] !== undefined)) return;
  draft[rules] = [mode === 'http' ? { deny: 503 } : { reject: true }];
  notes.push(
    at[0] === 'frontends' ? 'It led to no backend: this is what HAProxy did then.' : 'It had no server: this is what HAProxy did then.',
  );
}

function readFront(reading: Reading, to: Side, directives: readonly Inherited[], isListen: boolean): void {
  const isRoute = ({ words }: Inherited) => words[0] === 'use_backend';
  readFrontend(
    reading,
    to,
    directives.filter((each) => !isRoute(each) && (isListen ? isOfFrontend(each) : applies(each, 'frontend', false))),
  );
  readChoices(reading, to, 'use_backend', directives.filter(isRoute), (word) => readRoute(word, reading));
}

/** Whether an inherited line says something of this kind of proxy; a line of its own is always looked at, once. */
function applies(directive: Inherited, keyword: string, isBack: boolean): boolean {
  if (keyword === 'listen') return !isOfFrontend(directive) && directive.words[0] !== 'use_backend';
  if (!directive.isInherited) return true;
  return isBack ? !isOfFrontend(directive) || isOfBoth(directive) : isOfFrontend(directive);
}

/** What backends inherit as frontends do. */
const isOfBoth = ({ words: [first = '', second = ''] }: Inherited): boolean =>
  ['errorfile', 'errorfiles', 'http-error', 'log'].includes(first) || (first === 'option' && /^http(?:close|-server-close)$/.test(second));

function readDelay({ account }: Reading, to: Side, directive: Inherited): void {
  const [first = '', , time = ''] = directive.words;
  if (first === 'tcp-response' && to.at[0] === 'frontends') {
    account.fate(directive, 'dropped', 'no server answers in a frontend');
    return;
  }
  const value = /^[0-9]+$/.test(time) ? (Number(time) % 1000 === 0 ? `${Number(time) / 1000}s` : `${time}ms`) : time;
  const key = `${first} inspect-delay`;
  to.draft[key] = value;
  account.became(directive, [...to.at, key]);
}

/** Lines of defaults that no section took: nothing is lost without a word. */
function settleInherited(sections: readonly Section[], account: Ledger): void {
  const told = new Set(account.outcomes().map(({ line }) => line));
  for (const { keyword, directives } of sections)
    for (const directive of directives)
      if (!told.has(directive.line))
        account.fate(
          directive,
          'needless',
          keyword === 'defaults' ? 'no section that inherits it has a use for it' : 'a later line says it otherwise',
        );
}
