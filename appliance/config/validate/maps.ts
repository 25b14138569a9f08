import { isUtf8 } from 'node:buffer';
import type { Files } from '../config.ts';
import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import { backendModes } from '../translate.ts';
import { type At, type Context, problem } from './context.ts';
import { checkRegex } from './regex.ts';

/** What a text file may begin with to say that it is one (RFC 3629, 6): for HAProxy it is a part of the first key. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Checks the files of maps, where they are at hand: HAProxy would not start with a key that it cannot read. */
export function checkMaps(context: Context): readonly Problem[] {
  const { document, files } = context;
  const { maps, lists } = document;
  const owners = new Map(Object.entries(maps).map(([name, { file }]) => [file, name]));
  const shared = Object.entries(lists).flatMap(([name, { file }]) => {
    const owner = owners.get(file);
    if (owner === undefined) return [];
    return [
      problem(['lists', name, 'file'], `map ${quote(owner)} has the file maps/${file} too`, 'HAProxy reads a file as a map or as a list'),
    ];
  });
  if (files === null) return shared;
  return [...shared, ...checkFiles(maps, 'maps', files), ...checkFiles(lists, 'lists', files), ...checkRoutes(context, files)];
}

function checkFiles(patterns: Context['document']['maps'], section: 'maps' | 'lists', files: Files): readonly Problem[] {
  return Object.entries(patterns).flatMap(([name, { file, match }]) => {
    const at = [section, name, 'file'];
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
    return KEYED.has(match) ? checkKeys(bytes, { at, file, match }) : [];
  });
}

/** Ways to match whose keys have a form. */
const KEYED: ReadonlySet<string> = new Set(['ip', 'int', 'reg']);

/** A line of a map that says something. */
interface MapLine {
  readonly number: number;
  readonly key: string;
  /** What stands behind the key; empty in a list. */
  readonly value: string;
}

/** The lines of a map, one by one from the bytes: all lines of a large map at once would take many times its size. */
function* linesOf(bytes: Uint8Array): Generator<MapLine> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0, number = 1; from < text.length; number += 1) {
    const newline = text.indexOf(10, from);
    const end = newline === -1 ? text.length : newline;
    const [, key = '', value = ''] = /^(\S*)\s*(.*)$/s.exec(text.toString('utf8', from, end).trim()) ?? [];
    from = end + 1;
    if (key !== '' && !key.startsWith('#')) yield { number, key, value };
  }
}

/** Finds the first line whose key HAProxy could not read. */
function checkKeys(
  bytes: Uint8Array,
  { at, file, match }: { readonly at: At; readonly file: string; readonly match: string },
): readonly Problem[] {
  for (const { number, key, value } of linesOf(bytes)) {
    if (match === 'reg') {
      // a list has patterns with spaces, a map has none in its keys
      const [wrong] = checkRegex(at[0] === 'lists' && value !== '' ? `${key} ${value}` : key, at);
      if (wrong !== undefined) return [{ ...wrong, message: `line ${number} of maps/${file}: ${wrong.message}` }];
      continue;
    }
    const wrong = wrongKey(key, match);
    if (wrong !== null)
      return [problem(at, `line ${number} of maps/${file}: ${quote(key)} is ${wrong}`, 'each line has a key, and a value after a space')];
  }
  return [];
}

/** Most values of one map that are told. */
const MOST_VALUES = 10;

/** Checks that the values of maps that routes look into are backends of the frontend's mode: HAProxy would send such requests elsewhere. */
function checkRoutes({ document, reference }: Context, files: Files): readonly Problem[] {
  const modes = backendModes(document);
  return Object.entries(document.frontends).flatMap(([name, { mode, use_backend: routes }]) =>
    routes.flatMap(({ backend: route }, index) => {
      const file = typeof route === 'string' || !Object.hasOwn(document.maps, route.map) ? undefined : document.maps[route.map]?.file;
      const bytes = file === undefined ? undefined : files.maps.get(file);
      if (bytes === undefined) return [];
      const at = ['frontends', name, 'use_backend', index, 'backend', 'map'];
      const problems: Problem[] = [];
      for (const { number, value } of linesOf(bytes)) {
        const own = modes.get(value);
        const place = `line ${number} of maps/${file}`;
        const [unknown] =
          value === '' ? [problem(at, 'the key has no value', 'write the name of a backend behind it')] : reference('backends', value, at);
        if (unknown !== undefined) problems.push({ ...unknown, message: `${place}: ${unknown.message}` });
        else if (own !== undefined && own !== mode)
          problems.push(
            problem(at, `${place}: this frontend has the mode ${mode}, backend ${quote(value)} has ${own}`, `write mode: ${mode} there`),
          );
        if (problems.length === MOST_VALUES) break;
      }
      return problems;
    }),
  );
}

function wrongKey(key: string, match: string): string | null {
  if (match === 'ip') return parseAddress(key) === null && parseNetwork(key) === null ? 'not an address or network' : null;
  if (match === 'int') return /^-?[0-9]+(?::-?[0-9]*)?$/.test(key) ? null : 'not a number';
  return null;
}
