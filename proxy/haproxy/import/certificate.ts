import type { Draft, Ledger, Plain } from './ledger.ts';
import type { Names } from './names.ts';
import type { Section } from './source.ts';
import { items, tlsVersion, tlsWord } from './tls.ts';

/** A line of a crt-list: `shop.pem [alpn h2 verify required] shop.example !old.shop.example`. */
interface Listed {
  readonly file: string;
  readonly options: readonly string[];
  readonly sni: readonly string[];
}

/** The lines of a crt-list (configuration manual, 5.1 "crt-list"); comments and empty lines are none. */
export function readCrtList(text: string): readonly Listed[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, file, options = '', sni = ''] =
      /^\s*([^\s[]+)\s*(?:\[([^\]]*)\])?\s*([^[\]]*)$/.exec(line.replace(/#.*$/, '').trimEnd()) ?? [];
    return file === undefined ? [] : [{ file, options: items(options, /\s+/), sni: items(sni, /\s+/) }];
  });
}

/** What a certificate of a list says besides its file: server names and TLS of its own. Words without an option are told in `left`. */
export function certificateOptions(
  { options, sni }: Listed,
  names: Names,
): { readonly said: { readonly [key: string]: Plain }; readonly left: readonly string[] } {
  // every name, and none: that is for those who ask for no name
  const named = sni.filter((each) => !/^!?\*$/.test(each));
  const said: Draft = named.length === 0 ? {} : { sni: named };
  const left: string[] = sni.filter((each) => !named.includes(each));
  for (let at = 0; at < options.length; at++) {
    const word = options[at] as string;
    const version = tlsVersion(word);
    if (version !== null) Object.assign(said, version);
    else if (word === 'no-ca-names') said[word] = true;
    else if (word === 'no-alpn') said.alpn = ['http/1.1'];
    else {
      const value = options[++at] ?? '';
      if (word === 'ocsp-update') {
        if (value === 'on') said.ocsp = 'auto';
      } else if (word === 'verify' && value === 'none') continue;
      else {
        const made = tlsWord(word, value, names);
        if (made === null) left.push(word);
        else Object.assign(said, made);
      }
    }
  }
  return { said: said as { readonly [key: string]: Plain }, left };
}

/** A certificate of a `crt-store`: its file, what else it says, and files that belong into the same. */
export interface Stored {
  readonly file: string;
  readonly said: { readonly [key: string]: Plain };
  readonly parts: readonly string[];
}

/** The certificates of the `crt-store` sections (configuration manual, 3.11), by the names under which binds know them: `@site/shop`. */
export function readStores(sections: readonly Section[], account: Ledger): ReadonlyMap<string, Stored> {
  const stored = new Map<string, Stored>();
  for (const { keyword, name, directives } of sections) {
    if (keyword !== 'crt-store') continue;
    let bases = { crt: '', key: '' };
    for (const directive of directives) {
      const [first = '', ...rest] = directive.words;
      if (first === 'crt-base' || first === 'key-base') {
        bases = { ...bases, [first.slice(0, 3)]: rest[0] ?? '' };
        account.fate(directive, 'own', 'decided by the appliance: files lie beside the document');
        continue;
      }
      const words = new Map(rest.flatMap((word, at) => (at % 2 === 0 ? [[word, rest[at + 1] ?? ''] as const] : [])));
      const file = words.get('crt');
      if (first !== 'load' || file === undefined) {
        account.fate(directive, 'dropped', `${first} of a crt-store has no option`);
        continue;
      }
      const below = (base: string, path: string) => (base === '' || path.startsWith('/') ? path : `${base.replace(/\/$/, '')}/${path}`);
      const one: Stored = {
        file: below(bases.crt, file),
        said: words.get('ocsp-update') === 'on' ? { ocsp: 'auto' } : {},
        parts: ['key', 'issuer'].flatMap((word) => {
          const part = words.get(word);
          return part === undefined ? [] : [below(bases.key, part)];
        }),
      };
      for (const called of [file, words.get('alias')].filter((each) => each !== undefined))
        stored.set(name === '' ? called : `@${name}/${called}`, one);
      account.fate(directive, 'option', one.parts.length === 0 ? null : `put what is in ${one.parts.join(' and ')} into the same file`);
    }
  }
  return stored;
}
