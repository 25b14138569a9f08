import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { factsOf } from '../../appliance/config/certificate.ts';
import { endOf, expiryOf } from '../../appliance/config/expiry.ts';
import { certificatesIn, keysIn } from '../../appliance/config/pem.ts';

const end = { file: 'shop.pem', intermediate: null, at: Date.UTC(2026, 11, 31, 12) };
const ago = (days: number, hours = 0) => new Date(end.at - days * 86_400_000 - hours * 3_600_000);

describe('the end of a certificate', () => {
  test.each([
    [ago(31), null, ''],
    [ago(30, 1), null, ''],
    [ago(30), 'soon', 'expires in 30 days, on 2026-12-31'],
    [ago(14, 1), 'soon', 'expires in 14 days, on 2026-12-31'],
    [ago(14), 'near', 'expires in 14 days, on 2026-12-31'],
    [ago(3, 1), 'near', 'expires in 3 days, on 2026-12-31'],
    [ago(3), 'urgent', 'EXPIRES in 3 days, on 2026-12-31'],
    [ago(1), 'urgent', 'EXPIRES in 1 day, on 2026-12-31'],
    [ago(0, 5), 'urgent', 'EXPIRES within a day, on 2026-12-31'],
    [ago(0), 'urgent', 'EXPIRES within a day'],
    [ago(0, -1), 'expired', 'expired on 2026-12-31'],
    [ago(-40), 'expired', 'expired on 2026-12-31'],
  ])('seen at %s is %s: %s', (now, level, words) => {
    const expiry = expiryOf(end, now);
    expect(expiry?.level ?? null).toBe(level);
    expect(expiry?.message ?? '').toContain(words);
  });

  test('is that of the intermediate which ends first', () => {
    const at = (subject: string, day: number) =>
      ({ subject: `C=XX\nCN=${subject}`, validTo: new Date(Date.UTC(2026, 11, day)).toUTCString() }) as X509Certificate;
    expect(endOf('a.pem', [at('leaf', 9), at('R1', 20)])).toMatchObject({ intermediate: null, at: Date.UTC(2026, 11, 9) });
    const first = endOf('a.pem', [at('leaf', 9), at('R1', 20), at('R2', 5)]);
    expect(first).toMatchObject({ intermediate: 'CN=R2, C=XX' });
    expect(first && expiryOf(first, new Date('2026-12-01'))?.message).toBe(
      'the intermediate "CN=R2, C=XX" of certificates/a.pem expires in 4 days, on 2026-12-05',
    );
    expect(endOf('a.pem', [])).toBe(null);
  });
});

describe('a PEM text', () => {
  const text = readFileSync(join(import.meta.dirname, '../support/files/certificates/shop.pem'), 'latin1');
  test('gives its certificates and its keys, whatever stands between them', () => {
    const noisy = text.replaceAll('-----BEGIN', 'Bag Attributes: \xfc\n\n-----BEGIN');
    expect(certificatesIn(noisy)?.length).toBe(certificatesIn(text)?.length);
    expect(keysIn(noisy)).toEqual(keysIn(text));
    expect(keysIn(text)).toHaveLength(1);
  });
  test('with a broken certificate gives none', () => {
    expect(certificatesIn('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toBe(null);
    expect(certificatesIn('nothing')).toEqual([]);
  });
  test('says what its certificate is for', () => {
    const [leaf] = certificatesIn(text) ?? [];
    expect(leaf && factsOf(leaf)).toMatchObject({
      names: expect.arrayContaining(['shop.example']),
      key: expect.stringMatching(/^(EC P-256|RSA \d+)$/),
    });
  });
});
