import type { ActionScope } from './action.ts';
import { type AclNames, aclNames } from './condition.ts';
import { type Draft, hasControl, isRaw, type Ledger, type Place, type Plain, type Refusal } from './ledger.ts';
import type { Names } from './names.ts';
import { goneFromProxy } from './obsolete.ts';
import { type Rules, readConditions, readFormer, readForwardFor, readRedirect, readRule } from './rule.ts';
import type { Inherited, ProxySection } from './section.ts';
import type { Directive } from './source.ts';

/** What all readers of a proxy's lines share: where they write, and how they account for it. */
export interface Reading {
  readonly names: Names;
  readonly account: Ledger;
  readonly acls: AclNames;
  readonly scope: ActionScope;
  readonly proxy: ProxySection;
  readonly mode: 'http' | 'tcp';
  readonly refusal: Refusal;
}

/** A section of the document while it is made. */
export interface Side {
  readonly at: Place['at'];
  readonly draft: Draft;
  readonly extra: string[];
  /** What is to be known of it, for a comment. */
  readonly notes: string[];
}

/** A new side. */
export const side = (section: 'frontends' | 'backends', name: string): Side => ({ at: [section, name], draft: {}, extra: [], notes: [] });

/** A line that stays as it is, with the document's names in it. */
export function keepRaw(
  { account, acls, names }: Pick<Reading, 'account' | 'acls' | 'names'>,
  to: Side,
  directive: Directive,
  reason: string,
): void {
  const text = acls.rename(tableNames(directive.text.replace(/\t+/g, ' '), names));
  const path = directive.words.find((word) => /^\/(?:etc|home|opt|srv|tmp|usr|var)\/./.test(word));
  const absent = path === undefined ? '' : `; ${path} is not on the appliance`;
  const unset = directive.unset.length === 0 ? '' : `; ${directive.unset.join(', ')} is not set on the appliance: write the value`;
  to.extra.push(text);
  account.fate(directive, 'raw', `${reason}${absent}${unset}`);
}

/** A raw line names stick tables by what they are called now. */
function tableNames(text: string, names: Names): string {
  return text
    .replace(/\bresolvers (\S+)/g, (_, name: string) => `resolvers ${names.resolvers(name)}`)
    .replace(/\btable (\S+)/g, (whole, section: string) => {
      const table = names.table(section);
      return table === null ? whole : `table ${table}`;
    });
}

/** The lists of rules, in the order in which HAProxy of old looked at what stood in lines of their own. */
const RULESETS = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'http-request',
  'tcp-response content',
  'http-response',
  'http-after-response',
] as const;
type Ruleset = (typeof RULESETS)[number];

interface RuleLine {
  readonly ruleset: Ruleset;
  readonly rank: number;
  readonly directive: Inherited;
}

/** Where a line's rule belongs; null: it is no rule. */
function ruleLine(directive: Inherited): RuleLine | null {
  const [first = '', second = ''] = directive.words;
  if (first === 'block') return { ruleset: 'http-request', rank: 0, directive };
  if (first === 'redirect') return { ruleset: 'http-request', rank: 4, directive };
  if (/^reqi?(?:add|del|rep|deny|allow|pass|tarpit)$/.test(first))
    return { ruleset: 'http-request', rank: first === 'reqadd' ? 3 : 2, directive };
  if (first === 'option' && second === 'forwardfor') return { ruleset: 'http-request', rank: 5, directive };
  if (/^rspi?(?:add|del|rep|deny)$/.test(first)) return { ruleset: 'http-response', rank: first === 'rspadd' ? 3 : 2, directive };
  const ruleset = RULESETS.find((each) => each === first || each === `${first} ${second}`);
  return ruleset === undefined ? null : { ruleset, rank: 1, directive };
}

/** What says of itself that there is HTTP/3 comes behind what the bind says by itself, and counts. */
function behindHttp3(directive: Inherited, { directives }: ProxySection): Inherited {
  const [first, verb, header = '', ...rest] = directive.words;
  const isOne = first === 'http-response' && /^(?:set|add)-header$/.test(verb ?? '') && header.toLowerCase() === 'alt-svc';
  const isQuic = isOne && directives.some(({ words }) => words[0] === 'bind' && words[1]?.startsWith('quic'));
  // who comes in clear is told nothing of it
  const condition = rest.length > 1 ? [] : ['if', '{', 'ssl_fc', '}'];
  return isQuic ? { ...directive, words: ['http-after-response', 'set-header', header, ...rest, ...condition] } : directive;
}

/** Whether a line is a rule. */
export const isRule = (directive: Inherited): boolean => ruleLine(directive) !== null;

const LAST = ['accept', 'allow', 'auth', 'close', 'deny', 'redirect', 'reject', 'return', 'silent-drop', 'tarpit', 'use-service'];

/** Whether no rule behind it is looked at, whatever comes. */
const isLast = (rule: { readonly [key: string]: Plain }): boolean =>
  rule.if === undefined &&
  rule.unless === undefined &&
  LAST.some((verb) => Object.hasOwn(rule, verb)) &&
  !JSON.stringify(rule).includes('ignore-empty');

/**
 * The rules of a proxy, in order. Raw lines run behind all rules of the document: where one stays raw, those of its list behind it stay raw too, or
 * they would be looked at before it.
 */
export function readRules(reading: Reading, to: Side, directives: readonly Inherited[]): void {
  const lines = directives.flatMap((directive) => ruleLine(behindHttp3(directive, reading.proxy)) ?? []);
  for (const ruleset of RULESETS) {
    const ofHttp = ruleset.startsWith('http-');
    let isBehindRaw = false;
    let isOver = false;
    const list: Plain[] = [];
    for (const { directive } of lines.filter((line) => line.ruleset === ruleset).sort((a, b) => a.rank - b.rank)) {
      if (ofHttp && reading.mode === 'tcp') {
        const isUpgraded = reading.proxy.directives.some(({ words }) => words.includes('switch-mode'));
        if (isUpgraded) reading.account.fate(directive, 'dropped', 'it belongs to switch-mode, which is raw: write it below extra too');
        else reading.account.fate(directive, 'needless', 'HAProxy ignores it in mode tcp');
        continue;
      }
      if (isOver) {
        reading.account.fate(directive, 'needless', 'it is never reached: a rule above applies always');
        continue;
      }
      const isFormer = /^(?:req|rsp)/.test(directive.words[0] ?? '');
      const refusal = reading.refusal(directive.line);
      const read = refusal === null ? readLine(reading, ruleset, directive) : { raw: refusal };
      const made = !isRaw(read) && hasControl(read) ? { raw: 'the document has no control characters' } : read;
      if (isRaw(made) && isFormer) reading.account.fate(directive, 'dropped', made.raw);
      else if (isRaw(made) || (isBehindRaw && !isFormer)) {
        keepRaw(reading, to, directive, isRaw(made) ? made.raw : 'a rule before it is raw, and raw rules come last');
        isBehindRaw = true;
      } else {
        for (const rule of made) {
          reading.account.became(directive, [...to.at, ruleset, list.length]);
          list.push(rule);
          isOver ||= isLast(rule);
        }
      }
    }
    if (list.length > 0) to.draft[ruleset] = list;
  }
}

function readLine({ acls, scope }: Reading, ruleset: Ruleset, { words }: Directive): Rules | { readonly raw: string } {
  const [first = '', ...rest] = words;
  if (words.some((word) => /(?:^|[^\w.-])acl\(/.test(word))) return { raw: 'a sample that asks for ACLs has no option' };
  if (first === 'block') return readRule(['deny', ...rest], acls, scope);
  if (first === 'redirect') return readRedirect(rest, acls, scope);
  if (first === 'option') return readForwardFor(rest.slice(1), acls, scope);
  if (/^(?:req|rsp)/.test(first)) return readFormer(words, acls);
  return readRule(words.slice(ruleset.split(' ').length), acls, scope);
}

/** Lines that choose by conditions, `use_backend` and `use-server`: raw ones come first, so that those before a raw one are raw too. */
export function readChoices(
  reading: Reading,
  to: Side,
  key: 'use_backend' | 'use-server',
  lines: readonly Inherited[],
  read: (word: string) => Plain | { readonly raw: string },
): void {
  const made = lines.map((directive) => {
    const refusal = reading.refusal(directive.line);
    if (refusal !== null) return { raw: refusal };
    const [, target = '', ...condition] = directive.words;
    const chosen = read(target);
    if (isRaw(chosen)) return chosen;
    const conditions = readConditions(condition, reading.acls);
    return isRaw(conditions)
      ? conditions
      : conditions.map((each): { [key: string]: Plain } => ({ [key === 'use_backend' ? 'backend' : 'server']: chosen, ...each }));
  });
  const lastRaw = made.findLastIndex(isRaw);
  const list: Plain[] = [];
  for (const [index, directive] of lines.entries()) {
    const each = made[index];
    if (each === undefined || isRaw(each) || index < lastRaw)
      keepRaw(reading, to, directive, isRaw(each) ? each.raw : `a ${key} behind it is raw, and raw lines come first`);
    else
      for (const choice of each) {
        reading.account.became(directive, [...to.at, key, list.length]);
        list.push(choice);
      }
  }
  if (list.length > 0) to.draft[key] = list;
}

/** Reads the ACLs of a proxy into the document's. */
export function readAcls(
  proxy: ProxySection,
  names: Names,
  acls: Draft,
  account: Ledger,
  refusal: Refusal,
): { readonly acls: AclNames; readonly raw: readonly Inherited[] } {
  const own = aclNames(names, acls);
  const raw: Inherited[] = [];
  const asked = new Set(
    proxy.directives.flatMap(({ words }) =>
      words.flatMap((word) => [...word.matchAll(/(?:^|[^\w.-])acl\(([^()]*)\)/g)].flatMap(([, list = '']) => list.split(/[\s,!]+/))),
    ),
  );
  for (const directive of proxy.directives) {
    if (directive.words[0] !== 'acl') continue;
    const [, name = ''] = directive.words;
    const why = asked.has(name) ? 'a sample asks for it by name' : refusal(directive.line);
    const at = why === null ? own.declare(directive.words.slice(1), names.proxy(proxy.section.name)) : { raw: why };
    if (isRaw(at)) {
      own.keepRaw(name);
      raw.push(directive);
      account.fate(directive, 'raw', at.raw);
    } else account.became(directive, at);
  }
  return { acls: own, raw };
}

/** Accounts for a line that no document has; true: it is done with. */
export function isGone(directive: Inherited, account: Ledger, names: Names): boolean {
  if (directive.words[0] === 'log' && directive.words[1] === 'global' && names.globalLogs.length === 0) {
    account.fate(directive, 'own', "decided by the appliance: lines go to the machine's own log");
    return true;
  }
  const gone = goneFromProxy(directive.words);
  if (gone === null) return false;
  account.fate(directive, gone.fate, gone.reason);
  return true;
}
