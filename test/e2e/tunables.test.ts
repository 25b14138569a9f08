import { expect, test } from 'vitest';
import { z } from 'zod';
import { documentSchema } from '../../appliance/config/schema.ts';
import { runInRoot } from '../support/root.ts';
import { type Staged, stagedDocument } from '../support/staged.ts';

/** A document with one word of the global section, or several. */
const documentOf = (words: string) => `version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }
global: { ${words} }
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }
backends: { app: { check: false, servers: { app1: 10.0.0.1:80 } } }
`;

interface Bounds {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Bounds[];
  readonly const?: unknown;
  readonly pattern?: string;
}

/** The values of a word at its bounds, as the document writes them: its least and its most, or each that there is. */
function valuesOf({ type, minimum, maximum, enum: words, anyOf, const: only, pattern }: Bounds): readonly string[] {
  if (anyOf !== undefined) return anyOf.flatMap(valuesOf);
  if (only !== undefined) return [JSON.stringify(only)];
  if (words !== undefined) return words.map((word) => JSON.stringify(word));
  if (type === 'integer') return [minimum, maximum].map(String);
  // times: a millisecond, and nearly all that HAProxy can measure
  return pattern?.includes('us|ms|s') ? ['1ms', '24d'] : [];
}

/** What HAProxy must refuse, or taking the others would mean nothing. */
const wrong = { word: 'extra', value: '["tune.h2.max-frame-size 1"]' };

const words = [
  ...Object.entries(
    (z.toJSONSchema(documentSchema.shape.global, { io: 'input', unrepresentable: 'any' }) as { properties: Record<string, Bounds> })
      .properties,
  ).flatMap(([word, bounds]) => valuesOf(bounds).map((value) => ({ word, value }))),
  wrong,
];

/** What a word goes with: others that must be as large. */
const beside: Readonly<Record<string, string>> = {
  'ocsp-update.mindelay': ', ocsp-update.maxdelay: 24d',
  'ocsp-update.maxdelay': ', ocsp-update.mindelay: 1ms',
};

/** Shell: HAProxy's opinion of each folder, which stands for /run/weir while it is asked. */
const judge = `
  ip route add default dev lo
  for folder in /documents/*; do
    rm -rf /run/weir
    ln -s "$folder" /run/weir
    : >/run/weir/haproxy.stats
    : >/run/weir/haproxy.servers
    echo "== \${folder#/documents/}"
    haproxy -c -dW -f /run/weir/haproxy.cfg 2>&1 | grep -v '^\\[NOTICE\\]' || true
  done
`;

test('HAProxy takes every global word at its least and at its most', async () => {
  expect(words.length).toBeGreaterThan(100);
  const staged: Record<string, Staged[string]> = {};
  for (const [index, { word, value }] of words.entries()) {
    for (const [path, file] of Object.entries(stagedDocument(documentOf(`${JSON.stringify(word)}: ${value}${beside[word] ?? ''}`))))
      staged[path.replace('/run/weir/', `/documents/${String(index).padStart(5, '0')}/`)] = file;
  }
  const { stdout } = await runInRoot(['sh', '-c', judge], staged, { timeoutMs: 300_000 });
  const answers = stdout.split(/^== /m).slice(1);
  expect(answers).toHaveLength(words.length);
  const refused = answers.flatMap((answer) => {
    const [index = '', ...said] = answer.trim().split('\n');
    const { word, value } = words[Number(index)] ?? { word: '', value: '' };
    return said.length === 0 ? [] : [`${word}: ${value}\n${said.join('\n')}`];
  });
  expect(refused).toEqual([expect.stringMatching(/^extra: .*\n\[ALERT\].*max-frame-size/s)]);
}, 300_000);
