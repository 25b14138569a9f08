import type { Plain } from './ledger.ts';
import type { Names } from './names.ts';

/** Lists of TLS, by what stands between their items. */
const LISTS: Readonly<Record<string, RegExp>> = {
  alpn: /,/,
  ciphers: /[:, ]/,
  ciphersuites: /[:, ]/,
  curves: /[:,]/,
  ecdhe: /[:,]/,
  sigalgs: /[:,]/,
  'client-sigalgs': /[:,]/,
};
const VERSIONS = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** The items of a text between separators. */
export const items = (text: string, separator: RegExp): readonly string[] => text.split(separator).filter((each) => each !== '');

/** A word with its value that binds, certificates of a crt-list and servers share, as the document has it; null: it is none. */
export function tlsWord(word: string, value: string, names: Names): { readonly [key: string]: Plain } | null {
  const separator = Object.hasOwn(LISTS, word) ? LISTS[word] : undefined;
  if (separator !== undefined) return { [word === 'ecdhe' ? 'curves' : word]: items(value, separator) };
  switch (word) {
    case 'ssl-min-ver':
    case 'ssl-max-ver':
      // SSL 3 is in no library any more
      return VERSIONS.includes(value) ? { [word]: value } : word === 'ssl-min-ver' ? {} : null;
    case 'verify':
    case 'verifyhost':
      return { [word]: value };
    case 'ca-file':
    case 'crl-file':
      return { [word]: names.beside('certificates', names.based('ca', value)) };
    case 'ca-ignore-err':
    case 'crt-ignore-err':
      return { [word]: value === 'all' ? value : items(value, /,/) };
    default:
      return null;
  }
}

/** What `force-tlsv12` or `no-tlsv10` says; null: it is no such word. */
export function tlsVersion(word: string): { readonly [key: string]: Plain } | null {
  const [, verb, digit] = /^(no|force)-tlsv1([0-3])$/.exec(word) ?? [];
  if (verb === undefined) return /^(?:no|force)-sslv3$/.test(word) ? {} : null;
  const version = VERSIONS[Number(digit)] as string;
  if (verb === 'force') return { 'ssl-min-ver': version, 'ssl-max-ver': version };
  // TLS 1.2 is the least anyway
  if (digit === '2') return { 'ssl-min-ver': 'TLSv1.3' };
  return digit === '3' ? { 'ssl-max-ver': 'TLSv1.2' } : {};
}
