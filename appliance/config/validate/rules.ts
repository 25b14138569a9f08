import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';
import type { Rule } from './rule-lists.ts';

/** Checks what the verbs of rules ask for beyond their own form. */
export function checkRules({ ruleLists }: Context): readonly Problem[] {
  return ruleLists.flatMap(({ rules, at }) => rules.flatMap((rule, index) => checkTimeout(rule, [...at, index])));
}

/** HAProxy sets the timeouts towards clients in frontends, those towards servers in backends. */
function checkTimeout({ 'set-timeout': timeout }: Rule, at: At): readonly Problem[] {
  if (timeout === undefined) return [];
  const wrong = at[0] === 'frontends' ? (['server', 'tunnel'] as const) : (['client'] as const);
  return wrong.flatMap((key) =>
    timeout[key] === undefined
      ? []
      : [
          {
            ...problem(
              [...at, 'set-timeout', key],
              `a ${at[0] === 'frontends' ? 'frontend' : 'backend'} does not set the timeout ${key}`,
              `write the rule in a ${at[0] === 'frontends' ? 'backend' : 'frontend'}`,
            ),
            on: 'key' as const,
          },
        ],
  );
}
