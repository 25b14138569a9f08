import fc from 'fast-check';
import type { Acl, Condition } from '../../proxy/model.ts';

/** A condition on a sample that is there, or is not. */
export const at = (sample: string, value = true): Condition => ({ kind: 'sample', sample, test: { kind: 'is', value } });
/** A condition on a sample that is one of these. */
export const oneOf = (sample: string, ...patterns: readonly string[]): Condition => ({
  kind: 'sample',
  sample,
  test: { kind: 'patterns', patterns },
});
export const beg = (...patterns: readonly string[]): Condition => oneOf('path_beg', ...patterns);
export const acl = (name: string): Condition => ({ kind: 'acl', acl: name });
export const not = (of: Condition): Condition => ({ kind: 'not', of });
export const all = (...of: readonly Condition[]): Condition => ({ kind: 'all', of });
export const any = (...of: readonly Condition[]): Condition => ({ kind: 'any', of });

/** The headers that generated conditions ask for, and the values they compare with. */
export const headers = ['a', 'b', 'c', 'd'] as const;
const sampleOf = (header: string) => `req.hdr(x-${header})`;
const values = ['one', 'two'] as const;

/** ACLs that generated conditions name: an OR, an AND with a negation, and one made of both. */
export const acls: readonly Acl[] = [
  { name: 'p', condition: any(oneOf(sampleOf('a'), 'one'), oneOf(sampleOf('b'), 'one', 'two')) },
  { name: 'q', condition: all(at(sampleOf('c')), not(oneOf(sampleOf('d'), 'two'))) },
  { name: 'r', condition: any(acl('q'), not(acl('p'))) },
];

const leaf = fc.oneof(
  fc.tuple(fc.constantFrom(...headers), fc.constantFrom(...values)).map(([header, value]) => oneOf(sampleOf(header), value)),
  fc.tuple(fc.constantFrom(...headers), fc.boolean()).map(([header, value]) => at(sampleOf(header), value)),
  fc.constantFrom('p', 'q', 'r').map(acl),
);

/** Conditions of every shape. */
export const { tree: anyCondition } = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { minLength: 0, maxLength: 3 }).map((of) => all(...of)),
    fc.array(tie('tree'), { minLength: 0, maxLength: 3 }).map((of) => any(...of)),
    tie('tree').map(not),
  ),
}));

/** The headers of a request: each absent or one of the values. */
export type Request = Readonly<Partial<Record<(typeof headers)[number], string>>>;
export const anyRequest: fc.Arbitrary<Request> = fc
  .tuple(...headers.map(() => fc.constantFrom(undefined, ...values, 'three')))
  .map((chosen) => Object.fromEntries(headers.flatMap((header, index) => (chosen[index] === undefined ? [] : [[header, chosen[index]]]))));

/** Whether a condition holds for a request, as the document means it. */
export function meant(condition: Condition, request: Request): boolean {
  switch (condition.kind) {
    case 'sample': {
      const value = request[condition.sample.slice('req.hdr(x-'.length, -1) as (typeof headers)[number]];
      if (condition.test.kind === 'is') return (value !== undefined) === condition.test.value;
      return condition.test.kind === 'patterns' && value !== undefined && condition.test.patterns.includes(value);
    }
    case 'acl':
      return meant((acls.find(({ name }) => name === condition.acl) as Acl).condition, request);
    case 'not':
      return !meant(condition.of, request);
    case 'all':
      return condition.of.every((each) => meant(each, request));
    case 'any':
      return condition.of.some((each) => meant(each, request));
  }
}
