/** Sample expressions of HAProxy's language, taken apart: a fetch, arguments in parentheses, converters after commas (configuration manual, 7.1, 7.3). */

/** What a sample gives, as far as it decides how it can be matched (configuration manual, 7.1 "type"); `text` stands for texts and numbers. */
export type SampleType = 'bool' | 'addr' | 'bin' | 'meth' | 'any' | 'text';

/** A fetch or a converter with its arguments. */
export interface SamplePart {
  readonly word: string;
  /** What stands in its parentheses; null: it has none. */
  readonly args: string | null;
}

/**
 * A sample and its converters, cut at the commas between them; null where arguments do not end, or something else than a comma follows them. Arguments end at
 * the first parenthesis outside of quotes (configuration manual, 7.3).
 */
export function splitSample(sample: string): readonly SamplePart[] | null {
  const parts = sample.match(/[^(),]+(?:\((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\)])*\))?(?:,|$)/gs) ?? [];
  if (parts.join('') !== sample || sample.endsWith(',')) return null;
  return parts.map((part) => {
    const [, word = '', args] = /^([^(]*?)(?:\((.*)\))?,?$/s.exec(part) ?? [];
    return { word, args: args ?? null };
  });
}

/** Puts parts together again. */
export function joinSample(parts: readonly SamplePart[]): string {
  return parts.map(({ word, args }) => (args === null ? word : `${word}(${args})`)).join(',');
}

/** The arguments of a part, cut at the commas between them, without their quotes (configuration manual, 7.3). */
export function argumentsOf({ args }: SamplePart): readonly string[] {
  const each = (args ?? '').match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^,'"\\])+|(?<=,)(?=,|$)/gs) ?? [];
  return each.map((text) =>
    text
      .trim()
      .replace(/'([^']*)'/gs, (_, inner: string) => inner)
      .replace(/"((?:\\.|[^"\\])*)"/gs, (_, inner: string) => inner.replace(/\\(["\\])/g, '$1')),
  );
}

/** What a sample gives. What is not known gives a text: HAProxy itself judges it. */
export function typeOfSample(sample: string): SampleType {
  const parts = splitSample(sample) ?? [];
  const word = parts.at(-1)?.word ?? '';
  const types = parts.length > 1 ? CONVERTED : FETCHED;
  return (Object.keys(types) as (keyof typeof types)[]).find((type) => types[type].has(word)) ?? 'text';
}

/** Fetches by what they give, as `haproxy -dKsmp` of version 3.0.11 lists them (a container test compares). */
export const FETCHED: Readonly<Record<Exclude<SampleType, 'text'>, ReadonlySet<string>>> = {
  bool: words(`
    acl always_false always_true bool dst_is_local fc_dst_is_local fc_rcvd_proxy fc_src_is_local http_auth http_first_req
    internal.htx.has_eom internal.strm.is_htx quic_enabled req.proto_http req.ssl_ec_ext req_proto_http res.cache_hit res.comp sc0_tracked
    sc1_tracked sc2_tracked sc_tracked src_is_local srv_is_up ssl_bc ssl_bc_is_resumed ssl_c_used ssl_fc ssl_fc_has_crt ssl_fc_has_early
    ssl_fc_has_sni ssl_fc_is_resumed stopping txn.redispatched wait_end
  `),
  addr: words('bc_dst bc_src dst fc_dst fc_src hdr_ip ipv4 ipv6 req.hdr_ip res.hdr_ip shdr_ip src url_ip'),
  bin: words(`
    base32+src bin distcc_body internal.htx_blk.data payload payload_lv req.body req.body_param req.hdrs req.hdrs_bin req.payload
    req.payload_lv res.body res.hdrs res.hdrs_bin res.payload res.payload_lv ssl_bc_client_random ssl_bc_server_random ssl_bc_session_id
    ssl_bc_session_key ssl_bc_unique_id ssl_c_chain_der ssl_c_der ssl_c_serial ssl_c_sha1 ssl_f_der ssl_f_serial ssl_f_sha1
    ssl_fc_cipherlist_hex ssl_fc_client_random ssl_fc_server_random ssl_fc_session_id ssl_fc_session_key ssl_fc_unique_id ssl_s_chain_der
    ssl_s_der ssl_s_serial ssl_s_sha1 url32+src
  `),
  meth: words('meth method'),
  any: words('var'),
};

/** Converters by what they give, as `haproxy -dKcnv` lists them (a container test compares). */
export const CONVERTED: Readonly<Record<Exclude<SampleType, 'text'>, ReadonlySet<string>>> = {
  bool: words('bool even fix_is_valid in_table mqtt_is_valid not odd rfc7239_is_valid secure_memcmp'),
  addr: words('ipmask map_beg_ip map_dir_ip map_dom_ip map_end_ip map_int_ip map_ip_ip map_reg_ip map_str_ip map_sub_ip'),
  bin: words('aes_gcm_dec aes_gcm_enc b64dec bytes digest fix_tag_value hmac htonl protobuf sha1 sha2 ub64dec ungrpc'),
  meth: new Set(),
  any: words('debug json_query jwt_header_query jwt_payload_query rfc7239_n2nn rfc7239_n2np set-var unset-var when'),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
