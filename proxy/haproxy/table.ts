/** Stick tables as a worker shows them (management guide, 9.3 "show table"). Keys of `string` tables are what clients sent: anybody's text. */

/** A stick table. */
export interface Table {
  readonly name: string;
  readonly type: string;
  /** The most entries that it holds, and how many there are. */
  readonly size: number;
  readonly used: number;
}

/** An entry of a stick table. */
export interface Entry {
  /** An address, a number, a text, or bytes as hexadecimal digits. */
  readonly key: string;
  /** Milliseconds until it goes; 0: it stays until its place is needed. */
  readonly expiresMs: number;
  /** Sessions that count in it now. */
  readonly used: number;
  /** By HAProxy's names, `http_req_rate(10000)` in events of the last 10,000 ms. */
  readonly data: Readonly<Record<string, number | string>>;
}

/** On the admin socket of a worker: the tables; `parseTables`. */
export const showTables = 'show table\n';

/**
 * On the admin socket of a worker: the entries of a table, or one of them; `parseEntries`. What is not a letter or digit of a key is escaped, so that it
 * neither ends the word nor the command (management guide, 9.3); control characters cannot be, and throw.
 */
export function showTable(name: string, key: string | null = null): string {
  return command('show table', name, key);
}

/** On the admin socket of a worker: an entry of a table goes, or all that no session uses; no word is its answer where that was done. */
export function clearTable(name: string, key: string | null): string {
  return command('clear table', name, key);
}

/** Whether an answer to `clearTable` says that a session holds the entry. */
export function isInUse(answer: string): boolean {
  return answer.includes('Entry currently in use');
}

function command(verb: string, name: string, key: string | null): string {
  if (!/^[A-Za-z0-9_.:-]+$/.test(name)) throw new Error('not the name of a table');
  if (key === null) return `${verb} ${name}\n`;
  if (/\p{Cc}/u.test(key) || key === '') throw new Error('not a key that HAProxy can be asked for');
  return `${verb} ${name} key ${key.replaceAll(/[^\p{L}\p{N}_.:-]/gu, '\\$&')}\n`;
}

const header = /^# table: (\S+), type: (\S+), size:(\d+), used:(\d+)$/gm;

/** Reads the answer to `showTables`, or the first line of that to `showTable`; empty where it is none, such as for a table that does not exist. */
export function parseTables(answer: string): readonly Table[] {
  return [...answer.matchAll(header)].map(([, name = '', type = '', size, used]) => ({
    name,
    type,
    size: Number(size),
    used: Number(used),
  }));
}

const entry = /^0x[0-9a-f]+: key=(\S*(?:\\ \S*)*) use=(\d+) exp=(-?\d+)(?: shard=\d+)?(.*)$/;
const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', e: '\x1b' };

/** The text that HAProxy wrote escaped (`dump_text` in its `tools.c`): bytes that are no UTF-8 stay as they were written. */
function written(text: string): string {
  const bytes = text.replaceAll(/\\(?:x([0-9A-F]{2})|(.))/g, (_all, hex?: string, one = '') =>
    hex === undefined ? (escapes[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
  } catch {
    return text;
  }
}

/** Reads the entries of an answer to `showTable`; a line that is none is left out. */
export function parseEntries(answer: string): readonly Entry[] {
  return answer.split('\n').flatMap((text) => {
    const [, key, use, exp, rest = ''] = entry.exec(text) ?? [];
    if (key === undefined) return [];
    const data = rest
      .trim()
      .split(' ')
      .flatMap((pair) => {
        const at = pair.indexOf('=');
        const value = pair.slice(at + 1);
        return at < 1 ? [] : [[pair.slice(0, at), /^-?\d+$/.test(value) ? Number(value) : value] as const];
      });
    return [{ key: written(key), expiresMs: Number(exp), used: Number(use), data: Object.fromEntries(data) }];
  });
}
