import { type ActionScope, readAction, redirected, type Verb } from './action.ts';
import { type AclNames, type Conditions, conditionsOf } from './condition.ts';
import { isRaw, type Plain, type Raw } from './ledger.ts';
import { options } from './value.ts';

/** A rule of the document; several where one pair of `if` and `unless` cannot say it. */
export type Rules = readonly { readonly [key: string]: Plain }[];

/** Verbs after which no later rule is looked at, or that make no difference when they happen twice: these may be said once for each alternative. */
const REPEATABLE =
  /^(?:accept|allow|auth|close|reject|silent-drop|deny|return|tarpit|redirect|del-header|set-log-level|set-nice|set-status|track-sc[012]|set-method|set-src|unset-var|disable-l7-retry|set-priority-class)$/;

/** Whether a header or variable is set to what does not depend on itself. */
const isConstant = ({ verb, value }: Verb): boolean => /^set-(?:header|var-fmt)$/.test(verb) && !JSON.stringify(value).includes('%[');

/** The place of `if` or `unless` behind the words of an action. */
function conditionAt(words: readonly string[], from: number): number {
  const at = words.findIndex((word, index) => index >= from && (word === 'if' || word === 'unless'));
  return at < 0 ? words.length : at;
}

/** What a condition at the end of a line becomes. */
export function readConditions(words: readonly string[], acls: AclNames): readonly Conditions[] | Raw {
  const [word, ...condition] = words;
  if (word === undefined) return [{}];
  const alternatives = acls.read(condition);
  if (isRaw(alternatives)) return alternatives;
  return conditionsOf(alternatives, word === 'unless') ?? { raw: 'if and unless cannot say its condition' };
}

/** Puts a verb and its conditions together. */
function ruled(verb: Verb, conditions: readonly Conditions[] | Raw): Rules | Raw {
  if (isRaw(conditions)) return conditions;
  if (conditions.length > 1 && !REPEATABLE.test(verb.verb) && !isConstant(verb))
    return { raw: 'one rule cannot say its condition, and two would do it twice' };
  return conditions.map((each) => ({
    [verb.verb]: verb.value,
    ...(verb.table === undefined ? {} : { table: verb.table }),
    ...each,
  }));
}

/** The rule of a line such as `http-request deny if …`, from the verb on. */
export function readRule(words: readonly string[], acls: AclNames, scope: ActionScope): Rules | Raw {
  // a header may be called `if`: its name and value are looked at first
  const from = /^(?:set|add)-header$/.test(words[0] ?? '') ? 3 : /^(?:set-|replace-|del-)/.test(words[0] ?? '') ? 2 : 1;
  const at = conditionAt(words, from);
  const verb = readAction(words.slice(0, at), scope);
  return isRaw(verb) ? verb : ruled(verb, readConditions(words.slice(at), acls));
}

/** `redirect …` as a line of its own. */
export function readRedirect(words: readonly string[], acls: AclNames, scope: ActionScope): Rules | Raw {
  const at = conditionAt(words, 0);
  const value = redirected(words.slice(0, at), scope, '');
  if (value === null || isRaw(value)) return value ?? { raw: 'words of redirect have no option' };
  return ruled({ verb: 'redirect', value }, readConditions(words.slice(at), acls));
}

/** `option forwardfor header NAME`, a header of another name than X-Forwarded-For (configuration manual, 4.2): a rule adds it, behind all others. */
export function readForwardFor(words: readonly string[], acls: AclNames, scope: ActionScope): Rules | Raw {
  const said = options(words, ['header', 'except'], ['if-none']);
  const name = said?.get('header');
  if (said === null || typeof name !== 'string') return { raw: 'words of option forwardfor have no option' };
  const except = said.get('except');
  const unless = [
    ...(typeof except === 'string' ? [['{', 'src', except, '}']] : []),
    ...(said.has('if-none') ? [['{', `req.hdr(${name})`, '-m', 'found', '}']] : []),
  ].flatMap((condition, index) => [index === 0 ? 'unless' : 'or', ...condition]);
  return readRule(['add-header', name, '%[src]', ...unless], acls, scope);
}

/** Lines of 1.5 to 2.0 that changed headers by regular expressions, where a rule of today does the same; `raw` says what to write instead. */
export function readFormer(words: readonly string[], acls: AclNames): Rules | Raw {
  const [word = '', text = '', ...rest] = words;
  const [, kind = ''] = /^(?:req|rsp)i?(.*)$/.exec(word) ?? [];
  const side = word.startsWith('req') ? 'http-request' : 'http-response';
  const advice: Readonly<Record<string, string>> = {
    add: `write ${side} add-header`,
    del: `write ${side} del-header, with -m reg for several`,
    rep: word.startsWith('req') ? 'write http-request replace-header, replace-path or replace-uri' : 'write http-response replace-header',
    deny: `write ${side} deny with a condition`,
    allow: 'write http-request allow with a condition',
    pass: 'leave it out, or write http-request allow with a condition',
    tarpit: 'write http-request tarpit with a condition',
  };
  const raw = { raw: `HAProxy has not had ${word} since 2.1: ${advice[kind] ?? `write ${side} rules`}` };
  const [condition, replacement] = kind === 'rep' ? [rest.slice(1), rest[0] ?? ''] : [rest, ''];
  const conditions = readConditions(condition, acls);
  if (isRaw(conditions)) return raw;
  const made = formerVerb(kind, text, replacement, word.startsWith('req'));
  return made === null ? raw : ruled(made, conditions);
}

function formerVerb(kind: string, text: string, replacement: string, isRequest: boolean): Verb | null {
  if (kind === 'add') {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.+)$/s.exec(text) ?? [];
    return name === undefined || value === undefined ? null : { verb: 'add-header', value: { [name]: value.replaceAll('%', '%%') } };
  }
  const [, header, behind] = /^\^([A-Za-z0-9_-]+):(.*)$/s.exec(text) ?? [];
  if (kind === 'del') {
    // all of a header, whatever its value: the case of its name does not count today either
    return header !== undefined && /^(?:\\?\s?[.*]*\*?\$?|\.\*\$?|)$/.test(behind ?? '') ? { verb: 'del-header', value: header } : null;
  }
  if (kind === 'rep' && header !== undefined) {
    const [, called, value] = /^([A-Za-z0-9_-]+):(.*)$/s.exec(replacement) ?? [];
    if (called?.toLowerCase() !== header.toLowerCase() || value === undefined) return null;
    const match = (behind ?? '')
      .replace(/^(?:\\ | |\\s\*)/, '')
      .replace(/^\^?/, '^')
      .replace(/\$?$/, '$');
    return { verb: 'replace-header', value: { [header]: { match, replace: value.trimStart().replaceAll('%', '%%') } } };
  }
  if (kind === 'rep' && isRequest) {
    // `^([^\ :]*)\ /static/(.*)` and `\1\ /\2`: the path and the query, and perhaps the version behind them
    const [, pattern] = /^\^\(\[\^\\? :?\]\*\)\\? (\/.*)$/s.exec(text) ?? [];
    const [, target] = /^\\1\\? (.*)$/s.exec(replacement) ?? [];
    if (pattern === undefined || target === undefined || !/\(\.\*\)$/.test(pattern) || (pattern.match(/\(/g) ?? []).length !== 1)
      return null;
    if (!/\\2$/.test(target)) return null;
    return { verb: 'replace-pathq', value: { match: `^${pattern}$`, replace: target.replaceAll('%', '%%').replace(/\\2$/, '\\1') } };
  }
  return null;
}
