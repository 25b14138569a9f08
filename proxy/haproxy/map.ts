/** Maps as a worker shows and changes them while it serves (management guide, 9.3 "show map", "set map", "add map", "del map"), and their files. */

/** A key of a map, and what it is mapped to. */
export interface MapEntry {
  readonly key: string;
  readonly value: string;
}

/** Why a key or a value cannot stand in a map's file, in words; null: it can. A line has a key, white space, and a value to its end. */
export function wrongEntry(key: string, value: string | null): string | null {
  if (key === '' || /[\s\p{Cc}]/u.test(key)) return 'a key is one word';
  if (key.startsWith('#')) return 'a key does not begin with #, which makes a comment of its line';
  if (value !== null && (value === '' || value !== value.trim() || /\p{Cc}/u.test(value)))
    return 'a value is a text without spaces around it';
  return null;
}

/** One word of a command, all of it as it is: what is not a letter or digit is escaped (management guide, 9.3). */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}_.:/-]/gu, '\\$&');
}

function command(verb: string, path: string, key: string, value: string | null): string {
  const wrong = wrongEntry(key, value);
  if (wrong !== null || /[^A-Za-z0-9_./-]/.test(path)) throw new Error(`not an entry of a map: ${wrong ?? path}`);
  return `${[verb, path, escaped(key), ...(value === null ? [] : [escaped(value)])].join(' ')}\n`;
}

/** On the admin socket: another value for a key that is there; `isUnknownKey` of the answer where it is not. */
export function setMap(path: string, key: string, value: string): string {
  return command('set map', path, key, value);
}

/** On the admin socket: one more line for a key. */
export function addMap(path: string, key: string, value: string): string {
  return command('add map', path, key, value);
}

/** On the admin socket: all lines of a key go; `isUnknownKey` of the answer where there is none. */
export function delMap(path: string, key: string): string {
  return command('del map', path, key, null);
}

/** On the admin socket: the entries of a map; `parseMap`. */
export function showMap(path: string): string {
  if (/[^A-Za-z0-9_./-]/.test(path)) throw new Error('not the path of a map');
  return `show map ${path}\n`;
}

/** Whether an answer to `setMap` or `delMap` says that the key is not there. */
export function isUnknownKey(answer: string): boolean {
  return /entry not found|Key not found/i.test(answer);
}

/** Whether an answer says that no rule of the configuration reads this map. */
export function isUnknownMap(answer: string): boolean {
  return answer.includes('Unknown map identifier');
}

/** Reads the answer to `showMap`, in the order in which HAProxy looks at them. */
export function parseMap(answer: string): readonly MapEntry[] {
  return answer.split('\n').flatMap((line) => {
    const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
}

const entry = /^[ \t]*([^#\s]\S*)[ \t]*(.*?)[ \t]*$/;

/** The values of a key in the text of a map's file. */
export function valuesIn(text: string, key: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, found, value = ''] = entry.exec(line) ?? [];
    return found === key ? [value] : [];
  });
}

/** The text of a map's file with another value for a key: in its lines where it has some, else in a last one; null takes its lines away. All else stays. */
export function withEntry(text: string, key: string, value: string | null): string {
  const lines = text.split('\n');
  const isOf = (line: string) => entry.exec(line.replace(/\r$/, ''))?.[1] === key;
  if (value === null) return lines.filter((line) => !isOf(line)).join('\n');
  if (lines.some(isOf)) return lines.map((line) => (isOf(line) ? `${key} ${value}` : line)).join('\n');
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${key} ${value}\n`;
}
