import type { ServerEdit } from '../config/server-edit.ts';
import type { ServerChange } from './runtime.ts';

/** What of changes of servers can be written into a document, and why the rest cannot. */
export interface Kept {
  readonly edits: readonly ServerEdit[];
  readonly reasons: readonly string[];
}

/**
 * Changes of servers in the words of a document: one in maintenance is `disabled`, a drained one has the weight 0, which is the same (configuration manual,
 * 5.2 "weight"), whatever weight it was given besides.
 */
export function keptServers(changes: readonly ServerChange[]): Kept {
  const edits = new Map<string, ServerEdit>();
  const reasons: string[] = [];
  const draining: ServerEdit[] = [];
  const of = ({ backend, server }: ServerChange, words: ServerEdit['words']): void => {
    const name = `${backend}/${server}`;
    edits.set(name, { backend, server, words: { ...edits.get(name)?.words, ...words } });
  };
  for (const change of changes) {
    if (change.what !== 'state') of(change, { [change.what]: change.value });
    else if (change.value === 'maint') of(change, { disabled: true });
    else if (change.value === 'drain') draining.push({ ...change, words: { weight: 0, disabled: null } });
    else if (change.document === 'maint') of(change, { disabled: null });
    else if (!changes.some((other) => other.what === 'weight' && other.backend === change.backend && other.server === change.server))
      reasons.push(
        `${change.backend}/${change.server} is ready, and its weight in the document is 0: weir server weight gives it one, or weir runtime forget`,
      );
  }
  for (const { backend, server, words } of draining) {
    const name = `${backend}/${server}`;
    edits.set(name, { backend, server, words: { ...edits.get(name)?.words, ...words } });
  }
  return { edits: [...edits.values()], reasons };
}
