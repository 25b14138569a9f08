import type { Action, Rule } from '../model.ts';
import type { AclScope } from './acl-scope.ts';
import { alternatives, type Vocabulary } from './condition.ts';
import { name, phrase } from './quote.ts';

/** Where a rule stands; HAProxy's words. */
export type Ruleset = 'tcp-request connection' | 'tcp-request content' | 'http-request' | 'http-response';

/** HTTP rules say `allow` for what TCP rules call `accept`, and HTTP responses know `deny` only. */
function verb(kind: 'accept' | 'reject' | 'silent-drop', ruleset: Ruleset): string {
  return kind === 'accept' && ruleset.startsWith('http') ? 'allow' : kind;
}

function actionText(action: Action, ruleset: Ruleset): string {
  switch (action.kind) {
    case 'redirect':
      return phrase('redirect', action.to, action.value, 'code', action.code);
    case 'track-sc':
      return phrase(`track-sc${action.index}`, action.key, 'table', name(action.table));
    case 'deny':
    case 'tarpit':
      return phrase(action.kind, 'status', action.status);
    case 'accept':
    case 'reject':
    case 'silent-drop':
      return verb(action.kind, ruleset);
    case 'set-header':
    case 'add-header':
      return phrase(action.kind, action.name, action.value);
    case 'del-header':
      return phrase('del-header', action.name);
    case 'set-path':
      return phrase('set-path', action.value);
  }
}

/** Whether doing it for one alternative and again for another is doing it once: such a rule may continue on further lines. */
const isRepeatable = ({ kind }: Action): boolean => kind !== 'add-header' && kind !== 'set-header' && kind !== 'set-path';

/** For a rule that must run once and whose condition is longer than a line: a variable of the request or response says whether it holds. */
function decided(ruleset: Ruleset, action: string, clauses: readonly string[]): readonly string[] {
  const variable = ruleset === 'http-response' ? 'res.weir_holds' : 'req.weir_holds';
  return [
    `    ${ruleset} set-var(${variable}) bool(false)`,
    ...clauses.map((clause) => `    ${ruleset} set-var(${variable}) bool(true) ${clause}`),
    `    ${ruleset} ${action} if { var(${variable}) -m bool }`,
  ];
}

/** The lines of a ruleset, in the document's order. Throws where a condition has more alternatives than `mostAlternatives`. */
export function ruleLines(ruleset: Ruleset, rules: readonly Rule[], scope: AclScope, vocabulary: Vocabulary): readonly string[] {
  return rules.flatMap(({ action, condition }) => {
    const text = actionText(action, ruleset);
    const clauses = scope.clauses(alternatives(condition, vocabulary));
    if (clauses.length > 1 && !isRepeatable(action)) return decided(ruleset, text, clauses);
    return clauses.map((clause) => `    ${ruleset} ${text} ${clause}`.trimEnd());
  });
}
