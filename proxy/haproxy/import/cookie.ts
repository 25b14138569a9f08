import type { Draft, Plain } from './ledger.ts';

const WORDS = new Set(['insert', 'prefix', 'rewrite', 'indirect', 'nocache', 'postonly', 'preserve', 'httponly', 'secure']);

/** `cookie NAME …` of a backend; null: a word has no option. */
export function readCookie([name = '', ...rest]: readonly string[]): Plain | null {
  const words: Plain[] = [];
  const others: Draft = {};
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string;
    const value = rest[at + 1];
    if (WORDS.has(word)) words.push(word);
    else if (value === undefined) return null;
    else {
      at++;
      // seconds, unlike other times
      if (word === 'maxidle' || word === 'maxlife') others[word] = /^[0-9]+$/.test(value) ? `${value}s` : value;
      else if (word === 'domain') others.domain = others.domain === undefined ? value : [...([others.domain].flat() as Plain[]), value];
      else if (word === 'attr') others.attr = [...((others.attr ?? []) as Plain[]), value];
      else return null;
    }
  }
  return { [name]: words, ...(others as { [key: string]: Plain }) };
}
