import type { Draft } from './ledger.ts';
import type { Names } from './names.ts';
import type { Reading } from './proxy.ts';
import { options } from './value.ts';

/** Reads the words behind a keyword into a draft; null: done, else why the line stays raw. */
export type Handler = (words: readonly string[], draft: Draft, reading: Reading) => string | null;

/** A map below a key of a draft. */
export function below(draft: Draft, key: string): Draft {
  draft[key] ??= {};
  return draft[key] as Draft;
}

/** A page of HAProxy's own form, with a head, as the document has it; null: it is empty, so that nothing is answered. */
export function errorPage(path: string, names: Names): { readonly 'content-type': string; readonly file: string } | null {
  if (path === '/dev/null') return null;
  const file = names.beside('pages', path, 'keep its body alone: what stands behind its first empty line');
  return { 'content-type': 'text/html', file };
}

/** `errorfile STATUS FILE` and `http-error status STATUS …`, which frontends and backends have. */
export const errorHandlers: Readonly<Record<string, Handler>> = {
  errorfile: ([status = '', path], draft, { names }) => {
    const page = path === undefined ? null : errorPage(path, names);
    if (page === null) return 'an answer without a byte has no option: write silent-drop';
    below(draft, 'http-error')[status] = page;
    return null;
  },
  errorfiles: ([name = '', ...statuses], draft, { names }) => {
    const pages = names.errorFiles(name);
    if (pages === null) return `there is no section http-errors ${name}`;
    const made = (statuses.length === 0 ? [...pages.keys()] : statuses).map((status) => {
      const path = pages.get(status);
      return [status, path === undefined ? null : errorPage(path, names)] as const;
    });
    if (made.some(([, page]) => page === null)) return `http-errors ${name} has not all of these pages`;
    Object.assign(below(draft, 'http-error'), Object.fromEntries(made));
    return null;
  },
  'http-error': (words, draft, { names }) => {
    const hdr: Draft = {};
    const others: string[] = [];
    for (let at = 0; at < words.length; at++) {
      if (words[at] === 'hdr' && at + 2 < words.length) {
        hdr[words[at + 1] as string] = words[at + 2] as string;
        at += 2;
      } else others.push(words[at] as string);
    }
    const said = options(
      others,
      ['status', 'content-type', 'string', 'lf-string', 'file', 'errorfile', 'errorfiles'],
      ['default-errorfiles'],
    );
    if (said === null) return 'words of http-error have no option';
    const { status = '', file, errorfile, errorfiles, ...rest } = Object.fromEntries(said) as { [key: string]: string };
    const path = errorfiles === undefined ? errorfile : names.errorFiles(errorfiles)?.get(status);
    if (errorfile !== undefined || errorfiles !== undefined) {
      const page = path === undefined ? null : errorPage(path, names);
      if (page === null) return 'its page is in no section http-errors';
      below(draft, 'http-error')[status] = page;
      return null;
    }
    if (said.has('default-errorfiles')) return 'it says what is so without it';
    below(draft, 'http-error')[status] = {
      ...rest,
      ...(file === undefined ? {} : { file: names.beside('pages', file) }),
      ...(Object.keys(hdr).length === 0 ? {} : { hdr }),
    };
    return null;
  },
  compression: ([word = '', ...rest], draft) => {
    const to = below(draft, 'compression');
    if (word === 'algo' || word === 'type') to[word] = rest.filter((each) => each !== 'identity');
    else if (word === 'direction' && rest[0] !== undefined) to.direction = rest[0];
    else if (word === 'offload') to.offload = true;
    else return `compression ${word} has no option`;
    return null;
  },
};
