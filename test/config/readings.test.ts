import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readings, readingsIn } from '../../appliance/config/schema/reading.ts';

const sample = () => z.string().register(readings, { kind: 'sample' });
const regex = () => z.string().register(readings, { kind: 'regex' });

describe('the texts that a schema says how to read', () => {
  const schema = z.strictObject({
    plain: z.string(),
    one: sample().optional().describe('described'),
    many: z.array(regex()).default([]),
    named: z.record(z.string(), z.union([sample(), z.strictObject({ by: sample(), other: z.number().optional() })])).default({}),
  });

  test('are found where they stand, through unions, lists, records and defaults', () => {
    const value = schema.parse({ plain: 'p', one: 'src', many: ['a', 'b'], named: { x: 'dst', y: { by: 'path' } } });
    expect(readingsIn(schema, value).map(({ reading, value, at }) => [reading.kind, value, at.join('.')])).toEqual([
      ['sample', 'src', 'one'],
      ['regex', 'a', 'many.0'],
      ['regex', 'b', 'many.1'],
      ['sample', 'dst', 'named.x'],
      ['sample', 'path', 'named.y.by'],
    ]);
  });
});
