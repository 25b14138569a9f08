/** Sections that no proxy is: what each of their lines becomes, by its first word. */
import type { Draft, Ledger, Plain, Refusal } from './ledger.ts';
import { nameOf } from './names.ts';
import { below } from './own-answer.ts';
import type { Section } from './source.ts';
import { duration, numberOr, whole } from './value.ts';

/** Puts the words behind a keyword into a draft; the answer is the path below the section, or why the line is dropped. */
type Reader = (words: readonly string[], draft: Draft) => readonly string[] | string;

const NO_WORDS = 'its words have no option';

const put =
  (key: string, read: (text: string) => Plain | null): Reader =>
  ([text], draft) => {
    const value = text === undefined ? null : read(text);
    if (value === null) return NO_WORDS;
    draft[key] = value;
    return [key];
  };

/** A word before a span of time: `timeout connect 5s`. */
const times =
  (key: string): Reader =>
  ([event = '', text], draft) => {
    const value = duration(text);
    if (value === null) return NO_WORDS;
    below(draft, key)[event] = value;
    return [key, event];
  };

const text = (value: string): Plain => value;

const ring: Readonly<Record<string, Reader>> = {
  format: put('format', text),
  maxlen: put('maxlen', whole),
  size: put('size', numberOr),
  timeout: times('timeout'),
  server: ([, address, ...words], draft) => {
    if (address === undefined || draft.address !== undefined) return 'a ring sends its lines to one server';
    const at = words.indexOf('log-proto');
    if (words.length > (at < 0 ? 0 : 2)) return NO_WORDS;
    draft.address = address.replace(/^(?:tcp4?|tcp6|ipv4|ipv6)@/, '');
    // lines follow each other with line breaks unless said (configuration manual, 3.9)
    draft['log-proto'] = at < 0 ? 'legacy' : (words[at + 1] as string);
    return ['address'];
  },
};

const cache: Readonly<Record<string, Reader>> = {
  'total-max-size': put('total-max-size', whole),
  'max-object-size': put('max-object-size', whole),
  'max-age': put('max-age', whole),
  'max-secondary-entries': put('max-secondary-entries', whole),
  'process-vary': put('process-vary', (word) => (word === 'on' ? true : word === 'off' ? false : null)),
};

const mailers: Readonly<Record<string, Reader>> = {
  mailer: ([name = '', address], draft) => {
    if (address === undefined) return NO_WORDS;
    below(draft, 'mailer')[nameOf(name)] = address;
    return ['mailer', nameOf(name)];
  },
  timeout: times('timeout'),
};

const fcgiApp: Readonly<Record<string, Reader>> = {
  docroot: put('docroot', text),
  index: put('index', text),
  'path-info': put('path-info', text),
  'log-stderr': ([target = '', ...rest], draft) => {
    if (target !== 'global' || rest.length > 0) return 'write log-stderr: with an address';
    draft['log-stderr'] = true;
    return ['log-stderr'];
  },
  'pass-header': ([name, ...rest], draft) => {
    if (name === undefined || rest.length > 0) return 'a header that is passed by a condition has no option';
    draft['pass-header'] = [...((draft['pass-header'] ?? []) as Plain[]), name];
    return ['pass-header'];
  },
  'set-param': ([name, value, ...rest], draft) => {
    if (name === undefined || value === undefined || rest.length > 0) return 'a parameter that is set by a condition has no option';
    below(draft, 'set-param')[name] = value;
    return ['set-param', name];
  },
  option: ([option = '', value], draft) => {
    below(draft, 'option')[option] = value === undefined ? true : (whole(value) ?? value);
    return ['option', option];
  },
  no: ([, option = ''], draft) => {
    below(draft, 'option')[option] = false;
    return ['option', option];
  },
};

/** The sections of the document that are sections of a haproxy.cfg of their own. */
const STORES: Readonly<Record<string, { readonly key: string; readonly readers: Readonly<Record<string, Reader>> }>> = {
  ring: { key: 'rings', readers: ring },
  cache: { key: 'caches', readers: cache },
  mailers: { key: 'mailers', readers: mailers },
  'fcgi-app': { key: 'fcgi-apps', readers: fcgiApp },
};

/** Reads a section of a ring, cache, mailers or FastCGI application; null: it is another section. */
export function readStore({ keyword, name, directives }: Section, account: Ledger, refusal: Refusal): Draft | null {
  const store = Object.hasOwn(STORES, keyword) ? STORES[keyword] : undefined;
  if (store === undefined) return null;
  const draft: Draft = {};
  const at = [store.key, nameOf(name)];
  for (const directive of directives) {
    const [first = '', ...rest] = directive.words;
    const reader = Object.hasOwn(store.readers, first) ? store.readers[first] : undefined;
    if (first === 'description') account.fate(directive, 'needless', 'it is a comment: HAProxy shows it on its command line');
    else {
      const made = refusal(directive.line) ?? (reader === undefined ? `${first} has no option` : reader(rest, draft));
      if (typeof made === 'string') account.fate(directive, 'dropped', made);
      else account.became(directive, [...at, ...made]);
    }
  }
  return Object.keys(draft).length === 0 ? {} : { [store.key]: { [nameOf(name)]: draft } };
}

/** The pages of the `http-errors` sections by name and status (configuration manual, 3.8). */
export function readErrorFiles(sections: readonly Section[], account: Ledger): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const { keyword, name, directives } of sections) {
    if (keyword !== 'http-errors') continue;
    const pages = new Map<string, string>();
    for (const directive of directives) {
      const [first = '', status = '', path] = directive.words;
      if (first === 'errorfile' && path !== undefined) {
        pages.set(status, path);
        account.fate(directive, 'option', `it stands as http-error where ${name} is used`);
      } else account.fate(directive, 'dropped', `${first} has no option`);
    }
    found.set(name, pages);
  }
  return found;
}
