import { isUtf8 } from 'node:buffer';
import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import { type Context, problem } from './context.ts';

/** Checks the files of maps, where they are at hand: HAProxy would not start with a key that it cannot read. */
export function checkMaps({ document, files }: Context): readonly Problem[] {
  if (files === null) return [];
  return Object.entries(document.maps).flatMap(([name, { file, match }]) => {
    const at = ['maps', name, 'file'];
    const bytes = files.maps.get(file);
    if (bytes === undefined)
      return [problem(at, `the file maps/${file} is missing`, `there is: ${[...files.maps.keys()].sort().join(', ') || 'no map'}`)];
    if (!isUtf8(bytes)) return [problem(at, `the file maps/${file} is not text`, 'save it as UTF-8')];
    const lines = new TextDecoder().decode(bytes).split('\n');
    for (const [index, line] of lines.entries()) {
      const key = line.trim().split(/\s+/, 1)[0] ?? '';
      if (key === '' || key.startsWith('#')) continue;
      const wrong = wrongKey(key, match);
      if (wrong !== null)
        return [
          problem(at, `line ${index + 1} of maps/${file}: ${quote(key)} is ${wrong}`, 'each line has a key, and a value after a space'),
        ];
    }
    return [];
  });
}

function wrongKey(key: string, match: string): string | null {
  if (match === 'ip') return parseAddress(key) === null && parseNetwork(key) === null ? 'not an address or network' : null;
  if (match === 'int') return /^-?[0-9]+(?::-?[0-9]*)?$/.test(key) ? null : 'not a number';
  return null;
}
