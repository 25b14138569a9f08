import type { Comparison, Condition, Test } from '../../../proxy/model.ts';
import type { ConditionInput, ConditionMap, Pattern, TestInput } from '../schema/condition.ts';

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
  return [{ kind: 'sample', sample: word, test: translateTest(input) }];
}

function translateTest(input: TestInput): Test {
  if (typeof input === 'boolean') return { kind: 'is', value: input };
  if (typeof input === 'string' || typeof input === 'number') return { kind: 'patterns', patterns: [String(input)] };
  if (Array.isArray(input)) return { kind: 'patterns', patterns: (input as readonly Pattern[]).map(String) };
  const { map, ...bounds } = input as { readonly map?: string } & Partial<Record<(typeof OPERATORS)[number], number>>;
  if (map !== undefined) return { kind: 'map', map };
  const all = OPERATORS.flatMap((operator): readonly Comparison[] => {
    const value = bounds[operator];
    return value === undefined ? [] : [{ operator, value }];
  });
  return { kind: 'compare', all };
}
