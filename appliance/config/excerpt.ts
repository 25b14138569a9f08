import { UNPRINTABLE } from './problem.ts';

/** How much of a long line is shown. */
const WIDTH = 100;

/** A key whose value is never shown, even where the text around it is no valid YAML. */
const SECRET = /((?:pass(?:word|wd|phrase)?|pwd|secret)["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s"',}][^,}]*)/gi;

/** A private key that somebody pasted. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*/;

/** A part of the text, as offsets: `[from, to)`. */
export type Span = readonly [from: number, to: number];

/**
 * The line of the text at an offset, with its number, and a caret below the place:
 * ```
 *   18 |     default_backend: ap
 *      |                      ^
 * ```
 * What lies in `hidden` (secrets) is shown as stars, unprintable characters as `?`, of a long line the part around the place.
 */
export function excerpt(text: string, offset: number, line: number, hidden: readonly Span[]): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const end = newline < 0 ? text.length : newline;
  const from = Math.max(start, end - start <= WIDTH ? start : offset - WIDTH / 2);
  const to = Math.min(end, from + WIDTH);
  const blank = (content: string) => '*'.repeat(content.length);
  let shown = text.slice(from, to);
  for (const [begin, stop] of hidden) {
    const [left, right] = [Math.max(begin, from) - from, Math.min(stop, to) - from];
    if (right > left) shown = shown.slice(0, left) + blank(shown.slice(left, right)) + shown.slice(right);
  }
  shown = shown
    .replace(SECRET, (_, key: string, value: string) => key + blank(value))
    .replace(PRIVATE_KEY, blank)
    .replace(/\r$/, '');
  if (shown.trim() === '') return '';
  const number = String(line).padStart(4);
  const printable = shown.replaceAll('\t', ' ').replace(UNPRINTABLE, '?');
  return `${number} | ${printable}\n${' '.repeat(number.length)} | ${' '.repeat(Math.max(0, offset - from))}^`;
}
