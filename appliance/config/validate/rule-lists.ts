import type { Document } from '../schema.ts';
import type { RuleInput } from '../translate/rule.ts';
import type { At } from './context.ts';

/** The rules of frontends and backends, in the order in which they run; backends have those on HTTP alone. */
const RULESETS = [
  'tcp-request connection',
  'tcp-request content',
  'http-request',
  'use_backend',
  'force-persist',
  'ignore-persist',
  'use-server',
  'stick',
  'http-response',
] as const;

/** Where a rule stands. */
export type Ruleset = (typeof RULESETS)[number];

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
  return section === 'frontends' || section === 'backends' ? (RULESETS.find((each) => each === ruleset) ?? null) : null;
}

/** All rules of a document. */
export function ruleLists({ frontends, backends }: Document): readonly RuleList[] {
  return Object.entries({ frontends, backends }).flatMap(([section, things]) =>
    Object.entries(things as Readonly<Record<string, Partial<Record<Ruleset, readonly Rule[]>>>>).flatMap(([name, thing]) =>
      RULESETS.flatMap((ruleset) => {
        const rules = thing[ruleset] ?? [];
        return rules.length === 0 ? [] : [{ ruleset, rules, at: [section, name, ruleset] }];
      }),
    ),
  );
}
