/**
 * The samples of HAProxy 3.0 that answer yes or no, as `haproxy -dKsmp` lists them (a container test compares).
 * A sample of another type is never "true" without a pattern: there, being found is what counts.
 */
export const booleanSamples: ReadonlySet<string> = new Set([
  'acl',
  'always_false',
  'always_true',
  'bool',
  'dst_is_local',
  'fc_dst_is_local',
  'fc_rcvd_proxy',
  'fc_src_is_local',
  'http_auth',
  'http_first_req',
  'internal.htx.has_eom',
  'internal.strm.is_htx',
  'quic_enabled',
  'req.proto_http',
  'req.ssl_ec_ext',
  'req_proto_http',
  'res.cache_hit',
  'res.comp',
  'sc0_tracked',
  'sc1_tracked',
  'sc2_tracked',
  'sc_tracked',
  'src_is_local',
  'srv_is_up',
  'ssl_bc',
  'ssl_bc_is_resumed',
  'ssl_c_used',
  'ssl_fc',
  'ssl_fc_has_crt',
  'ssl_fc_has_early',
  'ssl_fc_has_sni',
  'ssl_fc_is_resumed',
  'stopping',
  'txn.redispatched',
  'wait_end',
]);

/** Converters whose result is a truth value, whatever stands before them (configuration manual, 7.3.1). */
const booleanConverters: ReadonlySet<string> = new Set([
  'bool',
  'even',
  'fix_is_valid',
  'in_table',
  'mqtt_is_valid',
  'not',
  'odd',
  'rfc7239_is_valid',
  'secure_memcmp',
]);

/** A sample and its converters, cut at the commas that are not inside an argument. */
function parts(sample: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < sample.length; at++) {
    if (sample[at] === '(') depth++;
    else if (sample[at] === ')') depth--;
    else if (sample[at] === ',' && depth === 0) {
      found.push(sample.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, sample.slice(from)];
}

const keyword = (part: string): string => part.replace(/\(.*$/s, '').trim();

/** The first keyword of a sample expression: `req.hdr` of `req.hdr(host),lower`. */
export function fetchOf(sample: string): string {
  return keyword(parts(sample)[0] ?? '');
}

/** What to write behind a sample for "it is there and true": nothing for a yes-or-no sample, a match method for the others. */
export function truth(sample: string): readonly string[] {
  const [fetch = '', ...converters] = parts(sample).map(keyword);
  const last = converters.at(-1);
  if (last === undefined) return booleanSamples.has(fetch) ? [] : ['-m', 'found'];
  return booleanConverters.has(last) ? ['-m', 'bool'] : ['-m', 'found'];
}

/** Samples that are numbers by their names, all of them in HAProxy 3.0 (a container test compares), and ACL words that compare a length. */
export const numberSample = /_(?:cnt|cur|len|port|rate|size|val)$/;

/** What to write behind a sample before a comparison: HAProxy would hold a text, such as a header, against the word `gt` and not against the number. */
export function asNumber(sample: string): readonly string[] {
  const [fetch = '', ...converters] = parts(sample);
  return converters.length === 0 && numberSample.test(keyword(fetch)) ? [] : ['-m', 'int'];
}
