import { truth } from '../sample.ts';
import type { Plain, Raw } from './ledger.ts';
import type { Names } from './names.ts';

/** A sample with what it is held against, as the document writes it: `path_beg` and `[/img/]`. */
export interface Test {
  readonly sample: string;
  readonly test: Plain;
}

/** ACLs that HAProxy knows by itself (configuration manual, 7.4). */
export const PREDEFINED: Readonly<Record<string, readonly string[]>> = {
  FALSE: ['always_false'],
  HTTP: ['req.proto_http'],
  'HTTP_1.0': ['req.ver', '1.0'],
  'HTTP_1.1': ['req.ver', '1.1'],
  'HTTP_2.0': ['req.ver', '2.0'],
  HTTP_CONTENT: ['req.hdr_val(content-length)', 'gt', '0'],
  HTTP_URL_ABS: ['url_reg', '^[^/:]*://'],
  HTTP_URL_SLASH: ['url_beg', '/'],
  HTTP_URL_STAR: ['url', '*'],
  LOCALHOST: ['src', '127.0.0.1/8'],
  METH_CONNECT: ['method', 'CONNECT'],
  METH_DELETE: ['method', 'DELETE'],
  METH_GET: ['method', 'GET', 'HEAD'],
  METH_HEAD: ['method', 'HEAD'],
  METH_OPTIONS: ['method', 'OPTIONS'],
  METH_POST: ['method', 'POST'],
  METH_PUT: ['method', 'PUT'],
  METH_TRACE: ['method', 'TRACE'],
  RDP_COOKIE: ['req.rdp_cookie_cnt', 'gt', '0'],
  REQ_CONTENT: ['req.len', 'gt', '0'],
  TRUE: ['always_true'],
  WAIT_END: ['wait_end'],
};

const OPERATORS = new Set(['eq', 'ge', 'gt', 'le', 'lt']);
const MATCHES = new Set(['str', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'ip', 'bin', 'len', 'int']);
const NUMBER =
  /^(?:(?:dst|src)_port|.*_(?:cnt|cur|rate|val|size|port)|nbsrv|avg_queue|queue|connslots|req\.len|res\.len|req_len|status|.*ssl_ver|rand|date|ssl_c_(?:err|verify|ca_err)|.*gp[ct][01]?|be_conn|fe_conn|.*ssl_hello_type)(?:\(|$)/;
/** Converters of which HAProxy takes every result but nothing for true: a text has no truth. */
const isTrue = (sample: string): boolean => truth(sample)[1] !== 'found';

/** Words of an older HAProxy, and what they are called now (configuration manual, 7.3). */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/^req_ssl_/, 'req.ssl_'],
  [/^req_len$/, 'req.len'],
  [/^req_ver$/, 'req.ver'],
  [/^req_proto_http$/, 'req.proto_http'],
  [/^rep_ssl_hello_type$/, 'res.ssl_hello_type'],
  [/^req_rdp_cookie/, 'req.rdp_cookie'],
  [/^meth$/, 'method'],
  [/^shdr\(/, 'res.hdr('],
  [/^urlp\(/, 'url_param('],
];

const number = (text: string): Plain => (/^-?(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : text);
const oneOf = (list: readonly string[], isNumeric: boolean): Plain => {
  const patterns = list.map((each): Plain => (isNumeric ? number(each) : each));
  return patterns.length === 1 ? (patterns[0] as Plain) : patterns;
};

/** `gt 5 lt 2`, of which any counts: an operator holds until the next (configuration manual, 7.1.2); null: it is no comparison. */
function comparisons(patterns: readonly string[]): readonly { readonly operator: string; readonly value: number }[] | null {
  const found: { operator: string; value: number }[] = [];
  let operator = 'eq';
  for (const pattern of patterns) {
    if (OPERATORS.has(pattern)) operator = pattern;
    else if (/^-?[0-9]{1,15}$/.test(pattern)) found.push({ operator, value: Number(pattern) });
    else return null;
  }
  return found;
}

/** A comparison as a range: lengths have no others. */
function rangeOf(operator: string, value: number): Plain {
  switch (operator) {
    case 'gt':
      return `${value + 1}:`;
    case 'ge':
      return `${value}:`;
    case 'lt':
      return `:${value - 1}`;
    case 'le':
      return `:${value}`;
    default:
      return value;
  }
}

/** Reads an ACL expression: a sample, flags, patterns. Several tests are alternatives. */
export function readTests(words: readonly string[], names: Names): readonly Test[] | Raw {
  const [said = '', ...rest] = words;
  let match: string | null = null;
  let ignoresCase = false;
  const lists: string[] = [];
  let at = 0;
  for (; at < rest.length; at++) {
    const flag = rest[at] as string;
    if (flag === '-m') match = rest[++at] ?? '';
    else if (flag === '-i') ignoresCase = true;
    else if (flag === '-f') lists.push(rest[++at] ?? '');
    else if (flag === '-n') continue;
    else if (flag === '--') {
      at++;
      break;
    } else if (/^-[Mu]$/.test(flag)) return { raw: `${flag} has no option` };
    else break;
  }
  const patterns = rest.slice(at);
  const [, word = '', suffix] = /^([a-z0-9_.]+?)_(beg|dir|dom|end|len|reg|sub)(?=\(|$)/.exec(said) ?? [];
  const isSuffixed = suffix !== undefined && match === null && !/^(?:req|res)[._]?$/.test(word);
  const base = isSuffixed ? `${word}${said.slice(word.length + 1 + (suffix ?? '').length)}` : said;
  const renamed = RENAMED.reduce((text, [from, to]) => text.replace(from, to), base);
  const sample = names.sample(renamed);
  const way = isSuffixed ? (suffix as string) : match;

  if (way === 'found' || way === 'bool') {
    if (patterns.length + lists.length > 0) return { raw: `-m ${way} with patterns has no option` };
    if (way === 'found') return [{ sample, test: { found: true } }];
    return [{ sample: isTrue(sample) ? sample : `${sample},bool`, test: true }];
  }
  if (patterns.length + lists.length === 0) {
    return isTrue(sample) ? [{ sample, test: true }] : { raw: 'without a pattern it never matches' };
  }
  if (way !== null && !MATCHES.has(way)) return { raw: `-m ${way} has no option` };
  if (patterns.some((pattern) => OPERATORS.has(pattern)) && (way === null || way === 'int' || way === 'len')) {
    const compared = comparisons(patterns);
    if (compared === null || lists.length > 0) return { raw: 'such a comparison has no option' };
    return compared.map(({ operator, value }) => ({
      sample,
      test: way === 'len' ? { len: rangeOf(operator, value) } : { [operator]: value },
    }));
  }
  const isNumeric = way === 'int' || way === 'len' || (way === null && NUMBER.test(sample));
  const isAddress = /^(?:src|dst|req\.hdr_ip|hdr_ip|fc_src)(?:\(|$)/.test(sample);
  const folds = ignoresCase && !isNumeric && !isAddress;
  const tests: Test[] = lists.map((path) => ({
    sample,
    test: {
      list: names.file('lists', path, way ?? (isAddress ? 'ip' : isNumeric ? 'int' : 'str')),
      ...(folds ? { 'ignore-case': true } : {}),
    },
  }));
  if (patterns.length > 0) {
    const value = oneOf(patterns, isNumeric);
    // `path_beg: /img` where nothing else is said, else the way to match below the sample
    const isMethod = sample === 'method';
    if (isSuffixed && !folds && /^(?:path|url|base)$/.test(sample)) tests.push({ sample: `${sample}_${way}`, test: value });
    else if (way !== null || (folds && !isMethod))
      tests.push({ sample, test: { [way ?? 'str']: value, ...(folds ? { 'ignore-case': true } : {}) } });
    else tests.push({ sample, test: value });
  }
  return tests;
}
