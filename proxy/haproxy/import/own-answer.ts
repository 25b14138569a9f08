import type { Draft } from './ledger.ts';
import type { Reading } from './proxy.ts';
import { options } from './value.ts';

/** Reads the words behind a keyword into a draft; null: done, else why the line stays raw. */
export type Handler = (words: readonly string[], draft: Draft, reading: Reading) => string | null;

/** A map below a key of a draft. */
export function below(draft: Draft, key: string): Draft {
  draft[key] ??= {};
  return draft[key] as Draft;
}

/** `errorfile STATUS FILE` and `http-error status STATUS …`, which frontends and backends have. */
export const errorHandlers: Readonly<Record<string, Handler>> = {
  errorfile: ([status = '', path], draft, { names }) => {
    if (path === undefined) return 'it names no file';
    const file = names.beside('pages', path, 'keep its body alone: what stands behind its first empty line');
    below(draft, 'http-error')[status] = { 'content-type': 'text/html', file };
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
    const said = options(others, ['status', 'content-type', 'string', 'lf-string', 'file']);
    if (said === null) return 'words of http-error have no option';
    const { status = '', file, ...rest } = Object.fromEntries(said) as { [key: string]: string };
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
