import type { Action, Rule, Rules } from '../../../proxy/model/action.ts';
import { RULESETS, type RuleInput, type Ruleset } from '../schema/rule.ts';
import { translateConditions } from './condition.ts';
import { translateBody } from './own-answer.ts';

/** What `deny: true` answers. */
const FORBIDDEN = 403;

/** What `return` answers where it says no status. */
const OK = 200;

/** What the body of an answer is, where it does not say. */
const PLAIN = 'text/plain';

/** The rules of a frontend or backend in long form, by ruleset. */
export function translateRulesets(input: Readonly<Partial<Record<Ruleset, readonly RuleInput[]>>>): Rules {
  return Object.fromEntries(
    RULESETS.flatMap((ruleset) => {
      const rules = input[ruleset] ?? [];
      return rules.length === 0 ? [] : [[ruleset, translateRules(rules)]];
    }),
  );
}

/** Rules in long form, each at its index. Throws for a rule without a verb, which the schema refuses. */
function translateRules(rules: readonly RuleInput[]): readonly Rule[] {
  return rules.map((rule) => ({ action: translateAction(rule), condition: translateConditions(rule) }));
}

function translateAction(rule: RuleInput): Action {
  for (const translation of translations) {
    const action = translation(rule);
    if (action !== undefined) return action;
  }
  throw new Error(`a rule without a verb: ${JSON.stringify(rule)}`);
}

type Translation = (rule: RuleInput) => Action | undefined;

/** How the value of a verb becomes an action: one for each verb, or for those whose values have one form. */
const translations: readonly Translation[] = [
  // answers
  ...verbs(['accept', 'allow', 'close', 'disable-l7-retry', 'reject', 'silent-drop', 'wait-for-handshake'], (kind): Action => ({ kind })),
  ...verbs(['deny', 'tarpit', 'return'], (kind, value): Action => {
    const said = value === true ? {} : typeof value === 'number' ? { status: value } : value;
    const { status = kind === 'return' ? OK : FORBIDDEN, 'content-type': contentType = PLAIN, hdr = {} } = said;
    const body = translateBody(said);
    return { kind, status, contentType: body === null ? null : contentType, body, headers: hdr };
  }),
  ...verbs(['auth'], (kind, value): Action => ({ kind, realm: value === true ? null : value })),
  ...verbs(['redirect'], (kind, value): Action => {
    const { 'set-cookie': set, 'clear-cookie': clear } = value;
    const to = value.scheme !== undefined ? 'scheme' : value.location !== undefined ? 'location' : 'prefix';
    return {
      kind,
      to,
      format: value[to] ?? '',
      code: value.code,
      options: (['drop-query', 'append-slash', 'ignore-empty'] as const).filter((option) => value[option]),
      cookie:
        set !== undefined
          ? { kind: 'set-cookie', text: set }
          : clear === undefined
            ? null
            : // without the sign HAProxy clears nothing
              { kind: 'clear-cookie', text: clear.endsWith('=') ? clear : `${clear}=` },
    };
  }),
  // headers
  ...verbs(['set-header', 'add-header', 'early-hint'], (kind, headers): Action => ({ kind, headers })),
  ...verbs(
    ['replace-header', 'replace-value'],
    (kind, headers): Action => ({
      kind,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, replacement(value)])),
    }),
  ),
  ...verbs(['del-header'], (kind, value): Action => {
    if (typeof value === 'string' || Array.isArray(value)) return { kind, match: 'str', names: [value].flat() };
    for (const match of ['beg', 'end', 'sub', 'reg'] as const) {
      const names = (value as { readonly [method in typeof match]?: string | readonly string[] | undefined })[match];
      if (names !== undefined) return { kind, match, names: [names].flat() };
    }
    return { kind, match: 'str', names: [] };
  }),
  ...verbs(
    ['set-status'],
    (kind, value): Action =>
      typeof value === 'number' ? { kind, status: value, reason: null } : { kind, status: value.status, reason: value.reason },
  ),
  // the request line
  ...verbs(['set-method', 'set-path', 'set-pathq', 'set-query', 'set-uri'], (kind, format): Action => ({ kind, format })),
  ...verbs(['replace-path', 'replace-pathq', 'replace-uri'], (kind, value): Action => ({ kind, replacement: replacement(value) })),
  ...verbs(['normalize-uri'], (kind, value): Action => ({ kind, normalizer: value.split(' ') })),
  // variables and maps
  ...verbs(['set-var'], (kind, samples): Action => ({ kind, samples })),
  ...verbs(['set-var-fmt'], (kind, formats): Action => ({ kind, formats })),
  ...verbs(['unset-var'], (kind, names): Action => ({ kind, names: [names].flat() })),
  ...verbs(
    ['capture'],
    (kind, { sample, len, id = 0 }): Action => ({ kind, sample, slot: len === undefined ? 'id' : 'len', number: len ?? id }),
  ),
  ...verbs(['set-map'], (kind, { map, key, value }): Action => ({ kind, map, key, value })),
  ...verbs(['del-map'], (kind, { map, key }): Action => ({ kind, map, key })),
  ...verbs(['add-acl', 'del-acl'], (kind, { list, key }): Action => ({ kind, list, key })),
  // counters
  ...([0, 1, 2] as const).flatMap((index) =>
    verbs([`track-sc${index}`], (_, sample, { table = '' }): Action => ({ kind: 'track-sc', index, sample, table })),
  ),
  ...verbs(['sc-inc-gpc'], (kind, { idx, 'sc-id': scId }): Action => ({ kind, idx, scId })),
  ...verbs(['sc-add-gpc', 'sc-set-gpt'], (kind, { idx, 'sc-id': scId, value }): Action => ({ kind, idx, scId, value: String(value) })),
  // traffic
  ...verbs(
    ['set-bc-tos', 'set-fc-tos', 'set-priority-class', 'set-priority-offset'],
    (kind, value): Action => ({ kind, sample: typeof value === 'number' ? `int(${value})` : value }),
  ),
  ...verbs(['set-dst', 'set-dst-port', 'set-src', 'set-src-port'], (kind, sample): Action => ({ kind, sample })),
  ...verbs(['expect-proxy', 'set-log-level'], (kind, word): Action => ({ kind, word })),
  ...verbs(['set-nice'], (kind, value): Action => ({ kind, word: String(value) })),
  ...verbs(['strict-mode'], (kind, value): Action => ({ kind, word: value ? 'on' : 'off' })),
  ...verbs(['set-timeout'], (kind, value): Action => {
    const timeout = value.client !== undefined ? 'client' : value.server !== undefined ? 'server' : 'tunnel';
    return { kind, timeout, value: value[timeout] ?? '' };
  }),
  ...verbs(
    ['wait-for-body'],
    (kind, { time, 'at-least': atLeast }): Action => ({
      kind,
      time,
      atLeast: atLeast === undefined ? null : String(atLeast),
    }),
  ),
  ...verbs(['set-bandwidth-limit'], (kind, value): Action => {
    const { name, limit, period = null } = typeof value === 'string' ? { name: value } : value;
    return { kind, filter: name, limit: limit === undefined ? null : String(limit), period };
  }),
  ...verbs(
    ['do-resolve'],
    (kind, { var: variable, sample, resolvers, family = null }): Action => ({
      kind,
      variable,
      sample,
      resolvers,
      family,
    }),
  ),
  ...verbs(['send-spoe-group'], (kind, { engine, group }): Action => ({ kind, engine, group })),
  // what answers in the place of a server
  ...verbs(['cache-use', 'cache-store'], (kind, cache): Action => ({ kind, cache })),
  ...verbs(['lua'], (kind, value): Action => (typeof value === 'string' ? { kind, action: value, args: [] } : { kind, ...value })),
  ...verbs(['use-service'], (kind, service): Action => ({ kind, service })),
];

type Word = Exclude<keyof RuleInput, 'if' | 'unless' | 'table'>;

/** Translations for verbs whose values have one form. */
function verbs<const Verb extends Word>(
  words: readonly Verb[],
  change: (verb: Verb, value: NonNullable<RuleInput[Verb]>, rule: RuleInput) => Action,
): readonly Translation[] {
  return words.map((word) => (rule) => {
    const value = rule[word];
    return value === undefined ? undefined : change(word, value as NonNullable<RuleInput[Verb]>, rule);
  });
}

function replacement({ match, replace }: { readonly match: string; readonly replace: string }) {
  return { match, format: replace };
}
