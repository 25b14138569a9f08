import type { Draft, Ledger, Plain, Refusal } from './ledger.ts';
import type { Names } from './names.ts';
import { goneFromGlobal } from './obsolete.ts';
import type { Section } from './source.ts';
import { duration, numberOr, whole } from './value.ts';

/** Words whose value is a time. */
const TIMES = new Set(['tune.ssl.lifetime', 'ocsp-update.mindelay', 'ocsp-update.maxdelay', 'tune.quic.frontend.max-idle-timeout']);
/** Words of the document by the beginning of their names; it refuses those that it does not have, and they stay raw. */
const KNOWN =
  /^(?:maxconn|maxconnrate|maxsessrate|maxsslconn|maxsslrate|maxpipes|maxcomprate|maxcompcpuusage|spread-checks|ssl-security-level|ocsp-update\..*|tune\..*)$/;
const LISTS = /^ssl-default-(?:bind|server)-(?:ciphers|ciphersuites|curves|sigalgs)$/;
/** Kilobytes there, bytes here: the same word. */
const ONOFF = /^tune\.(?:sched\.low-latency|idle-pool\.shared|listener\.multi-queue|quic\.socket-owner|listener\.default-shards)$/;

const VERSIONS = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** `ssl-default-bind-options` and that of servers; null: a word has no option. */
function tlsOptions(words: readonly string[], isBind: boolean): Plain | null {
  const said: Draft = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const without = /^no-tlsv1([0-3])$/.exec(word)?.[1];
    const forced = /^force-tlsv1([0-3])$/.exec(word)?.[1];
    if (word === 'ssl-min-ver' || word === 'ssl-max-ver') {
      const version = words[++at] ?? '';
      // SSL 3 is in no library any more
      if (VERSIONS.includes(version)) said[word] = version;
      else if (word === 'ssl-max-ver') return null;
    } else if (word === 'no-tls-tickets' || (isBind && (word === 'prefer-client-ciphers' || word === 'strict-sni'))) said[word] = true;
    else if (word === 'no-sslv3' || without === '0' || without === '1') continue;
    else if (without === '2') said['ssl-min-ver'] = 'TLSv1.3';
    else if (without === '3') said['ssl-max-ver'] = 'TLSv1.2';
    else if (forced !== undefined) {
      said['ssl-min-ver'] = VERSIONS[Number(forced)] as string;
      said['ssl-max-ver'] = VERSIONS[Number(forced)] as string;
    } else return null;
  }
  return said as Plain;
}

/** Whether lines that stay raw need HAProxy's experiments. */
const experiments = (sections: readonly Section[]): boolean =>
  sections.some(({ directives }) => directives.some(({ words }) => words.some((word) => /^(?:rhttp@|attach-srv$)/.test(word))));

/** The global section as the document has it. */
export function readGlobal(sections: readonly Section[], names: Names, account: Ledger, refusal: Refusal): Draft {
  const draft: Draft = {};
  const extra: string[] = [];
  for (const directive of sections.filter(({ keyword }) => keyword === 'global').flatMap(({ directives }) => directives)) {
    const isExperiment = directive.words[0] === 'expose-experimental-directives' && experiments(sections);
    const gone = isExperiment ? null : goneFromGlobal(directive.words);
    if (gone !== null) {
      account.fate(directive, gone.fate, gone.reason);
      continue;
    }
    const [first = '', ...rest] = directive.words;
    if (first === 'log') {
      account.fate(directive, 'option', 'it stands at each frontend that logs as the global section says');
      continue;
    }
    if (first === 'ssl-server-verify') {
      account.fate(directive, 'option', 'each server with TLS says verify: none');
      continue;
    }
    if (/^lua-load(?:-per-thread)?$/.test(first) && rest[0] !== undefined && refusal(directive.line) === null) {
      const [path, ...args] = rest;
      const file = names.beside('lua', path);
      draft[first] = [...((draft[first] ?? []) as Plain[]), args.length === 0 ? file : { file, args }];
      account.became(directive, ['global', first]);
      continue;
    }
    // as HAProxy 2.8 to 3.0 call it (configuration manual, 3.4)
    const key = first.replace(/^tune\.ssl\.(?=ocsp-update\.)/, '');
    const value = refusal(directive.line) === null ? read(key, rest) : null;
    if (value === null) {
      extra.push(directive.text.replace(/\t+/g, ' '));
      const why = refusal(directive.line) ?? `${first} has no option`;
      account.fate(directive, 'raw', why);
    } else {
      draft[key] = value;
      account.became(directive, ['global', key]);
    }
  }
  if (extra.length > 0) draft.extra = extra;
  return draft;
}

function read(first: string, rest: readonly string[]): Plain | null {
  const [text] = rest;
  if (LISTS.test(first)) return text === undefined ? null : text.split(/[:,]/);
  if (first === 'ssl-default-bind-options') return tlsOptions(rest, true);
  if (first === 'ssl-default-server-options') return tlsOptions(rest, false);
  if (text === undefined || rest.length > 1 || !KNOWN.test(first)) return null;
  if (TIMES.has(first)) return /^[0-9]+$/.test(text) && !first.startsWith('tune.quic') ? `${text}s` : duration(text);
  return ONOFF.test(first) ? text : (whole(text) ?? numberOr(text));
}
