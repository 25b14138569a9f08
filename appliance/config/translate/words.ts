import type { Words } from '../../../proxy/model/bind.ts';

/** The folder of certificates on the appliance. */
export const CERTIFICATES = '/run/weir/certificates';

/** Keys whose value is the name of a file in `certificates/`. */
const FILES: ReadonlySet<string> = new Set(['ca-file', 'crl-file']);

/** Keys whose list HAProxy takes joined by a comma; others by a colon. */
const BY_COMMA: ReadonlySet<string> = new Set([
  'alpn',
  'ca-ignore-err',
  'crt-ignore-err',
  'init-addr',
  'proxy-v2-options',
  'resolve-net',
  'resolve-opts',
]);

/** The keys of a map that are words of HAProxy's, with their values as it reads them; what is false or not given is left out. */
export function wordsOf(input: Readonly<Record<string, unknown>>, keys: readonly string[]): Words {
  return Object.fromEntries(
    keys.flatMap((key): [string, string | number | true][] => {
      const value = input[key];
      if (value === undefined || value === false) return [];
      if (value === true) return [[key, true]];
      if (Array.isArray(value)) return [[key, value.join(BY_COMMA.has(key) ? ',' : ':')]];
      if (typeof value === 'number') return [[key, value]];
      return [[key, FILES.has(key) ? `${CERTIFICATES}/${String(value)}` : String(value)]];
    }),
  );
}

/** Words of TLS with clients: where a CA is named, `verify` says that it is used, which HAProxy does not take for granted. */
export function clientTls(input: Readonly<Record<string, unknown>>, keys: readonly string[]): Words {
  const words = wordsOf(input, keys);
  return words['ca-file'] === undefined ? words : { ...words, verify: words.verify ?? 'required' };
}
