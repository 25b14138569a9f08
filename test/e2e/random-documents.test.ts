import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { testFiles } from '../support/cases.ts';
import { haproxyChecks } from '../support/haproxy-check.ts';
import { anyDocument, corrected, type Tree, textOfDocument } from '../support/random-document.ts';
import { stagedState } from '../support/staged.ts';

/** How many valid documents are wanted. */
const wanted = Number(process.env.WEIR_RANDOM_DOCUMENTS ?? 1000);

// printed by a failing test: change it to hunt further
const seed = Number(process.env.WEIR_RANDOM_SEED ?? 20_261_123);

test(`${wanted} random valid documents all pass HAProxy's own check`, async () => {
  const files = testFiles();
  const documents: Tree[] = [];
  for (let round = 0; documents.length < wanted; round++) {
    for (const document of fc.sample(anyDocument, { numRuns: 100, seed: seed + round })) {
      const right = corrected(document);
      if (right !== null && documents.length < wanted) documents.push(right);
    }
  }
  const staged = documents.map((document) => {
    const { config, problems } = load(textOfDocument(document), { file: 'config.yaml', files });
    if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
    return stagedState(desiredState(config, 'lb1', null, files).state);
  });
  const answers = await haproxyChecks(staged, 600_000);
  expect(answers).toHaveLength(wanted);
  const refused = answers.flatMap((said, index) => (said === '' ? [] : [`${said}\n${textOfDocument(documents[index] ?? {})}`]));
  expect(refused.slice(0, 5).join('\n\n'), `${refused.length} of ${wanted} are refused, seed ${seed}`).toBe('');
}, 900_000);
