import { z } from 'zod';
import { advise, describeValue, integer, name } from './scalar.ts';

/** A pattern as the document may write it. */
export type Pattern = string | number;

/** What a sample is held against, as the document writes it. */
export type TestInput =
  | boolean
  | Pattern
  | readonly Pattern[]
  | ({ readonly [operator in 'eq' | 'ge' | 'gt' | 'le' | 'lt']?: number | undefined } & { readonly map?: string | undefined });

/** A condition's map: samples and what they are held against; `acl` names ACLs. All must hold. */
export interface ConditionMap {
  readonly acl?: string | readonly string[] | undefined;
  readonly [sample: string]: TestInput | readonly string[] | undefined;
}

/** A condition as the document writes it: an ACL's name, a map of which all holds, or a list of which any holds. */
export type ConditionInput = string | ConditionMap | readonly ConditionInput[];

const pattern = z.union([z.string().min(1, 'a pattern is empty'), integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)], {
  error: (issue) => advise(`expected a pattern, got ${describeValue(issue.input)}`, 'put it in quotes if it is text'),
});

const number = integer(-(2 ** 31), 2 ** 31 - 1);

const comparison = z
  .strictObject({
    eq: number.optional().describe('The sample equals this number.'),
    ge: number.optional().describe('The sample is this number or greater.'),
    gt: number.optional().describe('The sample is greater than this number.'),
    le: number.optional().describe('The sample is this number or less.'),
    lt: number.optional().describe('The sample is less than this number.'),
    map: name().optional().describe('The named map has the sample as a key.'),
  })
  .check((context) => {
    const keys = Object.keys(context.value);
    const alone = keys.length === 1 || (keys.length > 1 && !keys.includes('map'));
    if (alone) return;
    const message =
      keys.length === 0
        ? advise('the comparison is empty', 'write gt, ge, lt, le or eq with a number, or map with a name')
        : 'map and a comparison do not go together';
    context.issues.push({ code: 'custom', message, input: context.value });
  });

const test = z.union([z.boolean(), pattern, z.array(pattern).min(1, 'the list of patterns is empty'), comparison], {
  error: (issue) => advise(`expected a pattern, a list of patterns, true, false, or a comparison, got ${describeValue(issue.input)}`),
});

const conditionMap = z
  .object({
    acl: z
      .union([name(), z.array(name()).min(1, 'the list of ACLs is empty')])
      .optional()
      .describe('The named ACL matches; of a list, all match.'),
  })
  .catchall(test)
  .check((context) => {
    if (Object.keys(context.value).length > 0) return;
    context.issues.push({
      code: 'custom',
      message: advise('the condition is empty', 'write a sample and what it must match, or leave the key out'),
      input: context.value,
    });
  });

/** A condition: see {@link ConditionInput}. */
export const condition: z.ZodType<ConditionInput, ConditionInput> = z
  .lazy(() =>
    z.union([name(), conditionMap, z.array(condition).min(1, 'the list of conditions is empty')], {
      error: (issue) =>
        issue.input === undefined
          ? undefined
          : advise(`expected a condition, got ${describeValue(issue.input)}`, 'the name of an ACL, a map of samples, or a list'),
    }),
  )
  .meta({
    id: 'condition',
    description: 'The name of an ACL, a map of samples of which all must match, or a list of conditions of which one must match.',
  }) as z.ZodType<ConditionInput, ConditionInput>;

/** Conditions of a rule. */
export const conditions = {
  if: condition.optional().describe('The rule applies when this holds.'),
  unless: condition.optional().describe('The rule does not apply when this holds.'),
};

/** Named conditions. */
export const acls = z.record(name(), condition).default({}).describe('Named conditions, for if, unless and acl.');
