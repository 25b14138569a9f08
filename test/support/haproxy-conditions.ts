/** What makes an ACL expression true: its words (`path_beg -- /img/`), joined by spaces. */
export type Facts = (expression: string) => boolean;

/**
 * Evaluates the condition that ends a rule, from the words of its section as HAProxy reads them (configuration manual, 7.2 "Using ACLs to form
 * conditions"): terms are ANDed, `or` separates alternatives, `!` negates, `{ … }` is an anonymous ACL, lines of one ACL are ORed.
 */
export function holds(section: readonly (readonly string[])[], rule: readonly string[], facts: Facts): boolean {
  const at = rule.findIndex((word) => word === 'if' || word === 'unless');
  if (at < 0) return true;
  const acl = (name: string): boolean => {
    const lines = section.filter(([keyword, called]) => keyword === 'acl' && called === name);
    if (lines.length === 0) throw new Error(`no ACL ${name}`);
    return lines.some(([, , ...expression]) => facts(expression.join(' ')));
  };
  let isAny = false;
  let isAll = true;
  const words = rule.slice(at + 1);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === 'or' || word === '||') {
      isAny ||= isAll;
      isAll = true;
      continue;
    }
    const isNegated = word.startsWith('!');
    const bare = isNegated ? word.slice(1) : word;
    const end = bare === '{' ? words.indexOf('}', index) : index;
    const isTrue = bare === '{' ? facts(words.slice(index + 1, end).join(' ')) : acl(bare);
    isAll &&= isTrue !== isNegated;
    index = end;
  }
  const result = isAny || isAll;
  return rule[at] === 'if' ? result : !result;
}
