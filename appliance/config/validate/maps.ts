import { isUtf8 } from 'node:buffer';
import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import { type At, type Context, problem } from './context.ts';

/** What a text file may begin with to say that it is one (RFC 3629, 6): for HAProxy it is a part of the first key. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Checks the files of maps, where they are at hand: HAProxy would not start with a key that it cannot read. */
export function checkMaps({ document, files }: Context): readonly Problem[] {
  if (files === null) return [];
  return Object.entries(document.maps).flatMap(([name, { file, match }]) => {
    const at = ['maps', name, 'file'];
    const bytes = files.maps.get(file);
    if (bytes === undefined)
      return [problem(at, `the file maps/${file} is missing`, `there is: ${[...files.maps.keys()].sort().join(', ') || 'no map'}`)];
    if (!isUtf8(bytes)) return [problem(at, `the file maps/${file} is not text`, 'save it as UTF-8')];
    if (bytes.includes(0)) return [problem(at, `the file maps/${file} is not text: it has a NUL byte`, 'save it as UTF-8')];
    if (byteOrderMark.every((byte, index) => bytes[index] === byte))
      return [
        problem(
          at,
          `the file maps/${file} begins with a byte order mark`,
          'save it as UTF-8 without one: it would be a part of the first key',
        ),
      ];
    return match === 'ip' || match === 'int' ? checkKeys(bytes, { at, file, match }) : [];
  });
}

/** Finds the first line whose key HAProxy could not read. Line by line from the bytes: all lines of a large map at once would take many times its size. */
function checkKeys(
  bytes: Uint8Array,
  { at, file, match }: { readonly at: At; readonly file: string; readonly match: string },
): readonly Problem[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0, number = 1; from < text.length; number += 1) {
    const newline = text.indexOf(10, from);
    const end = newline === -1 ? text.length : newline;
    const key = text.toString('utf8', from, end).trim().split(/\s+/, 1)[0] ?? '';
    from = end + 1;
    if (key === '' || key.startsWith('#')) continue;
    const wrong = wrongKey(key, match);
    if (wrong !== null)
      return [problem(at, `line ${number} of maps/${file}: ${quote(key)} is ${wrong}`, 'each line has a key, and a value after a space')];
  }
  return [];
}

function wrongKey(key: string, match: string): string | null {
  if (match === 'ip') return parseAddress(key) === null && parseNetwork(key) === null ? 'not an address or network' : null;
  if (match === 'int') return /^-?[0-9]+(?::-?[0-9]*)?$/.test(key) ? null : 'not a number';
  return null;
}
