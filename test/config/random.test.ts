import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { testFiles } from '../support/cases.ts';
import { anyDocument, corrected, textOfDocument } from '../support/random-document.ts';

const files = testFiles();

test('1,000 random documents with mistakes each get a problem with a place, and never a stack', () => {
  let wrong = 0;
  fc.assert(
    fc.property(anyDocument, (document) => {
      const text = textOfDocument(document);
      const { config, problems } = load(text, { file: 'config.yaml', files });
      if (config !== null) return;
      wrong++;
      const lines = text.split('\n').length;
      expect(problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of problems) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toBe('');
      }
    }),
    { numRuns: 1000, endOnFailure: true },
  );
  expect(wrong).toBeGreaterThan(900);
}, 120_000);

test('random documents can be corrected by taking out what their problems name', () => {
  const left = fc.sample(anyDocument, { numRuns: 50, seed: 1 }).filter((document) => corrected(document) !== null);
  expect(left.length).toBeGreaterThan(5);
}, 120_000);
