import type { Balance } from '../../../proxy/model.ts';
import type { Document } from '../schema.ts';

type BalanceInput = Document['backends'][string]['balance'];
type MapInput = Exclude<BalanceInput, string | undefined>;

/** How a backend of this mode chooses a server. */
export function translateBalance(input: BalanceInput, mode: 'http' | 'tcp'): Balance {
  const plain = { argument: null, words: [], hashType: null, hashBalanceFactor: null };
  // TCP sessions last, so that counting them beats taking turns.
  if (input === undefined) return { algorithm: mode === 'http' ? 'roundrobin' : 'leastconn', ...plain };
  if (typeof input === 'string') return { algorithm: input, ...plain };
  const { 'hash-type': hashType = 'consistent', 'hash-balance-factor': hashBalanceFactor = null, random } = input;
  if (random !== undefined) return { algorithm: 'random', ...plain, argument: String(random) };
  return { ...plain, ...hashed(input), hashType, hashBalanceFactor };
}

function hashed({ hash, uri, url_param, hdr, 'rdp-cookie': rdp }: MapInput): Pick<Balance, 'algorithm'> & Partial<Balance> {
  if (hash !== undefined) return { algorithm: 'hash', argument: hash };
  if (uri !== undefined) return { algorithm: 'uri', words: uriWords(uri) };
  if (url_param !== undefined) return { algorithm: 'url_param', argument: url_param };
  if (hdr !== undefined) {
    return typeof hdr === 'string'
      ? { algorithm: 'hdr', argument: hdr }
      : { algorithm: 'hdr', argument: hdr.name, words: ['use_domain_only'] };
  }
  if (rdp !== undefined) return { algorithm: 'rdp-cookie', argument: rdp === true ? null : rdp };
  return { algorithm: 'source' };
}

function uriWords(uri: NonNullable<MapInput['uri']>): readonly string[] {
  if (uri === true) return [];
  if (typeof uri === 'string') return [uri];
  const { len, depth, whole, 'path-only': pathOnly } = uri;
  return [
    ...(pathOnly ? ['path-only'] : []),
    ...(len === undefined ? [] : ['len', String(len)]),
    ...(depth === undefined ? [] : ['depth', String(depth)]),
    ...(whole ? ['whole'] : []),
  ];
}
