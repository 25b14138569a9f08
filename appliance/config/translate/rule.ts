import type { Action, Rule } from '../../../proxy/model.ts';
import type { Document } from '../schema.ts';
import { translateConditions } from './condition.ts';

type Frontend = Document['frontends'][string];
/** A rule of any ruleset, as the document writes it. */
export type RuleInput = Partial<Omit<Frontend['http-request'][number] & Frontend['tcp-request connection'][number], 'if' | 'unless'>> &
  Pick<Frontend['http-request'][number], 'if' | 'unless'>;

/** What `deny: true` answers. */
const FORBIDDEN = 403;

/** Rules in long form, each at its index. Throws for a rule without a verb, which the schema refuses. */
export function translateRules(rules: readonly RuleInput[]): readonly Rule[] {
  return rules.map((rule) => ({ action: translateAction(rule), condition: translateConditions(rule) }));
}

function translateAction(rule: RuleInput): Action {
  const { redirect, deny, tarpit, table = '' } = rule;
  const status = (value: true | number) => (value === true ? FORBIDDEN : value);
  if (redirect !== undefined) {
    const to = redirect.scheme !== undefined ? 'scheme' : redirect.location !== undefined ? 'location' : 'prefix';
    return { kind: 'redirect', to, value: redirect[to] ?? '', code: redirect.code };
  }
  if (deny !== undefined) return { kind: 'deny', status: status(deny) };
  if (tarpit !== undefined) return { kind: 'tarpit', status: status(tarpit) };
  for (const kind of ['accept', 'reject', 'silent-drop'] as const) if (rule[kind] === true) return { kind };
  for (const index of [0, 1, 2] as const) {
    const key = rule[`track-sc${index}`];
    if (key !== undefined) return { kind: 'track-sc', index, key, table };
  }
  for (const kind of ['set-header', 'add-header'] as const) {
    const headers = rule[kind];
    if (headers !== undefined) return { kind, headers };
  }
  const removed = rule['del-header'];
  if (removed !== undefined) return { kind: 'del-header', names: [removed].flat() };
  const path = rule['set-path'];
  if (path !== undefined) return { kind: 'set-path', value: path };
  throw new Error(`a rule without a verb: ${JSON.stringify(rule)}`);
}
