import { RULESETS, type RuleInput } from '../schema/rule.ts';
import type { Document } from '../schema.ts';
import type { At } from './context.ts';

/** The lists of rules and routes of frontends and backends, in the order in which they run. */
const LISTS = [
  ...RULESETS.slice(0, RULESETS.indexOf('http-request') + 1),
  'use_backend',
  'force-persist',
  'ignore-persist',
  'use-server',
  'stick',
  ...RULESETS.slice(RULESETS.indexOf('http-request') + 1),
] as const;

/** Where a rule or route stands. */
export type Ruleset = (typeof LISTS)[number];

/** A rule of any ruleset, as the document writes it. */
export type Rule = RuleInput & { readonly backend?: string };

/** The rules of one ruleset of a frontend or backend, and their place. */
export interface RuleList {
  readonly ruleset: Ruleset;
  readonly rules: readonly Rule[];
  readonly at: At;
}

/** The ruleset that a place of the document is in; null: it is in none. */
export function rulesetAt([section, , ruleset, , verb]: At): Ruleset | null {
  if (ruleset === 'stick' && verb === 'store-response') return 'http-response';
  return section === 'frontends' || section === 'backends' ? (LISTS.find((each) => each === ruleset) ?? null) : null;
}

/** All rules of a document. */
export function ruleLists({ frontends, backends }: Document): readonly RuleList[] {
  return Object.entries({ frontends, backends }).flatMap(([section, things]) =>
    Object.entries(things as Readonly<Record<string, Partial<Record<Ruleset, readonly Rule[]>>>>).flatMap(([name, thing]) =>
      LISTS.flatMap((ruleset) => {
        const rules = thing[ruleset] ?? [];
        return rules.length === 0 ? [] : [{ ruleset, rules, at: [section, name, ruleset] }];
      }),
    ),
  );
}
