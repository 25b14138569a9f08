import { type Line, placed } from './line.ts';

/** Characters that HAProxy's configuration reader takes as they are outside quotes (configuration manual, 2.2 "Quoting and escaping"). */
const bare = /^[!%-&(-[\]-~]+$/;
const control = /\p{Cc}/u;
const nameable = /^[A-Za-z0-9_.:-]+$/;

/**
 * One word of a HAProxy line, with strong quotes where it needs them: nothing in it is expanded, ends the word, or starts a comment.
 * A control character cannot be written at all; the schema refuses it, so meeting one here is a bug and throws.
 */
export function word(text: string): string {
  if (bare.test(text)) return text;
  if (control.test(text)) throw new Error(`a control character cannot stand in haproxy.cfg: ${JSON.stringify(text)}`);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * One word of a line in which HAProxy reads escapes such as `\\r\\n` and `\\x00` (configuration manual, 2.2): in weak quotes, where nothing else of
 * it has a meaning. An escape that HAProxy would not know is refused by the schema; here it throws.
 */
export function escaped(text: string): string {
  if (control.test(text) || /\\(?![rnt\\]|x[0-9A-Fa-f]{2})/.test(text.replaceAll('\\\\', '')))
    throw new Error(`not a text with escapes: ${JSON.stringify(text)}`);
  return `"${text.replaceAll('"', '\\"').replaceAll('$', '\\$')}"`;
}

/** Words of a line that stand together, quoted as they need. */
export function phrase(...words: readonly (string | number)[]): string {
  return words.map((each) => word(String(each))).join(' ');
}

/** One line of a section, indented. */
export function line(...words: readonly (string | number)[]): string {
  return `    ${phrase(...words)}`;
}

/** A comment inside a section: what the lines below it protect. */
export function comment(text: string): string {
  return `    # ${text}`;
}

/** The name of a section, server or ACL: letters, digits and `_ . : -` (configuration manual, 2.2). The schema refuses others; here they throw. */
export function name(text: string): string {
  if (!nameable.test(text)) throw new Error(`not a name HAProxy accepts: ${JSON.stringify(text)}`);
  return text;
}

/** The name of a stick table; that of one in a section of peers has the name of the section before it, `site/clients` (configuration manual, 3.5 "table"). */
export function tableName(text: string): string {
  return text.split('/', 2).map(name).join('/');
}

/** Literal text where HAProxy reads a log-format string: `%` stands for itself (configuration manual, 8.2.6 "Custom log format"). */
export function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

/** What stands behind each raw line, so that whoever reads a plan sees that it is raw. */
export const rawMark = ' # raw';

/** Lines of `extra`, as they are, with their places: HAProxy judges them. A line break inside one is a bug of the schema and throws. */
export function rawLines(extra: readonly string[]): readonly Line[] {
  return extra.flatMap((raw, index) => {
    if (control.test(raw.replaceAll('\t', ' '))) throw new Error(`an extra line is one line: ${JSON.stringify(raw)}`);
    return placed(['extra', index], [`    ${raw}${rawMark}`]);
  });
}
