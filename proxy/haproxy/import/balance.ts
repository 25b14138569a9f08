import type { Plain } from './ledger.ts';
import { options, whole } from './value.ts';

/** Algorithms that choose by a hash: HAProxy's is map-based unless said, the document's is consistent. */
export function readBalance(
  [algorithm = '', ...rest]: readonly string[],
  hashType: readonly string[] | null,
  factor: string | null,
): Plain | null {
  const [, name = '', inside] = /^([a-z_-]+)(?:\((.*)\))?$/.exec(algorithm) ?? [];
  const hashed = (key: string, value: Plain): Plain => ({
    [key]: value,
    'hash-type': hashType === null ? 'map-based' : hashType.join(' '),
    ...(factor === null ? {} : { 'hash-balance-factor': whole(factor) ?? factor }),
  });
  switch (name) {
    case 'roundrobin':
    case 'static-rr':
    case 'leastconn':
    case 'first':
      return rest.length === 0 ? name : null;
    case 'random':
      return inside === undefined ? name : { random: whole(inside) ?? inside };
    case 'source':
      return hashed('source', true);
    case 'uri': {
      const said = options(rest, ['len', 'depth'], ['whole', 'path-only']);
      if (said === null) return null;
      return hashed(
        'uri',
        said.size === 0
          ? true
          : Object.fromEntries([...said].map(([key, value]) => [key, value === true ? true : (whole(value) ?? value)])),
      );
    }
    case 'url_param':
      return rest.length === 1 && rest[0] !== undefined ? hashed('url_param', rest[0]) : null;
    case 'hdr':
      if (inside === undefined || rest.some((word) => word !== 'use_domain_only')) return null;
      return hashed('hdr', rest.length === 0 ? inside : { name: inside, use_domain_only: true });
    case 'hash':
      return rest.length === 0 ? null : hashed('hash', rest.join(''));
    case 'rdp-cookie':
      return hashed('rdp-cookie', inside ?? true);
    default:
      return null;
  }
}
