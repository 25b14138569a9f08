import { nearest } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { splitSample } from '../sample.ts';
import type { ConditionInput, TestInput, TestMap } from '../schema/condition.ts';
import { aclNames, isList } from '../translate/condition.ts';
import { type At, type Context, problem } from './context.ts';
import { DEEPEST_ACL, extentCheck } from './extent.ts';
import { checkPatterns } from './patterns.ts';
import { ACL_WORDS, CONVERTERS, FETCHES } from './sample-words.ts';

/** The longest sample expression, in characters. */
const LONGEST_SAMPLE = 1000;

/** Samples and converters that a script has registered: HAProxy itself knows whether there is one. */
const LUA = /^lua\.[A-Za-z0-9_.-]+$/;

/** weir's own word: the host that a client asks for. */
const HOST = 'host';

/** Checks the conditions of rules together, and how ACLs are made of each other; each by itself is checked where it is read. */
export function checkConditions(context: Context): readonly Problem[] {
  const checkExtent = extentCheck(context);
  return [
    ...checkCycles(context.document.acls),
    ...context.ruleLists.flatMap(({ rules, at }) => rules.flatMap((rule, index) => checkExtent(rule, [...at, index]))),
  ];
}

/** Checks a condition: its words, patterns, ACLs and maps. */
export function checkCondition(input: ConditionInput, at: At, context: Context): readonly Problem[] {
  if (typeof input === 'string') return context.reference('acls', input, at);
  if (isList(input)) return input.flatMap((part, index) => checkCondition(part, [...at, index], context));
  return Object.entries(input).flatMap(([word, test]): readonly Problem[] => {
    const path = [...at, word];
    if (word === 'acl') {
      const isOne = typeof input.acl === 'string';
      return aclNames(input).flatMap((name, index) => context.reference('acls', name, isOne ? path : [...path, index]));
    }
    const { map, list } = (typeof test === 'object' && !Array.isArray(test) ? test : {}) as Pick<TestMap, 'map' | 'list'>;
    return [
      ...checkSample(word, path, 'key'),
      ...checkPatterns(word, test as TestInput, path),
      ...(map === undefined ? [] : context.reference('maps', map, [...path, 'map'])),
      ...(list === undefined ? [] : context.reference('lists', list, [...path, 'list'])),
    ];
  });
}

/** Checks the words of a sample expression: HAProxy knows the fetch and each converter, and parentheses are closed. `on`: it is a key of the document. */
export function checkSample(sample: string, at: At, on?: 'key'): readonly Problem[] {
  const place = on === undefined ? {} : { on };
  if (sample === HOST) return [];
  if (/\s/.test(sample)) {
    const flag = /\s-[a-z]/.test(sample);
    return [
      {
        ...problem(
          at,
          `the sample ${quote(sample)} has a space`,
          flag ? 'how it is matched stands below it: { sub: [curl], ignore-case: true }' : 'a sample is one word',
        ),
        ...place,
      },
    ];
  }
  const parts = sample === '' || sample.length > LONGEST_SAMPLE ? null : splitSample(sample);
  if (parts === null)
    return [
      {
        ...problem(
          at,
          `the sample ${quote(sample)} is not complete`,
          'a word, arguments in parentheses, and converters after commas: req.hdr(host),lower',
        ),
        ...place,
      },
    ];
  return parts.flatMap(({ word }, index): readonly Problem[] => {
    const isFetch = index === 0;
    if (LUA.test(word)) return [];
    if (isFetch ? FETCHES.has(word) || ACL_WORDS.has(word) : CONVERTERS.has(word)) return [];
    const meant = nearest(word, isFetch ? [HOST, ...FETCHES, ...ACL_WORDS] : CONVERTERS);
    const message = `${quote(word)} is not a ${isFetch ? 'sample' : 'converter'} that HAProxy knows`;
    return [
      { ...problem(at, message, meant === null ? 'see chapter 7.3 of its configuration manual' : `did you mean "${meant}"?`), ...place },
    ];
  });
}

/** The ACLs that a condition names. */
function named(input: ConditionInput): readonly string[] {
  if (typeof input === 'string') return [input];
  return isList(input) ? input.flatMap(named) : aclNames(input);
}

/** Finds ACLs that are made of themselves, each circle once, and the first that is made of too many others in a row. */
function checkCycles(acls: Context['document']['acls']): readonly Problem[] {
  const problems: Problem[] = [];
  /** How many ACLs stand below one another from this one on; those that are finished. */
  const heights = new Map<string, number>();
  const parts = (name: string) => named(acls[name] as ConditionInput).filter((part) => Object.hasOwn(acls, part));
  for (const start of Object.keys(acls)) {
    // A depth-first walk with its own stack: a chain of ACLs may be as long as the document.
    const path: string[] = [];
    const open = new Set<string>();
    const stack: { readonly name: string; readonly leave: boolean }[] = [{ name: start, leave: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { name, leave } = top;
      const told = (message: string): Problem => ({ ...problem(['acls', name], message), on: 'key' });
      if (leave) {
        open.delete(name);
        path.pop();
        const height = 1 + parts(name).reduce((highest, part) => Math.max(highest, heights.get(part) ?? 0), 0);
        heights.set(name, height);
        if (height > DEEPEST_ACL) return [...problems, told(`ACL ${quote(name)} is made of others more than ${DEEPEST_ACL} deep`)];
      } else if (open.has(name)) {
        const circle = [...path.slice(path.indexOf(name)), name];
        problems.push(told(`ACL ${quote(name)} is made of itself: ${circle.slice(0, 6).join(' uses ')}`));
      } else if (!heights.has(name)) {
        open.add(name);
        path.push(name);
        stack.push({ name, leave: true });
        for (const next of parts(name)) stack.push({ name: next, leave: false });
      }
    }
  }
  return problems;
}
