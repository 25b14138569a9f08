import { type Draft, isRaw, type Plain, type Raw } from './ledger.ts';
import type { Names } from './names.ts';
import { duration, whole } from './value.ts';

/** What a `server` or `default-server` line says: options of the document, and those of its checks apart. */
export interface ServerWords {
  readonly options: { readonly [key: string]: Plain };
  readonly check: { readonly [key: string]: Plain };
  /** Whether it is checked; null: the line does not say. */
  readonly isChecked: boolean | null;
  readonly left: readonly string[];
}

const NUMBERS = new Set(['weight', 'maxconn', 'minconn', 'maxqueue', 'error-limit', 'pool-max-conn', 'pool-low-conn', 'max-reuse']);
const TIMES = new Set(['slowstart', 'pool-purge-delay', 'tcp-ut']);
const TEXTS = new Set(['observe', 'on-error', 'on-marked-down', 'on-marked-up', 'track', 'resolvers', 'resolve-prefer', 'ws', 'cookie']);
const LISTS = new Set(['init-addr', 'resolve-net', 'resolve-opts']);
const FLAGS = new Set(['backup', 'disabled', 'tfo']);
const CHECK_TIMES = new Set(['inter', 'fastinter', 'downinter']);
const CHECK_NUMBERS = new Set(['fall', 'rise']);
/** Words that say what is so already. */
const NEEDLESS = new Set([
  'no-backup',
  'no-sslv3',
  'no-tlsv10',
  'no-tlsv11',
  'enabled',
  'no-ssl-reuse',
  'ssl-reuse',
  'no-send-proxy',
  'no-check-ssl',
  'no-ssl',
  'no-agent-check',
]);
const UNTAKEN_VALUED = new Set([
  'id',
  'guid',
  'proto',
  'check-proto',
  'crt',
  'crl-file',
  'ciphers',
  'ciphersuites',
  'curves',
  'sigalgs',
  'ssl-min-ver',
  'ssl-max-ver',
  'namespace',
  'socks4',
  'set-proxy-v2-tlv-fmt',
  'redir',
  'log-proto',
  'log-bufsize',
  'hash-key',
  'shard',
  'proxy-v2-options',
  'verifyhost',
  'pool-conn-name',
  'agent-send',
  'npn',
  'check-via-socks4',
]);

/** Reads the words behind a server's address, or behind `default-server`. */
export function readServerWords(words: readonly string[], names: Names): ServerWords {
  const options: Draft = {};
  const check: Draft = {};
  const tls: Draft = {};
  const agent: Draft = {};
  const left: string[] = [];
  let isChecked: boolean | null = null;
  let isTls = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === 'check' || word === 'no-check') isChecked = word === 'check';
    else if (word === 'ssl') isTls = true;
    else if (word === 'send-proxy') options['send-proxy'] = 'v1';
    else if (word === 'send-proxy-v2') options['send-proxy'] = 'v2';
    else if (word === 'check-ssl') check.ssl = true;
    else if (word === 'check-send-proxy') check['send-proxy'] = true;
    else if (word === 'agent-check') continue;
    else if (FLAGS.has(word)) options[word] = true;
    else if (NEEDLESS.has(word)) continue;
    else {
      const value = words[at + 1];
      if (value === undefined || (!isValued(word) && !UNTAKEN_VALUED.has(word))) {
        left.push(word);
        continue;
      }
      at++;
      if (NUMBERS.has(word)) options[word] = whole(value) ?? value;
      else if (TIMES.has(word)) options[word] = duration(value) ?? value;
      else if (TEXTS.has(word)) options[word] = value;
      else if (LISTS.has(word)) options[word] = value.split(',');
      else if (CHECK_TIMES.has(word)) check[word] = duration(value) ?? value;
      else if (CHECK_NUMBERS.has(word)) check[word] = whole(value) ?? value;
      else if (word === 'port' || word === 'addr') check[word] = word === 'port' ? (whole(value) ?? value) : value;
      else if (word === 'check-sni') check.sni = value;
      else if (word === 'check-alpn') check.alpn = value.split(',');
      else if (word === 'verify') tls.verify = value;
      else if (word === 'ca-file') {
        if (value !== '@system-ca') tls['ca-file'] = names.beside('certificates', value);
      } else if (word === 'sni') tls.sni = names.sample(value);
      else if (word === 'alpn') tls.alpn = value.split(',');
      else if (word === 'agent-port') agent.port = whole(value) ?? value;
      else if (word === 'agent-inter') agent.inter = duration(value) ?? value;
      else if (word === 'agent-addr') agent.addr = value;
      else if (word === 'source') {
        const source = readSource([value, ...words.slice(at + 1)]);
        if (isRaw(source)) left.push(word);
        else {
          options.source = source.value;
          at += source.used - 1;
        }
      } else left.push(word);
    }
  }
  if (isTls) options.ssl = Object.keys(tls).length === 0 ? true : tls;
  else if (Object.keys(tls).some((key) => key !== 'verify' && key !== 'ca-file')) left.push(...Object.keys(tls));
  if (agent.port !== undefined) options['agent-check'] = agent;
  else if (Object.keys(agent).length > 0) left.push(...Object.keys(agent).map((key) => `agent-${key}`));
  return { options: options as ServerWords['options'], check: check as ServerWords['check'], isChecked, left };
}

function isValued(word: string): boolean {
  return (
    NUMBERS.has(word) ||
    TIMES.has(word) ||
    TEXTS.has(word) ||
    LISTS.has(word) ||
    CHECK_TIMES.has(word) ||
    CHECK_NUMBERS.has(word) ||
    [
      'port',
      'addr',
      'check-sni',
      'check-alpn',
      'verify',
      'ca-file',
      'sni',
      'alpn',
      'agent-port',
      'agent-inter',
      'agent-addr',
      'source',
    ].includes(word)
  );
}

/** `source ADDRESS[:PORTS] [interface NAME]`, and how many words it takes. */
export function readSource([text = '', ...rest]: readonly string[]): { readonly value: Plain; readonly used: number } | Raw {
  const [, address, port] =
    /^(\d+\.\d+\.\d+\.\d+|\*|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:]*::[0-9A-Fa-f:]*?)(?::([0-9]+(?:-[0-9]+)?))?$/.exec(text) ?? [];
  if (address === undefined || rest[0] === 'usesrc') return { raw: 'usesrc, and what is no address, has no option' };
  const plain = address.replace(/^\[(.*)\]$/, '$1');
  const isAny = plain === '*' || plain === '0.0.0.0';
  const link = rest[0] === 'interface' ? rest[1] : undefined;
  const ports = port === '0' ? undefined : port;
  if (isAny && link === undefined) return { raw: 'a source without an address has no option' };
  if (ports === undefined && link === undefined) return { value: plain, used: 1 };
  return {
    value: {
      ...(isAny ? {} : { address: plain }),
      ...(ports === undefined ? {} : { port: whole(ports) ?? ports }),
      ...(link === undefined ? {} : { interface: link }),
    },
    used: link === undefined ? 1 : 3,
  };
}

/** An address of a server in the document's spelling; null where the document takes none such. `isTemplate`: its port may be in SRV records. */
export function serverAddress(text: string, isTemplate = false): string | null {
  const said = text.replace(/^(?:ipv4|ipv6|tcp|tcp4|tcp6)@/, '');
  const [, host = '', port] = /^(.*?):([0-9]{1,5})$/.exec(said.replace(/^\[/, '[')) ?? [];
  if (port === undefined || host === '') return isTemplate && /^_[^.]+\._(?:tcp|udp)\./.test(said) ? said : null;
  const six = /^(.*):([0-9]{1,5})$/.exec(said);
  if (six !== null && /^\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?$/.test(six[1] as string))
    return `[${(six[1] as string).replace(/^\[(.*)\]$/, '$1')}]:${six[2]}`;
  return /^[A-Za-z0-9._-]+$/.test(host) ? `${host}:${port}` : null;
}
