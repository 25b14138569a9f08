import { UNPRINTABLE } from './problem.ts';

/** How much of a long line is shown. */
const WIDTH = 100;

/** How far before what is shown a secret may begin. */
const LOOK_BACK = 4096;

/** A key whose value is never shown, even where the text around it is no valid YAML. */
const SECRET = /((?:pass(?:word|wd|phrase)?|pwd|secret)["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s"',}][^,}]*)/gi;

/** A private key that somebody pasted. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*/;

/** A part of the text, as offsets: `[from, to)`. */
export type Span = readonly [from: number, to: number];

/** A line of the text: its number from 1, where it begins, and where its line break stands. */
export interface Line {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The line of the text at an offset, with its number, and a caret below the place:
 * ```
 *   18 |     default_backend: ap
 *      |                      ^
 * ```
 * What lies in `hidden` (secrets) is shown as stars, unprintable characters as `?`, of a long line the part around the place.
 */
export function excerpt(text: string, offset: number, line: Line, hidden: readonly Span[]): string {
  const { number, start } = line;
  const end = text[line.end - 1] === '\r' ? line.end - 1 : line.end;
  const from = Math.max(start, end - start <= WIDTH ? start : offset - WIDTH / 2);
  const to = Math.min(end, from + WIDTH);
  const before = Math.max(start, from - LOOK_BACK);
  const blank = (content: string) => '*'.repeat(content.length);
  let shown = text.slice(before, to);
  for (const [begin, stop] of hidden) {
    const [left, right] = [Math.max(begin, before) - before, Math.min(stop, to) - before];
    if (right > left) shown = shown.slice(0, left) + blank(shown.slice(left, right)) + shown.slice(right);
  }
  shown = shown
    .replace(SECRET, (_, key: string, value: string) => key + blank(value))
    .replace(PRIVATE_KEY, blank)
    .slice(from - before);
  if (shown.trim() === '') return '';
  const label = String(number).padStart(4);
  const printable = shown.replaceAll('\t', ' ').replace(UNPRINTABLE, '?');
  return `${label} | ${printable}\n${' '.repeat(label.length)} | ${' '.repeat(Math.max(0, offset - from))}^`;
}
