import { clients } from '../netns.ts';
import { matchingText } from './matching-text.ts';

/** What a client says, as far as a configuration looks at it. */
export interface Said {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly sni?: string;
  /** The first bytes of a connection that is no HTTP. */
  readonly bytes?: string;
}

/** Both at once; where they contradict, the later. */
export function both(one: Said, other: Said): Said {
  return {
    ...one,
    ...other,
    headers: { ...one.headers, ...other.headers },
    cookies: { ...one.cookies, ...other.cookies },
    query: { ...one.query, ...other.query },
  };
}

/** What a sample is about: a fetch and its argument, such as `hdr` and `host`; null: nothing that a client says. */
export interface Subject {
  readonly fetch: string;
  readonly argument: string;
}

/** The fetch at the beginning of an expression, without the suffix that says how it is matched. */
export function subjectOf(expression: string): Subject & { readonly match: string | null } {
  const [, word = '', argument = ''] = /^([A-Za-z0-9_.]+)(?:\(([^()]*)\))?/.exec(expression) ?? [];
  const [, base = word, match = null] = /^(.+)_(beg|dir|dom|end|reg|sub|len)$/.exec(word) ?? [];
  return { fetch: base.replace(/^req\./, ''), argument, match };
}

/** A client that says this of a subject; null where none can. */
export function clientSaying({ fetch, argument }: Subject, value: string): Said | null {
  const path = value.startsWith('/') ? value : `/${value}`;
  switch (fetch) {
    case 'path':
    case 'pathq':
    case 'url':
      return /^[a-z]+:/.test(value) ? null : { path };
    case 'base': {
      const at = value.indexOf('/');
      return at <= 0 ? { path } : { host: value.slice(0, at), path: value.slice(at) };
    }
    case 'hdr':
    case 'fhdr':
    case 'hdr_ip':
    case 'hdr_cnt':
    case 'hdr_val': {
      const name = argument.split(',')[0]?.toLowerCase() ?? '';
      return name === '' ? null : name === 'host' ? { host: value } : name === 'cookie' ? null : { headers: { [name]: value } };
    }
    case 'cook':
    case 'cook_cnt':
      return argument === '' ? null : { cookies: { [argument]: value } };
    case 'method':
      return ['CONNECT', 'TRACE'].includes(value) ? null : { method: value };
    case 'url_param':
    case 'urlp':
    case 'urlp_val':
      return { query: { [argument.split(',')[0] ?? '']: value } };
    case 'src': {
      const from = Object.values(clients).find((client) => isWithin(client, value));
      return from === undefined ? null : { from };
    }
    case 'ssl_fc_sni':
    case 'ssl_sni':
    case 'req_ssl_sni':
      return { sni: value };
    case 'rdp_cookie':
    case 'rdp_cookie_cnt':
      return { bytes: rdpConnection(`${argument || 'mstshash'}=${value}`) };
    case 'payload':
      return { bytes: value };
    default:
      return null;
  }
}

/** An RDP connection request with a cookie (MS-RDPBCGR 2.2.1.1): a TPKT header, an X.224 header, the cookie. */
function rdpConnection(cookie: string): string {
  const text = `Cookie: ${cookie}\r\n`;
  const x224 = String.fromCharCode(6 + text.length, 0xe0, 0, 0, 0, 0, 0);
  const length = 4 + x224.length + text.length;
  return `${String.fromCharCode(3, 0, length >> 8, length & 0xff)}${x224}${text}`;
}

/** Texts that a pattern matches, by the way that it is matched. */
export function textsFor(pattern: string, match: string): readonly string[] {
  const text = matchingText(pattern);
  switch (match) {
    case 'beg':
      return [`${pattern}x`, pattern];
    case 'end':
      return [pattern.startsWith('.') ? `x${pattern}` : pattern];
    case 'sub':
      return [`x${pattern}y`];
    case 'dir':
      return [`/x/${pattern.replace(/^\/|\/$/g, '')}/y`];
    case 'dom':
      return [`a.${pattern}`];
    case 'reg':
      return text === null ? [] : [text];
    case 'len':
      return ['x'.repeat(Math.min(2000, Number(pattern) || 1))];
    default:
      return [pattern];
  }
}

const numeric = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** Whether an IPv4 address is in a network; IPv6 ones are compared as they are. */
function isWithin(address: string, network: string): boolean {
  const [base = '', length = '32'] = network.split('/');
  if (address.includes(':') || base.includes(':')) return address === base;
  const size = 2 ** (32 - Number(length));
  return Math.floor(numeric(address) / size) === Math.floor(numeric(base) / size);
}
