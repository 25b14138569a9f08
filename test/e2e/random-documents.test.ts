import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { testFiles } from '../support/cases.ts';
import { anyDocument, corrected, type Tree, textOfDocument } from '../support/random-document.ts';
import { runInRoot } from '../support/root.ts';
import { type Staged, stagedState } from '../support/staged.ts';

/** How many valid documents are wanted. */
const wanted = Number(process.env.WEIR_RANDOM_DOCUMENTS ?? 1000);

// printed by a failing test: change it to hunt further
const seed = Number(process.env.WEIR_RANDOM_SEED ?? 20_261_123);

/** Shell: HAProxy's opinion of each folder, which stands for /run/weir while it is asked. */
const judge = `
  ip route add default dev lo
  ip -6 route add default dev lo
  for folder in /documents/*; do
    rm -rf /run/weir
    ln -s "$folder" /run/weir
    : >/run/weir/haproxy.stats
    : >/run/weir/haproxy.servers
    echo "== \${folder#/documents/}"
    haproxy -c -dW -f /run/weir/haproxy.cfg 2>&1 | grep -v '^\\[NOTICE\\]' || true
  done
`;

test(`${wanted} random valid documents all pass HAProxy's own check`, async () => {
  const files = testFiles();
  const documents: Tree[] = [];
  for (let round = 0; documents.length < wanted; round++) {
    for (const document of fc.sample(anyDocument, { numRuns: 100, seed: seed + round })) {
      const right = corrected(document);
      if (right !== null && documents.length < wanted) documents.push(right);
    }
  }
  const staged: Record<string, Staged[string]> = {};
  for (const [index, document] of documents.entries()) {
    const { config, problems } = load(textOfDocument(document), { file: 'config.yaml', files });
    if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
    for (const [path, file] of Object.entries(stagedState(desiredState(config, 'lb1', null, files).state)))
      staged[path.replace('/run/weir/', `/documents/${String(index).padStart(5, '0')}/`)] = file;
  }
  const { stdout } = await runInRoot(['sh', '-c', judge], staged, { timeoutMs: 600_000 });
  const answers = stdout.split(/^== /m).slice(1);
  expect(answers).toHaveLength(wanted);
  const refused = answers.flatMap((answer) => {
    const [index = '', ...said] = answer.trim().split('\n');
    return said.length === 0 ? [] : [`${said.join('\n')}\n${textOfDocument(documents[Number(index)] ?? {})}`];
  });
  expect(refused.slice(0, 5).join('\n\n'), `${refused.length} of ${wanted} are refused, seed ${seed}`).toBe('');
}, 900_000);
