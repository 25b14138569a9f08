import type { Condition } from '../../../proxy/model.ts';

/** What says where a section uses ACLs: its conditions, and its raw lines. */
export interface AclUse {
  readonly conditions: readonly (Condition | null)[];
  readonly extra: readonly string[];
}

/** The ACLs that a section uses, in the document's order, so that its raw lines can name them too. */
export function usedAcls({ conditions, extra }: AclUse, names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  const visit = (condition: Condition): void => {
    if (condition.kind === 'acl') used.add(condition.acl);
    else if (condition.kind === 'not') visit(condition.of);
    else if (condition.kind !== 'sample') for (const part of condition.of) visit(part);
  };
  for (const condition of conditions) if (condition !== null) visit(condition);
  for (const line of extra) for (const word of line.split(/\s+/)) used.add(word.replace(/^!/, ''));
  return names.filter((name) => used.has(name));
}
