import type { Action } from '../model.ts';
import { name, phrase } from './quote.ts';

/** Where a rule stands; HAProxy's words. */
export type Ruleset = 'tcp-request connection' | 'tcp-request content' | 'http-request' | 'http-response';

/** HTTP rules say `allow` for what TCP rules call `accept`. */
function acceptance(ruleset: Ruleset): string {
  return ruleset.startsWith('http') ? 'allow' : 'accept';
}

/** An action as HAProxy writes it, without its ruleset and condition; several for one that names several headers, in their order. */
export function actionTexts(action: Action, ruleset: Ruleset): readonly string[] {
  switch (action.kind) {
    case 'redirect':
      return [phrase('redirect', action.to, action.value, 'code', action.code)];
    case 'track-sc':
      return [phrase(`track-sc${action.index}`, action.key, 'table', name(action.table))];
    case 'deny':
    case 'tarpit':
      return [phrase(action.kind, 'status', action.status)];
    case 'accept':
      return [acceptance(ruleset)];
    case 'reject':
    case 'silent-drop':
      return [action.kind];
    case 'set-header':
    case 'add-header':
      return Object.entries(action.headers).map(([header, value]) => phrase(action.kind, header, value));
    case 'del-header':
      return action.names.map((header) => phrase('del-header', header));
    case 'set-path':
      return [phrase('set-path', action.value)];
  }
}

/** Actions of which only the first counts, whatever follows: done for one alternative of a condition and again for another, they are done once. */
const onceAnyway: ReadonlySet<Action['kind']> = new Set([
  'accept',
  'del-header',
  'deny',
  'redirect',
  'reject',
  'silent-drop',
  'tarpit',
  'track-sc',
]);

/** Whether a rule with this action may be written as several lines with a condition each, of which more than one may hold. */
export function isRepeatable({ kind }: Action): boolean {
  return onceAnyway.has(kind);
}
