import { z } from 'zod';
import { readings } from './reading.ts';
import { advise, describeValue, integer, name, text } from './scalar.ts';

/** A pattern as the document may write it. */
export type Pattern = string | number;

/** Ways to match that take patterns, by HAProxy's words behind `-m` (configuration manual, 7.1.3 to 7.1.6). */
export const MATCHES = ['str', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'ip', 'bin', 'len', 'int'] as const;

/** A way to match. */
export type Match = (typeof MATCHES)[number];

/** Tests of a sample, all of which must hold. */
export type TestMap = {
  readonly [operator in 'eq' | 'ge' | 'gt' | 'le' | 'lt']?: number | undefined;
} & { readonly [match in Match]?: Pattern | readonly Pattern[] | undefined } & {
  readonly found?: boolean | undefined;
  readonly map?: string | undefined;
  readonly list?: string | undefined;
  readonly 'ignore-case'?: boolean | undefined;
};

/** What a sample is held against, as the document writes it. */
export type TestInput = boolean | Pattern | readonly Pattern[] | TestMap;

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

/** A number or a range of them, as HAProxy writes it: `100`, `100:200`, `100:` (configuration manual, 7.1.2). */
const range = z.union(
  [
    number,
    text(
      'a number or a range of numbers',
      /^(?:-?[0-9]{1,18}(?::(?:-?[0-9]{1,18})?)?|:-?[0-9]{1,18})$/,
      'such as 100, "100:200" or "100:"',
    ),
  ],
  {
    error: (issue) =>
      advise(`expected a number or a range of numbers, got ${describeValue(issue.input)}`, 'such as 100, "100:200" or "100:"'),
  },
);

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1, 'the list of patterns is empty')]).optional();

const testMap = z
  .strictObject({
    eq: number.optional().describe('The sample equals this number.'),
    ge: number.optional().describe('The sample is this number or greater.'),
    gt: number.optional().describe('The sample is greater than this number.'),
    le: number.optional().describe('The sample is this number or less.'),
    lt: number.optional().describe('The sample is less than this number.'),
    found: z.boolean().optional().describe('The sample is there at all, or is not.'),
    str: oneOrMore(pattern).describe('The sample is this text.'),
    beg: oneOrMore(pattern).describe('The sample begins with this.'),
    end: oneOrMore(pattern).describe('The sample ends with this.'),
    sub: oneOrMore(pattern).describe('The sample has this in it.'),
    dir: oneOrMore(pattern).describe('The sample has this between slashes.'),
    dom: oneOrMore(pattern).describe('The sample has this between dots.'),
    reg: oneOrMore(pattern).describe('The sample matches this regular expression.'),
    ip: oneOrMore(pattern).describe('The sample is this address, or one of this network.'),
    bin: oneOrMore(pattern).describe('The sample is these bytes, in hexadecimal digits.'),
    len: oneOrMore(range).describe('The sample has so many bytes: a number, or a range such as "100:200" or "100:".'),
    int: oneOrMore(range).describe('The sample is this number, or one of this range.'),
    map: name().optional().describe('The named map has the sample as a key.'),
    list: name().optional().describe('The named list has the sample.'),
    'ignore-case': z.boolean().optional().describe('Whether large and small letters are the same for the patterns beside it.'),
  })
  .check((context) => {
    const { 'ignore-case': ignores, ...tests } = context.value;
    const keys = Object.keys(tests);
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    const isMistyped = context.issues.some(({ code }) => code === 'unrecognized_keys');
    if (keys.length === 0 && !isMistyped)
      add(advise('nothing is tested', 'write gt, ge, lt, le or eq with a number, a way to match, or map with a name'));
    if (keys.length > 1 && 'map' in tests) add('map and other tests do not go together');
    if (keys.length > 1 && 'list' in tests) add('list and other tests do not go together');
    if (ignores !== undefined && keys.length > 0 && !keys.some((key) => CASED.has(key)))
      add(advise('ignore-case needs patterns that are texts', `such as ${[...CASED].join(', ')}`), ['ignore-case']);
  });

/** Ways to match that know letters. */
const CASED: ReadonlySet<string> = new Set(['str', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'list']);

const test = z.union([z.boolean(), pattern, z.array(pattern).min(1, 'the list of patterns is empty'), testMap], {
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
  })
  .register(readings, { kind: 'condition' }) as z.ZodType<ConditionInput, ConditionInput>;

/** Conditions of a rule. */
export const conditions = {
  if: condition.optional().describe('The rule applies when this holds.'),
  unless: condition.optional().describe('The rule does not apply when this holds.'),
};

/** Named conditions. */
export const acls = z.record(name(), condition).default({}).describe('Named conditions, for if, unless and acl.');
