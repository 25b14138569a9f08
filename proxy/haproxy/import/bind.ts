import type { Plain } from './ledger.ts';
import type { Names } from './names.ts';
import { duration, whole } from './value.ts';

/** The binds of one line, and words of it that the document does not take, each with its reason. */
export interface Binds {
  readonly binds: readonly { readonly [key: string]: Plain }[];
  readonly left: readonly string[];
}

/** An address of a bind in the document's spelling; null where it is none that the document takes. */
export function bindAddress(text: string): string | null {
  const said = text.replace(/^(?:ipv4|ipv6|tcp|tcp4|tcp6)@/, '');
  const isSix = /^(?:ipv6|tcp6)@/.test(text);
  const [, host = '', ports] = /^(.*):([0-9]+(?:-[0-9]+)?)$/.exec(said) ?? [];
  if (ports === undefined) return null;
  if (host === '' || host === '*' || host === '0.0.0.0') return isSix ? `[::]:${ports}` : `*:${ports}`;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return `${host}:${ports}`;
  const six = host.replace(/^\[(.*)\]$/, '$1');
  return /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(six) ? `[${six}]:${ports}` : null;
}

const list = (text: string, separator: RegExp): Plain => text.split(separator).filter((each) => each !== '');

/** Words that say what is so already on the appliance, or that mean nothing any more. */
const NEEDLESS = new Set(['no-sslv3', 'force-tlsv12-and-up', 'v4v6', 'v6only', 'prefer-client-ciphers', 'ssl', 'tls-tickets', 'no-ssl-v3']);
const NUMBERS = new Set(['maxconn', 'backlog', 'nice', 'mss']);
const LISTS: Readonly<Record<string, RegExp>> = {
  alpn: /,/,
  ciphers: /[:, ]/,
  ciphersuites: /[:, ]/,
  curves: /[:,]/,
  ecdhe: /[:,]/,
  sigalgs: /[:,]/,
  'client-sigalgs': /[:,]/,
};
const FLAGS = new Set(['strict-sni', 'no-tls-tickets', 'allow-0rtt', 'accept-proxy', 'defer-accept', 'tfo', 'no-ca-names']);
const TEXTS = new Set(['ssl-min-ver', 'ssl-max-ver', 'verify', 'interface', 'name']);
const UNTAKEN: Readonly<Record<string, string>> = {
  npn: 'npn: NPN is gone from TLS libraries, alpn has taken its place',
  process: 'process: weir spreads binds over the threads',
  thread: 'thread: weir spreads binds over the threads',
  id: 'id: weir gives its own',
  'ca-sign-file': 'ca-sign-file: certificates made on the fly have no option',
  'crt-list': 'crt-list: write each certificate of the list below certificates:',
};
const ALONE = new Set([
  'transparent',
  'generate-certificates',
  'no-alpn',
  'accept-netscaler-cip',
  'no-tlsv10',
  'no-tlsv11',
  'no-tlsv12',
  'no-tlsv13',
  'quic-force-retry',
]);

const TLS_KEYS = [
  ...Object.keys(LISTS),
  'ssl-min-ver',
  'ssl-max-ver',
  'verify',
  'ca-file',
  'crl-file',
  'ca-ignore-err',
  'crt-ignore-err',
  'strict-sni',
  'no-tls-tickets',
  'allow-0rtt',
  'no-ca-names',
];

const VERSIONS = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** Reads `bind` without its first word. Never fails: words without an option are told in `left`. */
export function readBind([addresses = '', ...words]: readonly string[], names: Names): Binds {
  const said: { [key: string]: Plain } = {};
  const certificates: string[] = [];
  const left: string[] = [];
  let isTls = false;
  let isUnverified = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const value = words[at + 1];
    const forced = /^force-tlsv1([0-3])$/.exec(word)?.[1];
    const without = /^no-tlsv1([0-3])$/.exec(word)?.[1];
    if (word === 'ssl') isTls = true;
    else if (NEEDLESS.has(word)) continue;
    else if (forced !== undefined) {
      said['ssl-min-ver'] = VERSIONS[Number(forced)] as string;
      said['ssl-max-ver'] = VERSIONS[Number(forced)] as string;
    } else if (without !== undefined) {
      // TLS 1.2 is the least anyway
      if (Number(without) >= 2) said[without === '2' ? 'ssl-min-ver' : 'ssl-max-ver'] = without === '2' ? 'TLSv1.3' : 'TLSv1.2';
    } else if (FLAGS.has(word)) said[word] = true;
    else if (ALONE.has(word)) left.push(`${word}: it has no option`);
    else if (value === undefined) left.push(`${word}: it has no option`);
    else {
      at++;
      if (word === 'crt') certificates.push(names.file('certificates', value));
      else if (word === 'ca-file' || word === 'crl-file') said[word] = names.beside('certificates', value);
      else if (word === 'tcp-ut') said[word] = duration(value);
      else if (word === 'shards') said[word] = whole(value) ?? value;
      else if (word === 'verify' && value === 'none') isUnverified = true;
      else if (NUMBERS.has(word)) said[word] = whole(value) ?? value;
      else if (TEXTS.has(word)) said[word] = value;
      else if (LISTS[word] !== undefined) said[word === 'ecdhe' ? 'curves' : word] = list(value, LISTS[word] as RegExp);
      else if (word === 'ca-ignore-err' || word === 'crt-ignore-err') said[word] = value === 'all' ? value : list(value, /,/);
      else if (['mode', 'user', 'group', 'uid', 'gid', 'level', 'severity-output'].includes(word))
        left.push(`${word}: weir says who may connect to a UNIX socket`);
      else left.push(UNTAKEN[word] ?? `${word}: it has no option`);
    }
  }
  if (isTls && certificates.length > 0) said.ssl = certificates;
  else if (isTls) left.push('ssl: it names no certificate with crt');
  // nobody was verified
  if (isUnverified) for (const key of ['ca-file', 'crl-file', 'ca-ignore-err', 'crt-ignore-err']) delete said[key];
  // without a certificate of its own the bind speaks no TLS here
  if (said.ssl === undefined) for (const key of TLS_KEYS) delete said[key];
  const binds = addresses.split(',').flatMap((text): readonly { readonly [key: string]: Plain }[] => {
    const socket = /^(?:unix@)?(\/.*)$/.exec(text)?.[1];
    if (socket !== undefined) {
      const name =
        socket
          .split('/')
          .at(-1)
          ?.replace(/\.sock(?:et)?$/, '')
          .replace(/[^A-Za-z0-9_.-]/g, '-') ?? '';
      if (socket !== `/run/${name}.sock`) left.push(`${text}: sockets are /run/NAME.sock here`);
      const { interface: _link, mss: _mss, ...others } = said;
      return [{ unix: `/run/${/^[A-Za-z]/.test(name) ? name : `x${name}`}.sock`, ...others }];
    }
    const address = bindAddress(text);
    if (address === null) left.push(`${text}: it is no address and port that the document takes`);
    return address === null ? [] : [{ address, ...said }];
  });
  return { binds, left };
}
