import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundleOf } from '../../appliance/config/bundle.ts';
import { certificatesIn } from '../../appliance/config/pem.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../support/files/chain', name), 'utf8');
const [root, one, two, leaf, old, other] = ['root', 'one', 'two', 'leaf', 'leaf-old', 'other'].map((name) => read(`${name}.crt`)) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const [key, foreignKey] = [read('leaf.key'), read('one.key')];
const roots = certificatesIn(root) ?? [];
const now = new Date('2026-11-23');

/** The common names of a bundle's certificates in order, and its notes. */
function repaired(parts: readonly string[], options: { waiting?: string | null; trusted?: typeof roots; at?: Date } = {}) {
  const { waiting = null, trusted = roots, at = now } = options;
  const bundle = bundleOf({ text: parts.join('\n'), waiting, roots: trusted, now: at });
  if (bundle.kind === 'unusable') return { reason: bundle.reason };
  return { chain: (certificatesIn(bundle.pem) ?? []).map(({ subject }) => subject.split('CN=')[1]), notes: bundle.notes, pem: bundle.pem };
}

describe('a chain is repaired:', () => {
  test.each([
    ['in order', [leaf, two, one, key]],
    ['out of order', [key, one, two, leaf]],
    ['twice over', [one, two, two, leaf, one, leaf, key]],
  ])('%s', (_, parts) => {
    expect(repaired(parts)).toMatchObject({ chain: ['leaf', 'two', 'one'], notes: [] });
  });
  test('the certificate comes first, then its chain, then its key', () => {
    expect(repaired([key, one, two, leaf]).pem?.match(/-----BEGIN [A-Z ]+-----/g)).toEqual([
      ...Array(3).fill('-----BEGIN CERTIFICATE-----'),
      '-----BEGIN PRIVATE KEY-----',
    ]);
  });
  test('the root is left out', () => {
    const { chain, notes } = repaired([root, one, two, leaf, key], { trusted: [] });
    expect(chain).toEqual(['leaf', 'two', 'one']);
    expect(notes).toEqual(['left out: the root "CN=Root", which clients have themselves']);
  });
  test('what belongs to another chain is left out', () => {
    expect(repaired([other, one, two, leaf, key]).notes).toEqual(['left out: "CN=Other Root", which is no part of this chain']);
  });
  test('an intermediate that is missing is named, with the place where its CA says it is', () => {
    expect(repaired([leaf, key])).toMatchObject({
      chain: ['leaf'],
      notes: [expect.stringMatching(/^the issuer "CN=two, O=Example" is not in the chain: .*; it is at http:\/\/ca\.example\/two\.cer$/)],
    });
    expect(repaired([leaf, two, key]).notes).toEqual([expect.stringContaining('the issuer "CN=one, O=Example" is not in the chain')]);
    expect(repaired([leaf, one, key]).notes).toHaveLength(2);
  });
  test('an issuer that every client knows is not missed, one that nobody knows is', () => {
    expect(repaired([leaf, two, one, key]).notes).toEqual([]);
    expect(repaired([leaf, two, one, key], { trusted: certificatesIn(other) ?? [] }).notes).toEqual([
      expect.stringContaining('ask your CA for it'),
    ]);
  });
  test('a certificate that signed itself stands alone', () => {
    expect(repaired([one, foreignKey]).chain).toEqual(['one']);
    const { chain, notes } = repaired([leaf, root, key], { trusted: [] });
    expect(chain).toEqual(['leaf']);
    expect(notes?.join()).toContain('"CN=Root"');
  });
  test('of a certificate and the one it replaces, the newer is taken', () => {
    expect(repaired([old, leaf, two, one, key])).toMatchObject({
      chain: ['leaf', 'two', 'one'],
      notes: ['left out: "CN=leaf, O=Example", which is no part of this chain'],
    });
  });
});

describe('a key', () => {
  test('that waits is the one of its answer', () => {
    expect(repaired([one, two, leaf], { waiting: key }).chain).toEqual(['leaf', 'two', 'one']);
    expect(repaired([one, two, leaf], { waiting: foreignKey }).chain).toEqual(['one']);
  });
  test('that comes with its certificate is taken before one that waits', () => {
    expect(repaired([leaf, key, one, two], { waiting: foreignKey }).chain).toEqual(['leaf', 'two', 'one']);
  });
  test('that comes twice is one', () => expect(repaired([key, leaf, two, one, key]).chain).toHaveLength(3));
});

test.each([
  ['nothing', [], 'there is no certificate in it'],
  ['no key', [leaf], 'there is no private key in it'],
  ['two keys', [leaf, key, foreignKey], 'there are 2 private keys in it'],
  ['the key of another', [leaf, foreignKey], 'no certificate in it is for its key: there is "CN=leaf, O=Example"'],
  ['a damaged key', [leaf, key.replace(/\n.{30}/, '\nAAAA')], 'its private key is damaged'],
  ['a damaged certificate', [leaf.replace(/\n.{30}/, '\nAAAA'), key], 'one of its certificates is damaged'],
  ['a key with a passphrase', [leaf, key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')], 'its private key is encrypted'],
  ['what has expired', [old, two, one, key], 'its certificate expired on 2026-06-01'],
])('%s is of no use', (_, parts, reason) => {
  expect(repaired(parts)).toEqual({ reason: expect.stringContaining(reason) });
});
