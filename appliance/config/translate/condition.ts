import type { Comparison, Condition, Test } from '../../../proxy/model.ts';
import { typeOfSample } from '../sample.ts';
import { type ConditionInput, type ConditionMap, MATCHES, type Pattern, type TestInput, type TestMap } from '../schema/condition.ts';

const OPERATORS = ['eq', 'ge', 'gt', 'le', 'lt'] as const;

/** The condition that a rule's `if` and `unless` make together; null: always. */
export function translateConditions(rule: {
  readonly if?: ConditionInput | undefined;
  readonly unless?: ConditionInput | undefined;
}): Condition | null {
  const needed = rule.if === undefined ? null : translateCondition(rule.if);
  const excluded: Condition | null = rule.unless === undefined ? null : { kind: 'not', of: translateCondition(rule.unless) };
  if (needed === null || excluded === null) return needed ?? excluded;
  return { kind: 'all', of: [needed, excluded] };
}

/** A condition as a tree; what has one part is that part. */
export function translateCondition(input: ConditionInput): Condition {
  if (typeof input === 'string') return { kind: 'acl', acl: input };
  if (isList(input)) return single('any', input.map(translateCondition));
  return single(
    'all',
    Object.entries(input).flatMap(([key, value]) =>
      key === 'acl' ? aclNames(input).map((acl): Condition => ({ kind: 'acl', acl })) : sample(key, value as TestInput),
    ),
  );
}

/** The names below `acl` in a condition's map. */
export function aclNames({ acl }: ConditionMap): readonly string[] {
  return acl === undefined ? [] : typeof acl === 'string' ? [acl] : acl;
}

/** Narrows a condition to a list of alternatives. */
export function isList(input: ConditionInput): input is readonly ConditionInput[] {
  return Array.isArray(input);
}

function single(kind: 'all' | 'any', of: readonly Condition[]): Condition {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind, of };
}

function sample(word: string, input: TestInput): readonly Condition[] {
  return translateTests(word, input).map((test) => ({ kind: 'sample', sample: word, test }));
}

/** What a sample is held against, each of which must hold. */
function translateTests(word: string, input: TestInput): readonly Test[] {
  if (typeof input === 'boolean') return [{ kind: 'is', value: input }];
  if (typeof input === 'string' || typeof input === 'number' || Array.isArray(input)) return [plainTest(word, textsOf(input))];
  const { map, list, found, 'ignore-case': ignoreCase = false, ...rest } = input as TestMap;
  const all = OPERATORS.flatMap((operator): readonly Comparison[] => {
    const value = rest[operator];
    return value === undefined ? [] : [{ operator, value }];
  });
  return [
    ...(map === undefined ? [] : [{ kind: 'map', map } as const]),
    ...(list === undefined ? [] : [{ kind: 'list', list, ignoreCase } as const]),
    ...(found === undefined ? [] : [{ kind: 'found', value: found } as const]),
    ...(all.length === 0 ? [] : [{ kind: 'compare', all } as const]),
    ...MATCHES.flatMap((match): readonly Test[] => {
      const patterns = rest[match];
      return patterns === undefined ? [] : [{ kind: 'match', match, ignoreCase, patterns: textsOf(patterns) }];
    }),
  ];
}

/** Patterns without a way to match: bytes, and variables, which may be anything, are held against them as texts. */
function plainTest(word: string, patterns: readonly string[]): Test {
  const type = typeOfSample(word);
  return type === 'bin' || type === 'any' ? { kind: 'match', match: 'str', ignoreCase: false, patterns } : { kind: 'patterns', patterns };
}

function textsOf(patterns: Pattern | readonly Pattern[]): readonly string[] {
  return [patterns].flat().map(String);
}
