import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';
import type { Rule } from './rule-lists.ts';

/** Verbs after which no later rule is looked at. */
const FINAL = [
  'accept',
  'allow',
  'auth',
  'close',
  'reject',
  'silent-drop',
  'deny',
  'return',
  'tarpit',
  'redirect',
  'use-service',
  'backend',
] as const;

/** Checks that every rule can be reached, and that no redirect leads to itself. */
export function checkOrder({ document, ruleLists }: Context): readonly Problem[] {
  return [
    ...ruleLists.flatMap(({ rules, at }) => checkReach(rules, at)),
    ...Object.entries(document.frontends).flatMap(([name, frontend]) => checkLoop(frontend, ['frontends', name])),
  ];
}

const isUnconditional = (rule: Rule): boolean => rule.if === undefined && rule.unless === undefined;

function checkReach(rules: readonly Rule[], at: At): readonly Problem[] {
  const last = rules.findIndex((rule) => isUnconditional(rule) && FINAL.some((verb) => rule[verb] !== undefined));
  if (last < 0 || last === rules.length - 1) return [];
  const hint = 'give the rule above an if: or unless:, or remove this one';
  return [problem([...at, last + 1], 'this rule is never reached: the one above applies always', hint)];
}

/** A redirect to https of all that comes, https as well, is one that browsers give up on. */
function checkLoop({ bind, 'http-request': rules }: Context['document']['frontends'][string], at: At): readonly Problem[] {
  if (bind.every(({ ssl }) => ssl === undefined)) return [];
  return rules.flatMap((rule, index) =>
    rule.redirect?.scheme === 'https' && isUnconditional(rule)
      ? [
          problem(
            [...at, 'http-request', index],
            'this redirect sends clients that came by https to https again',
            'add unless: { ssl_fc: true }',
          ),
        ]
      : [],
  );
}
