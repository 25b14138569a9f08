import { z } from 'zod';
import { suggestion } from '../nearest.ts';
import { quote } from '../problem.ts';
import { advise, checkedText } from './scalar.ts';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Ciphers up to TLS 1.2 that the image's OpenSSL has, as `openssl ciphers` lists them (a container test compares). */
export const CIPHERS = words(`
  ADH-AES128-GCM-SHA256 ADH-AES128-SHA ADH-AES128-SHA256 ADH-AES256-GCM-SHA384 ADH-AES256-SHA ADH-AES256-SHA256 ADH-CAMELLIA128-SHA
  ADH-CAMELLIA128-SHA256 ADH-CAMELLIA256-SHA ADH-CAMELLIA256-SHA256 AECDH-AES128-SHA AECDH-AES256-SHA AECDH-NULL-SHA AES128-CCM
  AES128-CCM8 AES128-GCM-SHA256 AES128-SHA AES128-SHA256 AES256-CCM AES256-CCM8 AES256-GCM-SHA384 AES256-SHA AES256-SHA256
  ARIA128-GCM-SHA256 ARIA256-GCM-SHA384 CAMELLIA128-SHA CAMELLIA128-SHA256 CAMELLIA256-SHA CAMELLIA256-SHA256 DHE-DSS-AES128-GCM-SHA256
  DHE-DSS-AES128-SHA DHE-DSS-AES128-SHA256 DHE-DSS-AES256-GCM-SHA384 DHE-DSS-AES256-SHA DHE-DSS-AES256-SHA256 DHE-DSS-ARIA128-GCM-SHA256
  DHE-DSS-ARIA256-GCM-SHA384 DHE-DSS-CAMELLIA128-SHA DHE-DSS-CAMELLIA128-SHA256 DHE-DSS-CAMELLIA256-SHA DHE-DSS-CAMELLIA256-SHA256
  DHE-RSA-AES128-CCM DHE-RSA-AES128-CCM8 DHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES128-SHA DHE-RSA-AES128-SHA256 DHE-RSA-AES256-CCM
  DHE-RSA-AES256-CCM8 DHE-RSA-AES256-GCM-SHA384 DHE-RSA-AES256-SHA DHE-RSA-AES256-SHA256 DHE-RSA-ARIA128-GCM-SHA256
  DHE-RSA-ARIA256-GCM-SHA384 DHE-RSA-CAMELLIA128-SHA DHE-RSA-CAMELLIA128-SHA256 DHE-RSA-CAMELLIA256-SHA DHE-RSA-CAMELLIA256-SHA256
  DHE-RSA-CHACHA20-POLY1305 ECDHE-ARIA128-GCM-SHA256 ECDHE-ARIA256-GCM-SHA384 ECDHE-ECDSA-AES128-CCM ECDHE-ECDSA-AES128-CCM8
  ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES128-SHA256 ECDHE-ECDSA-AES256-CCM ECDHE-ECDSA-AES256-CCM8
  ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES256-SHA ECDHE-ECDSA-AES256-SHA384 ECDHE-ECDSA-ARIA128-GCM-SHA256
  ECDHE-ECDSA-ARIA256-GCM-SHA384 ECDHE-ECDSA-CAMELLIA128-SHA256 ECDHE-ECDSA-CAMELLIA256-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305
  ECDHE-ECDSA-NULL-SHA ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-SHA ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-GCM-SHA384
  ECDHE-RSA-AES256-SHA ECDHE-RSA-AES256-SHA384 ECDHE-RSA-CAMELLIA128-SHA256 ECDHE-RSA-CAMELLIA256-SHA384 ECDHE-RSA-CHACHA20-POLY1305
  ECDHE-RSA-NULL-SHA NULL-MD5 NULL-SHA NULL-SHA256
`);

/** Groups of ciphers (openssl-ciphers(1), "CIPHER STRINGS"). */
const CIPHER_GROUPS = words(
  'ALL COMPLEMENTOFALL COMPLEMENTOFDEFAULT DEFAULT HIGH MEDIUM LOW eNULL NULL aNULL kRSA aRSA RSA kDHE kEDH DH DHE EDH ADH kEECDH kECDHE ECDH ECDHE EECDH AECDH aDSS DSS aECDSA ECDSA TLSv1.2 TLSv1.0 SSLv3 AES128 AES256 AES AESGCM AESCCM AESCCM8 ARIA128 ARIA256 ARIA CAMELLIA128 CAMELLIA256 CAMELLIA CHACHA20 3DES SEED MD5 SHA1 SHA SHA256 SHA384 PSK SUITEB128 SUITEB128ONLY SUITEB192',
);

/** Suites of TLS 1.3 (RFC 8446, B.4). */
const SUITES = words(
  'TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256',
);

/** Groups for the key exchange, by all names that the image's OpenSSL takes (a container test tries them). */
export const GROUPS = words(`
  X25519 X448 P-256 P-384 P-521 prime256v1 secp256r1 secp384r1 secp521r1 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 ffdhe2048
  ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192 X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024 MLKEM512 MLKEM768 MLKEM1024
`);

/** Signatures, by all names that the image's OpenSSL takes (a container test tries them). */
export const SIGNATURES = words(`
  RSA+SHA1 RSA+SHA224 RSA+SHA256 RSA+SHA384 RSA+SHA512 RSA-PSS+SHA256 RSA-PSS+SHA384 RSA-PSS+SHA512 ECDSA+SHA1 ECDSA+SHA224 ECDSA+SHA256
  ECDSA+SHA384 ECDSA+SHA512 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 ed25519 ed448 rsa_pss_rsae_sha256
  rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384
  rsa_pkcs1_sha512 mldsa44 mldsa65 mldsa87
`);

/** What OpenSSL calls by names that HAProxy passes on: it starts with those that OpenSSL does not know, and TLS does not. */
const KINDS = {
  cipher: { known: [...CIPHERS, ...CIPHER_GROUPS], what: 'a cipher', isKnown: (name: string) => isCipher(name) },
  'cipher suite': { known: SUITES, what: 'a cipher suite', isKnown: (name: string) => SUITES.includes(name) },
  group: { known: GROUPS, what: 'a group', isKnown: (name: string) => GROUPS.includes(name) },
  signature: { known: SIGNATURES, what: 'a signature algorithm', isKnown: (name: string) => SIGNATURES.includes(name) },
} as const;

const ALL_CIPHERS: ReadonlySet<string> = new Set([...CIPHERS, ...CIPHER_GROUPS]);

/** A cipher, a group of them, several groups that all hold (`ECDHE+AESGCM`), one of these taken away (`!aNULL`), or an order (`@STRENGTH`). */
function isCipher(name: string): boolean {
  if (/^@(?:STRENGTH|SECLEVEL=[0-5])$/.test(name)) return true;
  return name
    .replace(/^[!+-]/, '')
    .split('+')
    .every((part) => ALL_CIPHERS.has(part));
}

/** A list of names of OpenSSL, the preferred first. */
export function opensslNames(kind: keyof typeof KINDS) {
  const { known, what, isKnown } = KINDS[kind];
  const one = checkedText(what, (value) =>
    isKnown(value) ? null : advise(`${quote(value)} is not ${what} that OpenSSL knows`, suggestion(value, known)),
  );
  return z.array(one).min(1, 'the list is empty');
}
