import { PREDEFINED, readTests, type Test } from './acl.ts';
import { type Draft, isRaw, type Plain, type Raw } from './ledger.ts';
import { type Names, nameOf } from './names.ts';

/** One word of an `if`: an ACL's name in the document or an anonymous condition; any of the tests. */
interface Term {
  readonly acl: string | null;
  readonly tests: readonly Test[];
  readonly isNegated: boolean;
}

/** What an `if` or `unless` says: any of these lists, in each of which all terms hold. */
export type Alternatives = readonly (readonly Term[])[];

/** What stands beside a rule's verb; several are several rules. */
export type Conditions = { readonly if?: Plain; readonly unless?: Plain };

/** Conditions of one proxy: its own ACLs, and what the document calls them. */
export interface AclNames {
  /** An `acl` line; gives why it stays raw, or the path where it went. */
  readonly declare: (words: readonly string[], proxy: string) => readonly string[] | Raw;
  /** What stands from `if` or `unless` on, as alternatives. */
  readonly read: (words: readonly string[]) => Alternatives | Raw;
  /** A raw line's condition with the names that ACLs have in the document. */
  readonly rename: (text: string) => string;
  /** ACLs of which a line is raw: what asks for them is raw too. */
  readonly keepRaw: (name: string) => void;
}

/** The ACLs of a proxy; `acls` is that section of the document, which all proxies fill. */
export function aclNames(names: Names, acls: Draft): AclNames {
  const own = new Map<string, { readonly called: string; tests: readonly Test[] }>();
  const raw = new Set<string>();
  const named = (wanted: string, value: Plain, before: string | null): string => {
    const base = nameOf(wanted);
    const same = (name: string) => JSON.stringify(acls[name]) === JSON.stringify(value);
    let name = base;
    for (let number = 2; Object.hasOwn(acls, name) && !same(name) && name !== before; number++) name = `${base}-${number}`;
    acls[name] = value;
    return name;
  };
  const put = (wanted: string, tests: readonly Test[], before: string | null): string => {
    const each = tests.map(({ sample, test }): Plain => ({ [sample]: test }));
    return named(wanted, each.length === 1 ? (each[0] as Plain) : each, before);
  };
  const read = (words: readonly string[]): Alternatives | Raw => {
    const alternatives: Term[][] = [[]];
    for (let at = 0; at < words.length; at++) {
      let word = words[at] as string;
      if (word === 'or' || word === '||') {
        alternatives.push([]);
        continue;
      }
      let isNegated = false;
      while (word.startsWith('!')) {
        isNegated = !isNegated;
        word = word.slice(1);
        if (word === '') word = words[++at] ?? '';
      }
      if (word === '{') {
        const end = words.indexOf('}', at);
        if (end < 0) return { raw: 'a { is not closed' };
        const tests = readTests(words.slice(at + 1, end), names);
        if (isRaw(tests)) return tests;
        alternatives.at(-1)?.push({ acl: null, tests, isNegated });
        at = end;
      } else if (raw.has(word)) return { raw: `ACL ${word} is raw` };
      else {
        const known = own.get(word);
        const predefined = PREDEFINED[word];
        if (known !== undefined) alternatives.at(-1)?.push({ acl: known.called, tests: known.tests, isNegated });
        else if (predefined !== undefined) {
          const tests = readTests(predefined, names);
          if (isRaw(tests)) return tests;
          alternatives.at(-1)?.push({ acl: null, tests, isNegated });
        } else return { raw: `ACL ${word} is not known` };
      }
    }
    return alternatives.some((terms) => terms.length === 0) ? { raw: 'a part of the condition is empty' } : alternatives;
  };
  return {
    declare: ([name = '', ...words], proxy) => {
      const tests = raw.has(name) ? { raw: `another line of ACL ${name} is raw` } : readTests(words, names);
      if (isRaw(tests)) return tests;
      const before = own.get(name);
      const all = [...(before?.tests ?? []), ...tests];
      // two proxies may mean different things by one name
      const isOthers = before === undefined && Object.hasOwn(acls, nameOf(name));
      if (before !== undefined) delete acls[before.called];
      const called = put(before?.called ?? (isOthers ? `${name}-${proxy}` : name), all, before?.called ?? null);
      own.set(name, { called, tests: all });
      return ['acls', called];
    },
    read,
    rename: (text) =>
      [...own].reduce((line, [name, { called }]) => {
        if (name === called) return line;
        const at = line.search(/\s(?:if|unless)\s/);
        const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        return at < 0 ? line : line.slice(0, at) + line.slice(at).replace(new RegExp(`(\\s!?)${escaped}(?=\\s|$)`, 'g'), `$1${called}`);
      }, text),
    keepRaw: (name) => raw.add(name),
  };
}

/** Whether a term can be said the other way round within a map: a truth value, or that something is there. */
function opposite({ tests }: Term): Test | null {
  const [only] = tests;
  if (tests.length !== 1 || only === undefined) return null;
  if (only.test === true) return { ...only, test: false };
  return typeof only.test === 'object' && JSON.stringify(only.test) === '{"found":true}' ? { ...only, test: { found: false } } : null;
}

/** All of these terms, none negated, as the document writes it; null where two would have one key. */
function together(terms: readonly Term[]): Plain | null {
  const named = terms.flatMap(({ acl }) => (acl === null ? [] : [acl]));
  if (terms.length === 1 && named[0] !== undefined) return named[0];
  const map: { [key: string]: Plain } = {};
  for (const { acl, tests } of terms) {
    if (acl !== null) continue;
    const [only] = tests;
    if (tests.length !== 1 || only === undefined) {
      // alternatives among alternatives: alone they are a list
      return terms.length === 1 ? tests.map(({ sample, test }): Plain => ({ [sample]: test })) : null;
    }
    if (Object.hasOwn(map, only.sample)) return null;
    map[only.sample] = only.test;
  }
  if (named.length > 0) map.acl = named.length === 1 ? (named[0] as string) : named;
  return map;
}

const any = (list: readonly Plain[]): Plain => (list.length === 1 ? (list[0] as Plain) : list);

/** Alternatives without a negation: a list of what holds together. */
function listed(alternatives: Alternatives): Plain | null {
  const all = alternatives.map(together);
  return all.some((each) => each === null) ? null : any((all as Plain[]).flatMap((each) => (Array.isArray(each) ? each : [each])));
}

/** Turned round where that can be said within a map. */
const turned = (term: Term): Term => {
  const other = term.isNegated ? opposite(term) : null;
  return other === null ? term : { acl: null, tests: [other], isNegated: false };
};

/**
 * A condition as the document says it: one pair of `if` and `unless`, or, where one pair cannot say it, several of which any holds; null: it cannot be
 * said. `isUnless` turns the whole round.
 */
export function conditionsOf(alternatives: Alternatives, isUnless: boolean): readonly Conditions[] | null {
  const pairs = isUnless ? negated(alternatives) : alternatives.map((terms) => [terms]).map(([terms]) => terms as readonly Term[]);
  if (isUnless && alternatives.every((terms) => terms.every(({ isNegated }) => !isNegated))) {
    const unless = listed(alternatives);
    return unless === null ? null : [{ unless }];
  }
  if (pairs === null) return null;
  const all = pairs.map((terms) => (pairs.length === 1 ? terms : terms.map(turned)));
  const key = (terms: readonly Term[]) => JSON.stringify(terms.filter(({ isNegated }) => isNegated));
  const isOne = all.every((terms) => key(terms) === key(all[0] ?? []));
  const groups = isOne ? [all] : all.map((terms) => [terms]);
  const made = groups.map((group): Conditions | null => {
    const holding = group.map((terms) => terms.filter(({ isNegated }) => !isNegated));
    const excluded = (group[0] ?? []).filter(({ isNegated }) => isNegated).map((term): readonly Term[] => [{ ...term, isNegated: false }]);
    // one of them asks for nothing but what is excluded
    const wanted = holding.some((terms) => terms.length === 0) ? undefined : listed(holding);
    const unless = excluded.length === 0 ? undefined : listed(excluded);
    if (wanted === null || unless === null) return null;
    return { ...(wanted === undefined ? {} : { if: wanted }), ...(unless === undefined ? {} : { unless }) };
  });
  return made.some((each) => each === null) ? null : (made as Conditions[]);
}

/** Not any of these: each must have a term that does not hold. Only where that is one list, or one term of each. */
function negated(alternatives: Alternatives): Alternatives | null {
  const turn = (term: Term): Term => ({ ...term, isNegated: !term.isNegated });
  if (alternatives.length === 1) return (alternatives[0] ?? []).map((term) => [turn(term)]);
  return alternatives.every((terms) => terms.length === 1) ? [alternatives.map((terms) => turn(terms[0] as Term))] : null;
}
