import type { Rule, Ruleset } from '../model.ts';
import type { AclScope } from './acl-scope.ts';
import { actionTexts, isRepeatable } from './action.ts';
import { type Alternatives, alternatives, type Vocabulary } from './condition.ts';
import { type Line, placed } from './line.ts';
import { fetchOf } from './sample.ts';

/** How long TCP rules wait for the first bytes that they look at, where the document does not say: well above a slow TLS hello. */
export const defaultInspectDelay = '5s';

/** What an action never changes, so that a condition on it holds for the second line of a rule as it did for the first. */
const unchanging = /^(?:(?:[bf]c_)?(?:src|dst)(?:_|$)|ssl_|sc\d?_|method$|always_|nbsrv|be_|fe_|srv_|(?:wait_end|stopping|rand|date)$)/;

const mayChange = (among: Alternatives): boolean =>
  among.some((terms) => terms.some(({ atom }) => atom.expressions.some(([sample = '']) => !unchanging.test(fetchOf(sample)))));

/** The shortest-lived variables that there are in a ruleset (configuration manual, 4.3 "set-var"). */
const scopes: Readonly<Record<Ruleset, 'sess' | 'req' | 'res'>> = {
  'tcp-request connection': 'sess',
  'tcp-request session': 'sess',
  'tcp-request content': 'req',
  'tcp-response content': 'res',
  'http-request': 'req',
  'http-response': 'res',
  'http-after-response': 'res',
};

/** The variable that says whether a condition holds: of the response where there is one, of the session before there is a request. */
function variableOf(ruleset: Ruleset): string {
  return `${scopes[ruleset]}.weir_holds`;
}

/** Actions that must run once, or that change what their condition asks for: a variable says whether it holds, decided before the first of them. */
function decided(ruleset: Ruleset, actions: readonly string[], clauses: readonly string[]): readonly string[] {
  const variable = variableOf(ruleset);
  return [
    `    ${ruleset} set-var(${variable}) bool(false)`,
    ...clauses.map((clause) => `    ${ruleset} set-var(${variable}) bool(true) ${clause}`),
    ...actions.map((action) => `    ${ruleset} ${action} if { var(${variable}) -m bool }`),
  ];
}

/** The lines of a ruleset, in the document's order and with their places in it. Throws where a condition has more alternatives than `mostAlternatives`. */
export function ruleLines(ruleset: Ruleset, rules: readonly Rule[], scope: AclScope, vocabulary: Vocabulary): readonly Line[] {
  return rules.flatMap(({ action, condition }, index) => {
    const actions = actionTexts(action, vocabulary);
    const among = alternatives(condition, vocabulary);
    const clauses = scope.clauses(among);
    const isSplit = (clauses.length > 1 && !isRepeatable(action)) || (actions.length > 1 && mayChange(among));
    const lines = isSplit
      ? decided(ruleset, actions, clauses)
      : actions.flatMap((text) => clauses.map((clause) => `    ${ruleset} ${text} ${clause}`.trimEnd()));
    return placed([ruleset, index], lines);
  });
}
