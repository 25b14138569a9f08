import { type Atom, anonymous, declaration } from './atom.ts';
import type { Alternatives, Term } from './condition.ts';
import { word } from './quote.ts';

/** The ACLs that one section declares: conditions ask for their text, and what they used is declared at the section's top. */
export interface AclScope {
  /** Texts of an `if`, each ending one line and each an alternative of the others; one empty text for always, none for never. */
  readonly clauses: (alternatives: Alternatives) => readonly string[];
  /** The `acl` lines, in the order of first use. */
  readonly lines: () => readonly string[];
}

/** HAProxy reads 64 words a line; the longest rule that we write needs less than 16 before its `if`. */
const wordsPerClause = 48;

/** A scope for one section; `used` are terms that it declares in any case, for its raw lines. Anonymous conditions become ACLs called `_1`, `_2` … where they are too long to stand in the rule. */
export function aclScope(used: readonly Term[] = []): AclScope {
  const declared = new Map<string, readonly string[]>();
  const numbered = new Map<string, string>();

  const declare = (acl: string, atom: Atom): string => {
    declared.set(acl, declaration(acl, atom));
    return acl;
  };
  const nameFor = (atom: Atom): string => {
    const key = JSON.stringify(atom.expressions);
    const acl = numbered.get(key) ?? `_${numbered.size + 1}`;
    numbered.set(key, acl);
    return declare(acl, atom);
  };
  const inline = ({ atom, negated, name }: Term): readonly string[] => {
    const words = name === null ? (anonymous(atom) ?? [nameFor(atom)]) : [declare(name, atom)];
    const [first = '', ...rest] = words;
    return [negated ? `!${first}` : first, ...rest];
  };
  const short = ({ atom, negated, name }: Term): readonly string[] => [
    `${negated ? '!' : ''}${name === null ? nameFor(atom) : declare(name, atom)}`,
  ];

  const clauses = (alternatives: Alternatives): readonly string[] => {
    if (alternatives.some((terms) => terms.length === 0)) return [''];
    const count = (texts: readonly (readonly string[])[]) => texts.reduce((sum, words) => sum + words.length + 1, 0);
    // naming is decided before anything is declared, or a long rule would leave ACLs behind that nobody uses
    const isLong =
      count(alternatives.map((terms) => terms.flatMap(({ atom, name }) => (name === null && anonymous(atom)) || ['']))) > wordsPerClause;
    const texts = alternatives.map((terms) => terms.flatMap(isLong ? short : inline));
    const lines: (readonly string[])[] = [];
    for (const words of texts) {
      if (words.length > wordsPerClause) throw new Error('a condition joins more samples than a HAProxy line holds: make it several rules');
      const last = lines.at(-1);
      if (last !== undefined && last.length + words.length + 1 <= wordsPerClause) lines[lines.length - 1] = [...last, 'or', ...words];
      else lines.push(words);
    }
    return lines.map((words) => `if ${words.map(word).join(' ')}`);
  };

  for (const { name, atom } of used) {
    if (name === null) nameFor(atom);
    else declare(name, atom);
  }
  return {
    clauses,
    lines: () => [...declared.values()].flat(),
  };
}
