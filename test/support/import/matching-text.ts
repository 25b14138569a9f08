/** Where a reader of a regular expression stands. */
interface Cursor {
  readonly text: string;
  at: number;
}

const ESCAPED: Readonly<Record<string, string>> = { d: '7', w: 'a', s: ' ', S: 'a', D: 'a', b: '', n: '\n', t: '\t' };

/** A text that a regular expression matches: the first alternative, the least of what repeats but once where it may be left out; null: none is found. */
export function matchingText(expression: string): string | null {
  const cursor: Cursor = { text: expression, at: 0 };
  const text = alternatives(cursor);
  if (cursor.at < expression.length) return null;
  try {
    return new RegExp(expression, 's').test(text) ? text : null;
  } catch {
    return null;
  }
}

function alternatives(cursor: Cursor): string {
  let first: string | null = null;
  let text = '';
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== ')') {
    if (cursor.text[cursor.at] === '|') {
      first ??= text;
      text = '';
      cursor.at++;
    } else text += repeated(atom(cursor), cursor);
  }
  return first ?? text;
}

function repeated(text: string, cursor: Cursor): string {
  const [all, least] = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})[?+]?/.exec(cursor.text.slice(cursor.at)) ?? [];
  if (all === undefined) return text;
  cursor.at += all.length;
  return text.repeat(Math.max(1, Number(least ?? 1)));
}

function atom(cursor: Cursor): string {
  const character = cursor.text[cursor.at++] ?? '';
  if (character === '^' || character === '$') return '';
  if (character === '.') return 'x';
  if (character === '\\') {
    const next = cursor.text[cursor.at++] ?? '';
    return ESCAPED[next] ?? next;
  }
  if (character === '(') {
    const [kind = ''] = /^\?(?::|i\)|=|!)?/.exec(cursor.text.slice(cursor.at)) ?? [];
    cursor.at += kind.length;
    if (kind === '?i)') return '';
    const text = alternatives(cursor);
    cursor.at++;
    return kind === '?!' || kind === '?=' ? '' : text;
  }
  return character === '[' ? oneOf(cursor) : character;
}

/** A character of a class such as `[^/:]` or `[0-9a-f]`. */
function oneOf(cursor: Cursor): string {
  const [all = '', not, inside = ''] = /^(\^)?(\]?(?:\\.|[^\]])*)\]/.exec(cursor.text.slice(cursor.at)) ?? [];
  cursor.at += all.length;
  if (not === undefined) return inside.startsWith('\\') ? (ESCAPED[inside[1] ?? ''] ?? inside[1] ?? '') : (inside[0] ?? '');
  return [...'x7A_'].find((each) => !new RegExp(`[${inside}]`).test(each)) ?? 'x';
}
