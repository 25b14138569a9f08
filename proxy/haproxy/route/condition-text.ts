import type { Condition, Test } from '../../model.ts';

/** A part of a condition that is true or not by itself: a sample, or a named ACL. */
export type Part = Extract<Condition, { kind: 'sample' | 'acl' }>;

/** The parts of a condition, from left to right. */
export function partsOf(condition: Condition | null): readonly Part[] {
  if (condition === null) return [];
  if (condition.kind === 'sample' || condition.kind === 'acl') return [condition];
  return condition.kind === 'not' ? partsOf(condition.of) : condition.of.flatMap(partsOf);
}

/** Most characters of a part that are told. */
const longest = 120;

const listed = (patterns: readonly string[]): string => (patterns.length === 1 ? `${patterns[0]}` : `[${patterns.join(', ')}]`);

function testText(test: Test): string {
  switch (test.kind) {
    case 'is':
      return String(test.value);
    case 'found':
      return test.value ? 'found' : 'not found';
    case 'patterns':
      return listed(test.patterns);
    case 'match':
      return `${test.match} ${listed(test.patterns)}`;
    case 'compare':
      return test.all.map(({ operator, value }) => `${operator} ${value}`).join(', ');
    case 'map':
      return `map ${test.map}`;
    case 'list':
      return `list ${test.list}`;
  }
}

/** A part in the document's words: `path_beg: /api`, `acl: office`. */
export function partText(part: Part): string {
  const text = part.kind === 'acl' ? `acl: ${part.acl}` : `${part.sample}: ${testText(part.test)}`;
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}
