import type { Plain } from './ledger.ts';

/** A time of HAProxy's, which counts milliseconds where it has no unit (configuration manual, 2.5), in the document's notation; null: it is none. */
export function duration(text: string | undefined): string | null {
  const [, digits, unit = 'ms'] = /^([0-9]{1,10})(us|ms|s|m|h|d)?$/.exec(text ?? '') ?? [];
  if (digits === undefined) return null;
  const value = Number(digits);
  return unit === 'ms' && value > 0 && value % 1000 === 0 ? `${value / 1000}s` : `${value}${unit}`;
}

/** A whole number; null: it is none. */
export function whole(text: string | undefined): number | null {
  return text !== undefined && /^-?(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : null;
}

/** Words in pairs, `code 301 prefix /x`, with flags that stand alone; null where a word is neither. */
export function options(
  words: readonly string[],
  valued: readonly string[],
  flags: readonly string[] = [],
): Map<string, string | true> | null {
  const found = new Map<string, string | true>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (flags.includes(word)) found.set(word, true);
    else if (valued.includes(word) && at + 1 < words.length) found.set(word, words[++at] as string);
    else return null;
  }
  return found;
}

/** A text as the document writes it, where backslashes say what YAML could not show. */
export function escapedText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** A number where the text is one, else the text. */
export function numberOr(text: string): Plain {
  return whole(text) ?? text;
}
