import type { Plain } from './ledger.ts';
import { type Names, nameOf, socketOf } from './names.ts';
import { tlsVersion, tlsWord } from './tls.ts';
import { duration, whole } from './value.ts';

/** The binds of one line; words of it that the document does not take, each with its reason; and what is otherwise on the appliance. */
export interface Binds {
  readonly binds: readonly { readonly [key: string]: Plain }[];
  readonly left: readonly string[];
  readonly notes: readonly string[];
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

/** Words that say what is so already on the appliance, or that mean nothing any more. */
const NEEDLESS = new Set(['no-sslv3', 'v4v6', 'v6only', 'prefer-client-ciphers', 'tls-tickets', 'no-defer-accept']);
const NUMBERS = new Set(['maxconn', 'backlog', 'nice', 'mss']);
const FLAGS = new Set(['strict-sni', 'no-tls-tickets', 'allow-0rtt', 'accept-proxy', 'defer-accept', 'tfo', 'transparent', 'no-ca-names']);
const TEXTS = new Set(['interface', 'proto']);
/** Words with a value that the appliance decides itself, or that nothing has any more. */
const OTHERWISE: Readonly<Record<string, string>> = {
  npn: 'NPN is gone from TLS libraries, alpn has taken its place',
  process: 'binds are spread over all threads',
  thread: 'binds are spread over all threads',
  id: 'identities follow from names',
  'guid-prefix': 'identities follow from names',
  mode: 'who may connect to a UNIX socket is said by mode: 666 or 600',
  user: 'who may connect to a UNIX socket is said by mode: 666 or 600',
  group: 'who may connect to a UNIX socket is said by mode: 666 or 600',
  uid: 'who may connect to a UNIX socket is said by mode: 666 or 600',
  gid: 'who may connect to a UNIX socket is said by mode: 666 or 600',
  level: 'the sockets for administration are below /run/weir',
  'severity-output': 'the sockets for administration are below /run/weir',
};
const UNTAKEN: Readonly<Record<string, string>> = {
  'ca-sign-file': 'certificates made on the fly have no option',
  'ca-sign-pass': 'certificates made on the fly have no option',
  'generate-certificates': 'certificates made on the fly have no option',
};
/** Words without a value that have no option. */
const ALONE = new Set(['generate-certificates', 'accept-netscaler-cip', 'quic-force-retry', 'expose-fd']);

const TLS_KEYS = [
  'alpn',
  'ciphers',
  'ciphersuites',
  'curves',
  'sigalgs',
  'client-sigalgs',
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

/** Reads `bind` without its first word. Never fails: words without an option are told in `left`. */
export function readBind([addresses = '', ...words]: readonly string[], names: Names): Binds {
  const said: { [key: string]: Plain } = {};
  const certificates: string[] = [];
  const left: string[] = [];
  const notes: string[] = [];
  let isTls = false;
  let isUnverified = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const value = words[at + 1];
    const version = tlsVersion(word);
    if (word === 'ssl') isTls = true;
    else if (NEEDLESS.has(word)) continue;
    else if (version !== null) Object.assign(said, version);
    else if (FLAGS.has(word)) said[word] = true;
    // a bind that offers nothing speaks HTTP/1.1
    else if (word === 'no-alpn') said.alpn = ['http/1.1'];
    else if (ALONE.has(word) || value === undefined) left.push(`${word}: ${UNTAKEN[word] ?? 'it has no option'}`);
    else {
      at++;
      if (word === 'crt' || word === 'crt-list') {
        const listed = names.listed(value);
        // one of them stands for the others: without any the bind would speak in clear
        certificates.push(...(listed ?? [names.certificate(value)]));
        if (word === 'crt' && listed === null && value.endsWith('/'))
          left.push(`crt ${value}: write each file of the folder below certificates:`);
        if (word === 'crt-list' && listed === null)
          left.push(`crt-list ${value}: the file is not at hand; write its certificates below certificates:`);
      } else if (word === 'tcp-ut') said[word] = duration(value);
      else if (word === 'shards') said[word] = whole(value) ?? value;
      else if (word === 'verify' && value === 'none') isUnverified = true;
      else if (NUMBERS.has(word)) said[word] = whole(value) ?? value;
      else if (word === 'name') {
        said.name = nameOf(value);
        if (said.name !== value) notes.push(`it is called ${said.name} now: a name begins with a letter`);
      } else if (TEXTS.has(word)) said[word] = value;
      else if (OTHERWISE[word] !== undefined) notes.push(`${word}: ${OTHERWISE[word]}`);
      else {
        const made = tlsWord(word, value, names);
        if (made === null) left.push(`${word}: ${UNTAKEN[word] ?? 'it has no option'}`);
        else Object.assign(said, made);
      }
    }
  }
  if (isTls && certificates.length > 0) said.ssl = certificates;
  else if (isTls) left.push('ssl: it names no certificate with crt');
  // nobody was verified
  if (isUnverified) for (const key of ['ca-file', 'crl-file', 'ca-ignore-err', 'crt-ignore-err']) delete said[key];
  // without a certificate of its own the bind speaks no TLS here
  if (said.ssl === undefined) for (const key of TLS_KEYS) delete said[key];
  const binds = addresses.split(',').flatMap((text): readonly { readonly [key: string]: Plain }[] => {
    const socket = socketOf(text);
    if (socket !== null) {
      const path = names.socket(socket);
      const abstract = /^abns@(.*)$/.exec(socket)?.[1];
      if (socket !== path && abstract === undefined) notes.push(`its programs find it at ${path}`);
      const { interface: _link, mss: _mss, shards: _shards, ...others } = said;
      return [abstract === undefined ? { unix: path, ...others } : { abns: nameOf(abstract), ...others }];
    }
    const quic = /^quic[46]?@(.*)$/.exec(text)?.[1];
    if (quic !== undefined) {
      const address = bindAddress(quic);
      const { proto: _proto, alpn: _alpn, ...others } = said;
      if (address !== null && said.ssl !== undefined) return [{ address, ...others, alpn: ['h3', 'h2', 'http/1.1'] }];
    }
    const address = bindAddress(text);
    if (address === null) left.push(`${text}: it is no address and port that the document takes`);
    return address === null ? [] : [{ address, ...said }];
  });
  return { binds, left, notes };
}
