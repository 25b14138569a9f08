import { type Draft, isRaw, type Plain, type Raw } from './ledger.ts';
import { type Names, nameOf, socketOf } from './names.ts';
import { tlsVersion, tlsWord } from './tls.ts';
import { duration, escapedText, whole } from './value.ts';

/** What a `server` or `default-server` line says: options of the document, and those of its checks apart. */
export interface ServerWords {
  readonly options: { readonly [key: string]: Plain };
  readonly check: { readonly [key: string]: Plain };
  /** Whether it is checked, speaks TLS, has an agent; null: the line does not say. */
  readonly isChecked: boolean | null;
  readonly isTls: boolean | null;
  readonly isAgent: boolean | null;
  /** What is said of TLS, which `ssl` turns on. */
  readonly tls: { readonly [key: string]: Plain };
  /** What is said of the agent's check, which `agent-check` turns on. */
  readonly agent: { readonly [key: string]: Plain };
  readonly left: readonly string[];
  /** What is otherwise on the appliance. */
  readonly notes: readonly string[];
}

const NUMBERS = new Set(['weight', 'maxconn', 'minconn', 'maxqueue', 'error-limit', 'pool-max-conn', 'pool-low-conn', 'max-reuse']);
const TIMES = new Set(['slowstart', 'pool-purge-delay', 'tcp-ut']);
const TEXTS = new Set(['observe', 'on-error', 'on-marked-down', 'on-marked-up', 'resolvers', 'resolve-prefer', 'ws', 'cookie', 'proto']);
const LISTS = new Set(['init-addr', 'resolve-net', 'resolve-opts', 'proxy-v2-options']);
const FLAGS = new Set(['backup', 'disabled', 'tfo']);
const CHECK_TIMES = new Set(['inter', 'fastinter', 'downinter']);
const CHECK_NUMBERS = new Set(['fall', 'rise']);
/** Words that take back what is not said here. */
const NEEDLESS = /^(?:no-(?:backup|send-proxy|send-proxy-v2|check-ssl|verifyhost|tfo|check-send-proxy)|enabled|ssl-reuse|tls-tickets)$/;
/** Words with a value that the appliance decides itself. */
const OTHERWISE: Readonly<Record<string, string>> = {
  id: 'identities follow from names',
  guid: 'identities follow from names',
  npn: 'NPN is gone from TLS libraries, alpn has taken its place',
};
const UNTAKEN_VALUED =
  /^(?:check-proto|namespace|socks4|set-proxy-v2-tlv-fmt(?:\(.*\))?|redir|log-proto|log-bufsize|hash-key|shard|pool-conn-name)$/;

/** Reads the words behind a server's address, or behind `default-server`. */
export function readServerWords(words: readonly string[], names: Names): ServerWords {
  const options: Draft = {};
  const check: Draft = {};
  const tls: Draft = {};
  const agent: Draft = {};
  const left: string[] = [];
  const notes: string[] = [];
  let isChecked: boolean | null = null;
  let isTls: boolean | null = null;
  let isAgent: boolean | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const version = tlsVersion(word);
    if (word === 'check' || word === 'no-check') isChecked = word === 'check';
    else if (word === 'ssl' || word === 'no-ssl') isTls = word === 'ssl';
    else if (version !== null) Object.assign(tls, version);
    else if (word === 'no-ssl-reuse' || word === 'no-tls-tickets') tls[word] = true;
    else if (word === 'send-proxy') options['send-proxy'] = 'v1';
    else if (word === 'send-proxy-v2') options['send-proxy'] = 'v2';
    else if (word === 'check-ssl') check.ssl = true;
    else if (word === 'check-send-proxy') check['send-proxy'] = true;
    else if (word === 'agent-check' || word === 'no-agent-check') isAgent = word === 'agent-check';
    else if (FLAGS.has(word)) options[word] = true;
    else if (NEEDLESS.test(word)) continue;
    else {
      const value = words[at + 1];
      if (value === undefined) {
        left.push(word);
        continue;
      }
      at++;
      const made = tlsWord(word, value, names);
      if (word === 'ca-file' && value === '@system-ca') continue;
      if (made !== null) Object.assign(tls, made);
      else if (NUMBERS.has(word)) options[word] = whole(value) ?? value;
      else if (TIMES.has(word)) {
        // nothing is what is so without it
        if (!/^0+[a-z]*$/.test(value)) options[word] = duration(value) ?? value;
      } else if (word === 'track') options[word] = value.split('/').map(nameOf).join('/');
      else if (word === 'resolvers') options[word] = names.resolvers(value);
      else if (TEXTS.has(word)) options[word] = value;
      else if (LISTS.has(word)) options[word] = value.split(',');
      else if (CHECK_TIMES.has(word)) check[word] = duration(value) ?? value;
      else if (CHECK_NUMBERS.has(word)) check[word] = whole(value) ?? value;
      else if (word === 'port' || word === 'addr') check[word] = word === 'port' ? (whole(value) ?? value) : value;
      else if (word === 'check-sni') check.sni = value;
      else if (word === 'check-alpn') check.alpn = value.split(',');
      else if (word === 'crt') tls.crt = names.certificate(value);
      else if (word === 'sni') tls.sni = names.sample(value);
      else if (word === 'agent-port') agent.port = whole(value) ?? value;
      else if (word === 'agent-inter') agent.inter = duration(value) ?? value;
      else if (word === 'agent-addr') agent.addr = value;
      else if (word === 'agent-send') agent.send = escapedText(value);
      else if (OTHERWISE[word] !== undefined) notes.push(`${word}: ${OTHERWISE[word]}`);
      else if (word === 'source') {
        const source = readSource([value, ...words.slice(at + 1)]);
        if (isRaw(source)) left.push(word);
        else {
          options.source = source.value;
          at += source.used - 1;
        }
      } else {
        left.push(word);
        if (!UNTAKEN_VALUED.test(word)) at--;
      }
    }
  }
  return {
    options: options as ServerWords['options'],
    check: check as ServerWords['check'],
    tls: tls as ServerWords['tls'],
    agent: agent as ServerWords['agent'],
    isChecked,
    isTls,
    isAgent,
    left,
    notes,
  };
}

/** `source ADDRESS[:PORTS] [usesrc WHOSE] [interface NAME]`, and how many words it takes. */
export function readSource([text = '', ...rest]: readonly string[]): { readonly value: Plain; readonly used: number } | Raw {
  const [, address, port] =
    /^(\d+\.\d+\.\d+\.\d+|\*|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:]*::[0-9A-Fa-f:]*?)(?::([0-9]+(?:-[0-9]+)?))?$/.exec(text) ?? [];
  if (address === undefined) return { raw: 'a source that is no address has no option' };
  const plain = address.replace(/^\[(.*)\]$/, '$1');
  const isAny = plain === '*' || plain === '0.0.0.0';
  const usesrc = rest[0] === 'usesrc' ? rest[1] : undefined;
  if (usesrc !== undefined && !/^(?:client|clientip|hdr_ip\([\w.-]{1,64}(?:,-?[1-9][0-9]?)?\))$/.test(usesrc))
    return { raw: 'usesrc with an address has no option' };
  const behind = usesrc === undefined ? rest : rest.slice(2);
  const link = behind[0] === 'interface' ? behind[1] : undefined;
  const ports = port === '0' ? undefined : port;
  if (usesrc !== undefined)
    return { value: { usesrc, ...(link === undefined ? {} : { interface: link }) }, used: link === undefined ? 3 : 5 };
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
export function serverAddress(text: string, names: Names, isTemplate = false): string | null {
  const socket = isTemplate ? null : socketOf(text);
  if (socket !== null) return socket.startsWith('abns@') ? `abns:${nameOf(socket.slice(5))}` : `unix:${names.socket(socket)}`;
  const said = text.replace(/^(?:ipv4|ipv6|tcp|tcp4|tcp6)@/, '');
  const [, host = '', port] = /^(.*?):([0-9]{1,5})$/.exec(said.replace(/^\[/, '[')) ?? [];
  if (port === undefined || host === '') return isTemplate && /^_[^.]+\._(?:tcp|udp)\./.test(said) ? said : null;
  const six = /^(.*):([0-9]{1,5})$/.exec(said);
  if (six !== null && /^\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?$/.test(six[1] as string))
    return `[${(six[1] as string).replace(/^\[(.*)\]$/, '$1')}]:${six[2]}`;
  return /^[A-Za-z0-9._-]+$/.test(host) ? `${host}:${port}` : null;
}
