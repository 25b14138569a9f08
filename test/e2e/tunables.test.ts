import { expect, test } from 'vitest';
import { z } from 'zod';
import { documentSchema } from '../../appliance/config/schema.ts';
import { haproxyChecks } from '../support/haproxy-check.ts';
import { stagedDocument } from '../support/staged.ts';

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

test('HAProxy takes every global word at its least and at its most', async () => {
  expect(words.length).toBeGreaterThan(100);
  const staged = words.map(({ word, value }) => stagedDocument(documentOf(`${JSON.stringify(word)}: ${value}${beside[word] ?? ''}`)));
  const answers = await haproxyChecks(staged, 300_000);
  expect(answers).toHaveLength(words.length);
  const refused = answers.flatMap((said, index) => {
    const { word, value } = words[index] ?? { word: '', value: '' };
    return said === '' ? [] : [`${word}: ${value}\n${said}`];
  });
  expect(refused).toEqual([expect.stringMatching(/^extra: .*\n\[ALERT\].*max-frame-size/s)]);
}, 300_000);
