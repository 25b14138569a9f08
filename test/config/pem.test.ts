import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keyFit } from '../../appliance/config/pem.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';

describe('a private key', () => {
  test.each([
    ['RSA', true, 'pkcs1'],
    ['ECDSA', false, 'sec1'],
  ] as const)('%s fits its certificate in each form of its file, and no other', async (_, rsa, type) => {
    const [own, other] = await Promise.all([
      makeCertificate('own.example', null, { rsa }),
      makeCertificate('other.example', null, { rsa }),
    ]);
    const certificate = new X509Certificate(own.cert);
    const forms = (pem: string) => [pem, String(createPrivateKey(pem).export({ type, format: 'pem' }))];
    expect(forms(own.key).map((pem) => keyFit(pem, certificate))).toEqual(['fits', 'fits']);
    expect(forms(other.key).map((pem) => keyFit(pem, certificate))).toEqual(['another', 'another']);
    expect(keyFit(own.key.replace(/\n[^\n]{40}/, '\n'), new X509Certificate(other.cert))).toBe('unreadable');
  });
});
