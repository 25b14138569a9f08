import type { Acl, Condition } from '../model.ts';
import { type Atom, type Literal, literals, type Patterns } from './atom.ts';

/** What a condition may refer to. */
export interface Vocabulary extends Patterns {
  readonly acls: readonly Acl[];
}

/** An atom in a condition: negated or not, and the ACL name under which it is declared, or null for an anonymous one. */
export interface Term extends Literal {
  readonly name: string | null;
  /** Equal for equal terms, negation aside. */
  readonly key: string;
}

/** Any of these alternatives, in each of which all terms must hold: what HAProxy's `if a !b or c` can say. `[[]]` is always, `[]` never. */
export type Alternatives = readonly (readonly Term[])[];

/** More alternatives than anybody can read: refused instead of doubling with each further `unless`. */
export const mostAlternatives = 256;

const signed = (term: Term): string => `${term.negated ? '!' : ' '}${term.key}`;

/** Without repeated terms, alternatives that cannot be, and those that a weaker alternative covers. */
function simplified(alternatives: Alternatives): Alternatives {
  const possible = alternatives
    .map((terms) => new Map(terms.map((term) => [signed(term), term])))
    .filter((terms) => ![...terms.values()].some((term) => terms.has(signed({ ...term, negated: !term.negated }))));
  const covers = (weaker: ReadonlyMap<string, Term>, terms: ReadonlyMap<string, Term>) =>
    weaker.size <= terms.size && [...weaker.keys()].every((key) => terms.has(key));
  return possible
    .filter(
      (terms, index) => !possible.some((other, at) => at !== index && covers(other, terms) && (other.size < terms.size || at < index)),
    )
    .map((terms) => [...terms.values()]);
}

function both(left: Alternatives, right: Alternatives): Alternatives {
  if (left.length * right.length > mostAlternatives) {
    throw new Error(`a condition has more than ${mostAlternatives} alternatives: say it without negating a list of lists`);
  }
  return simplified(left.flatMap((terms) => right.map((others) => [...terms, ...others])));
}

const always: Alternatives = [[]];

/** The ACLs a document's ACL is made of: itself where it is an OR of plain samples, else one an atom, `<acl>:1`, `<acl>:2` … in order. */
type Naming = (atom: Atom) => string | null;

function isPlain(condition: Condition): boolean {
  if (condition.kind === 'all') return condition.of.length === 1 && condition.of.every(isPlain);
  if (condition.kind === 'any') return condition.of.length > 0 && condition.of.every(isPlain);
  if (condition.kind !== 'sample') return false;
  const { test } = condition;
  return test.kind === 'compare' ? test.all.length === 1 : (test.kind !== 'is' && test.kind !== 'found') || test.value;
}

function plainExpressions(condition: Condition, vocabulary: Vocabulary): Atom['expressions'] {
  if (condition.kind === 'any' || condition.kind === 'all') return condition.of.flatMap((each) => plainExpressions(each, vocabulary));
  if (condition.kind !== 'sample') return [];
  return literals(condition, vocabulary).flatMap(({ atom }) => atom.expressions);
}

function named(acl: string): Naming {
  const names = new Map<string, string>();
  return (atom) => {
    const key = JSON.stringify(atom.expressions);
    const known = names.get(key) ?? `${acl}:${names.size + 1}`;
    names.set(key, known);
    return known;
  };
}

const term = (atom: Atom, negated: boolean, name: string | null): Term => ({
  atom,
  negated,
  name,
  key: JSON.stringify([name, atom.expressions]),
});

function expand(condition: Condition, isNegated: boolean, vocabulary: Vocabulary, naming: Naming, within: readonly string[]): Alternatives {
  const inner = (each: Condition) => expand(each, isNegated, vocabulary, naming, within);
  switch (condition.kind) {
    case 'sample': {
      const terms = literals(condition, vocabulary).map(({ atom, negated }) => term(atom, negated !== isNegated, naming(atom)));
      return isNegated ? terms.map((term) => [term]) : [terms];
    }
    case 'not':
      return expand(condition.of, !isNegated, vocabulary, naming, within);
    case 'all':
    case 'any':
      return (condition.kind === 'all') === isNegated
        ? simplified(condition.of.flatMap(inner))
        : condition.of.map(inner).reduce(both, always);
    case 'acl': {
      const acl = vocabulary.acls.find((each) => each.name === condition.acl);
      if (acl === undefined) throw new Error(`a condition names ACL ${JSON.stringify(condition.acl)}, which the data plane does not have`);
      if (within.includes(acl.name))
        throw new Error(`ACL ${JSON.stringify(acl.name)} is made of itself: ${[...within, acl.name].join(' > ')}`);
      // `or` alone would be read as the operator
      const called = acl.name === 'or' ? 'or:' : acl.name;
      if (isPlain(acl.condition)) return [[term({ expressions: plainExpressions(acl.condition, vocabulary) }, isNegated, called)]];
      return expand(acl.condition, isNegated, vocabulary, named(called), [...within, acl.name]);
    }
  }
}

/** A condition as HAProxy's alternatives of terms; no condition is always. Throws on names that the data plane does not have, and on too many. */
export function alternatives(condition: Condition | null, vocabulary: Vocabulary): Alternatives {
  return condition === null ? always : expand(condition, false, vocabulary, () => null, []);
}

/** The terms of named ACLs, in the order of the names. */
export function termsOf(acls: readonly string[], vocabulary: Vocabulary): readonly Term[] {
  return acls.flatMap((acl) => alternatives({ kind: 'acl', acl }, vocabulary).flat());
}
