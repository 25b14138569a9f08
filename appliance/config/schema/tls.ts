import { z } from 'zod';
import { opensslNames } from './openssl.ts';
import { fileName, text } from './scalar.ts';

/** A list of names that HAProxy takes joined by a colon or a comma. */
const names = (what: string, pattern: RegExp, hint: string) => z.array(text(what, pattern, hint)).min(1, 'the list is empty');

/** Protocols for ALPN (RFC 7301). */
export const protocols = () => names('a protocol', /^[a-z][a-z0-9./-]{0,30}$/, 'such as h2 or http/1.1');

const version = () => z.enum(['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']);

/** Which TLS is spoken; the words and their defaults are the same towards clients and towards servers. */
export const tlsOptions = {
  'ssl-min-ver': version().optional().describe('The oldest TLS that is spoken; TLSv1.2 unless given.'),
  'ssl-max-ver': version().optional().describe('The newest TLS that is spoken.'),
  ciphers: opensslNames('cipher').optional().describe('Ciphers up to TLS 1.2, the preferred first.'),
  ciphersuites: opensslNames('cipher suite').optional().describe('Cipher suites of TLS 1.3, the preferred first.'),
  curves: opensslNames('group').optional().describe('Groups for the key exchange, the preferred first.'),
  sigalgs: opensslNames('signature').optional().describe('Signatures that are accepted, the preferred first.'),
};

const verification = {
  'ca-file': fileName('certificates').optional().describe('The CA that client certificates are verified with.'),
  'crl-file': fileName('certificates').optional().describe('The revoked certificates of this CA and of those above it.'),
  verify: z
    .enum(['optional', 'required'])
    .optional()
    .describe('Whether clients may or must show a certificate; required unless given, with ca-file.'),
  'no-ca-names': z.boolean().default(false).describe('Clients are not told which CAs are known.'),
  'client-sigalgs': opensslNames('signature')
    .optional()
    .describe('Signatures of client certificates that are accepted, the preferred first.'),
};

/** What a certificate says of the TLS in which it is shown. */
export const certificateTls = {
  ...tlsOptions,
  ...verification,
  alpn: protocols().optional().describe('Protocols offered where this certificate is shown, instead of those of the bind.'),
};

const errors = () =>
  z
    .union([
      z.literal('all'),
      names('a verification error', /^(?:[0-9]{1,3}|X509_V_ERR_[A-Z0-9_]{1,48})$/, 'such as X509_V_ERR_CERT_HAS_EXPIRED, or all'),
    ])
    .optional();

/** What a bind says of its TLS; each needs `ssl`. */
export const bindTls = {
  alpn: protocols()
    .optional()
    .describe(
      'Protocols offered in TLS, the preferred first, h3 for HTTP/3 over the same ports of UDP; h2 and http/1.1 unless the mode is tcp.',
    ),
  ...tlsOptions,
  ...verification,
  'ca-ignore-err': errors().describe("What may be wrong with a CA above a client's certificate: names of errors, or all."),
  'crt-ignore-err': errors().describe("What may be wrong with a client's certificate: names of errors, or all."),
  'strict-sni': z.boolean().default(false).describe('Clients that name no server, or one without a certificate, are refused.'),
  'no-tls-tickets': z.boolean().default(false).describe('Sessions are resumed from the cache of this machine only, not by tickets.'),
  'allow-0rtt': z
    .boolean()
    .default(false)
    .describe('Clients that come again may send a request with their first packet; what changes something waits for the handshake.'),
};

/** What a server's TLS has besides its verification and its name. */
export const serverTls = {
  ...tlsOptions,
  'crl-file': fileName('certificates').optional().describe("The revoked certificates of the server's CA and of those above it."),
  'client-sigalgs': opensslNames('signature').optional().describe('Signatures for the certificate that is shown, the preferred first.'),
  verifyhost: text('a host name', /^[A-Za-z0-9*][A-Za-z0-9.-]{0,252}$/)
    .optional()
    .describe("The name that the server's certificate must have, where sni does not say it."),
  'no-ssl-reuse': z.boolean().default(false).describe('TLS sessions with the server are not resumed.'),
  'no-tls-tickets': z.boolean().default(false).describe('TLS sessions with the server are resumed without tickets.'),
};

/** What needs verify's CA. */
export const NEEDS_CA = ['verify', 'crl-file', 'no-ca-names', 'client-sigalgs', 'ca-ignore-err', 'crt-ignore-err'] as const;
