import type { Condition, Cookie, StickRule } from '../../../proxy/model.ts';
import { STICK_VERBS } from '../schema/persistence.ts';
import type { Document } from '../schema.ts';
import { translateConditions } from './condition.ts';

type BackendInput = Document['backends'][string];

/** The folder of secrets on the appliance. */
const SECRETS = '/run/weir/secrets';

/** The cookie of a backend, or null. */
export function translateCookie(input: BackendInput['cookie']): Cookie | null {
  if (input === undefined) return null;
  const { maxidle = null, maxlife = null, domain = [], attr, 'dynamic-cookie-key': key, ...named } = input;
  const [name = '', words] = Object.entries(named)[0] ?? [];
  return {
    name,
    words: words as readonly string[],
    maxidle,
    maxlife,
    domains: [domain].flat(),
    attributes: attr,
    keyFile: key === undefined ? null : `${SECRETS}/${key}`,
    key: null,
  };
}

/** Stick rules in long form. */
export function translateStick(rules: BackendInput['stick']): readonly StickRule[] {
  return rules.flatMap((rule) =>
    STICK_VERBS.flatMap((kind) => {
      const sample = rule[kind];
      return sample === undefined ? [] : [{ kind, sample, table: rule.table, condition: translateConditions(rule) }];
    }),
  );
}

/** The conditions of a list of which any may hold. */
export function translateAlternatives(rules: BackendInput['force-persist']): readonly Condition[] {
  return rules.flatMap((rule) => translateConditions(rule) ?? []);
}

/** The name of a cookie of RDP, empty for the usual one; null where none is given. */
export function translateRdpCookie(input: true | string | undefined): string | null {
  return input === undefined ? null : input === true ? '' : input;
}
