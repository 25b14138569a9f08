import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentSchema } from '../../appliance/config/schema.ts';
import { rows, toCome } from '../features/rows.ts';
import { featureTable, proofs } from '../features/table.ts';
import { hasKey } from '../support/schema-keys.ts';

const readme = join(import.meta.dirname, '../../proxy/README.md');
const head = `# The data plane

What the appliance's HAProxy does, how the document says it, and what was proved. Each proof sends real traffic through the image's own HAProxy twice: as
weir renders the document, and with the words taken out that the proof is about, where it must fail. A test writes this table from the document's schema
and the proofs; a feature without both is not listed.

`;

/** The steps of a path; one that has a point in it stands in quotes. */
const stepsOf = (path: string): string[] => (path.match(/"[^"]+"|[^.]+/g) ?? []).map((step) => step.replaceAll('"', ''));

describe('the features of HAProxy', () => {
  test('are each proved, or known to be missing', () => {
    const proved = new Set(proofs.map(({ row }) => row));
    expect(rows.filter(({ id }) => !proved.has(id) && !toCome.has(id)).map(({ id }) => id)).toEqual([]);
    expect([...toCome].filter((id) => proved.has(id))).toEqual([]);
    expect([...proved].filter((row) => !rows.some(({ id }) => id === row))).toEqual([]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  test.each(proofs.map((proof) => [`${proof.row}: ${proof.what}`, proof] as const))('%s: its keys are the document’s', (_, { keys }) => {
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !hasKey(documentSchema, stepsOf(key)))).toEqual([]);
  });

  test('stand in proxy/README.md', async () => {
    const expected = `${head}${featureTable()}`;
    if (process.env.UPDATE_GOLDEN === '1') await writeFile(readme, expected);
    expect(await readFile(readme, 'utf8')).toBe(expected);
  });
});
