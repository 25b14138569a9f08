import type { DataPlane, Words } from '../model.ts';
import { type Line, placed } from './line.ts';
import { comment, line } from './quote.ts';
import { wordList } from './words.ts';

/** TLS 1.2 suites of the "intermediate" set, those with elliptic curves: all that version 6.0 has left of it (Server Side TLS, 5.7 to 6.0). */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
const ciphersuites = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/** The first of them keeps what is recorded today from a quantum computer of tomorrow (the same, 6.0). */
const curves = 'X25519MLKEM768:X25519:prime256v1:secp384r1';

/** The keywords of the section that this file renders. */
export const TLS_KEYWORDS: ReadonlySet<string> = new Set(
  ['bind', 'server'].flatMap((side) => ['ciphers', 'ciphersuites', 'curves', 'sigalgs'].map((key) => `ssl-default-${side}-${key}`)),
);

/** Whether HAProxy asks CAs about certificates, at addresses whose names it has to look up. */
export function staples({ certificates }: DataPlane): boolean {
  return certificates.some(({ options }) => options['ocsp-update'] !== undefined);
}

/** What TLS is spoken where a bind or a server does not say; with `ssl-min-ver` TLSv1.3 it is the "modern" set. */
export function tlsDefaults({ global }: DataPlane): readonly Line[] {
  const { settings, bindOptions, serverOptions } = global;
  const own: Words = { ciphers, ciphersuites, curves };
  const side = (of: 'bind' | 'server', options: Words): readonly Line[] => [
    line(`ssl-default-${of}-options`, ...wordList({ 'ssl-min-ver': 'TLSv1.2', ...options })),
    ...['ciphers', 'ciphersuites', 'curves', 'sigalgs'].flatMap((word): readonly Line[] => {
      const key = `ssl-default-${of}-${word}`;
      const said = settings[key];
      if (said !== undefined) return placed(['global', key], [line(key, String(said))]);
      return own[word] === undefined ? [] : [line(key, String(own[word]))];
    }),
  ];
  return [comment('TLS: the intermediate set of Mozilla, on both sides'), ...side('bind', bindOptions), ...side('server', serverOptions)];
}
