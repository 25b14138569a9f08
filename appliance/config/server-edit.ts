import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { readSource } from './source.ts';

/** What a server of a document shall say: HAProxy's words with their values; null takes a word away. */
export interface ServerEdit {
  readonly backend: string;
  readonly server: string;
  readonly words: Readonly<Record<string, Word>>;
}

type Word = string | number | true | null;

/** A document's text with the edits in it; or what of them has no place there, in sentences. */
export type Edited = { readonly kind: 'edited'; readonly text: string } | { readonly kind: 'refused'; readonly reasons: readonly string[] };

/** A piece of the text that another takes the place of: offsets, the end not included. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Writes words of servers into a document that can be read: every other byte of it stays, its comments, its order and its way of writing. Where no server of
 * a backend has said a weight until now, their common one is said too, for beside one that says it the others count 100 and not HAProxy's 1.
 */
export function withServerWords(text: string, edits: readonly ServerEdit[]): Edited {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false });
  const before = readSource(text, '').value;
  const splices: Splice[] = [];
  const wanted = structuredClone(before) as Plain;
  const reasons: string[] = [];
  for (const { backend, server, words } of edits) {
    const place = `backends.${backend}.servers.${server}`;
    const own = valueAt(document.contents, ['backends', backend]);
    const found = pairAt(valueAt(own, ['servers']), server);
    if (found === null || !isMap(own)) {
      reasons.push(`${place} is not in the document: servers of a server-template have one line for all of them`);
      continue;
    }
    const wantedBackend = (wanted.backends as Plain)[backend] as Plain;
    const inherited = Object.keys(words).filter(
      (word) => words[word] === null && word in ((wantedBackend['default-server'] ?? {}) as Plain),
    );
    reasons.push(...inherited.map((word) => `${place} has "${word}" of default-server: take it away there`));
    splices.push(...serverSplices(text, found, words));
    setIn(wantedBackend.servers as Plain, server, words);
    if (typeof words.weight !== 'number' || saysWeight(wantedBackend, before, backend)) continue;
    const common = pairAt(own, 'default-server')?.value;
    splices.push(isMap(common) ? addition(text, common, 'weight: 1') : addition(text, own, 'default-server: { weight: 1 }'));
    wantedBackend['default-server'] = { ...(wantedBackend['default-server'] as Plain | undefined), weight: 1 };
  }
  if (reasons.length > 0) return { kind: 'refused', reasons };
  const edited = splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((all, { from, to, text: piece }) => all.slice(0, from) + piece + all.slice(to), text);
  // Whatever this way of writing is, and however it was edited: nothing else may have another meaning now.
  if (isDeepStrictEqual(readSource(edited, '').value, wanted)) return { kind: 'edited', text: edited };
  return {
    kind: 'refused',
    reasons: edits.map(
      ({ backend, server, words }) =>
        `say it in the document yourself: ${JSON.stringify({ backends: { [backend]: { servers: { [server]: words } } } })}`,
    ),
  };
}

type Plain = Record<string, unknown>;

/** Whether a server, a template or the default of a backend says a weight: in the document as it was, or since another edit. */
function saysWeight(wanted: Plain, before: unknown, backend: string): boolean {
  const was = ((before as Plain).backends as Plain)[backend] as Plain;
  const all = [was.servers, was['server-template']].flatMap((each) => Object.values((each ?? {}) as Plain));
  const common = wanted['default-server'] as Plain | undefined;
  return common?.weight !== undefined || all.some((each) => typeof each === 'object' && each !== null && 'weight' in each);
}

function setIn(servers: Plain, server: string, words: ServerEdit['words']): void {
  const is = servers[server];
  const { address, ...more } = words;
  const isShort = typeof is === 'string' && Object.values(more).every((word) => word === null);
  if (isShort) {
    servers[server] = address ?? is;
    return;
  }
  const long: Plain = typeof is === 'string' ? { address: is } : { ...(is as Plain) };
  for (const [word, value] of Object.entries(words)) {
    if (value === null) delete long[word];
    else long[word] = value;
  }
  servers[server] = long;
}

function pairAt(map: unknown, key: string): Pair<Scalar> | null {
  if (!isMap(map)) return null;
  return (map.items as Pair<Scalar>[]).find((pair) => isScalar(pair.key) && String(pair.key.value) === key) ?? null;
}

function valueAt(node: unknown, path: readonly string[]): unknown {
  return path.reduce((at: unknown, key) => pairAt(at, key)?.value ?? null, node);
}

/** Where a node begins and where what it says ends. */
function rangeOf(node: unknown): readonly [number, number] {
  const [from = 0, to = 0] = (node as Scalar).range ?? [];
  return [from, to];
}

function serverSplices(text: string, { value }: Pair<Scalar>, words: ServerEdit['words']): readonly Splice[] {
  if (isMap(value)) return mapSplices(text, value, words);
  const [from, to] = rangeOf(value);
  const { address, ...more } = words;
  const said = Object.entries(more).filter(([, word]) => word !== null);
  const at = address === undefined ? written(String((value as unknown as Scalar).value)) : written(address);
  const long = [`address: ${at}`, ...said.map(([word, is]) => `${word}: ${written(is)}`)].join(', ');
  return [{ from, to, text: said.length === 0 ? at : `{ ${long} }` }];
}

function mapSplices(text: string, map: YAMLMap, words: ServerEdit['words']): readonly Splice[] {
  return Object.entries(words).flatMap(([word, is]): readonly Splice[] => {
    const pair = pairAt(map, word);
    if (pair === null) return is === null ? [] : [addition(text, map, `${word}: ${written(is)}`, 'address')];
    if (is === null) return [removal(text, map, pair)];
    const [from, to] = rangeOf(pair.value);
    return [{ from, to, text: written(is) }];
  });
}

/** A further pair of a map: behind the line of another, or before its first one; within braces, at its end. */
function addition(text: string, map: YAMLMap, pair: string, behind?: string): Splice {
  const items = map.items as Pair<Scalar>[];
  const last = items.at(-1);
  if (map.flow === true) {
    const end = last === undefined ? rangeOf(map)[0] + 1 : rangeOf(last.value ?? last.key)[1];
    return { from: end, to: end, text: `${last === undefined ? ' ' : ', '}${pair}` };
  }
  const first = items[0]?.key;
  const [key] = rangeOf(first);
  const indent = text.slice(text.lastIndexOf('\n', key - 1) + 1, key);
  const other = behind === undefined ? null : pairAt(map, behind);
  if (other === null) return { from: key, to: key, text: `${pair}${lineEnd(text, key)}${indent}` };
  const [, end] = rangeOf(other.value);
  const line = /\r?\n|$/g;
  line.lastIndex = end;
  const at = line.exec(text)?.index ?? text.length;
  return { from: at, to: at, text: `${lineEnd(text, at)}${indent}${pair}` };
}

/** A pair without its line, or within braces without its comma. */
function removal(text: string, map: YAMLMap, pair: Pair<Scalar>): Splice {
  const items = map.items as Pair<Scalar>[];
  const index = items.indexOf(pair);
  const [from] = rangeOf(pair.key);
  const [, to] = rangeOf(pair.value);
  const [previous, next] = [items[index - 1], items[index + 1]];
  if (map.flow === true) {
    if (previous !== undefined) return { from: rangeOf(previous.value ?? previous.key)[1], to, text: '' };
    return { from, to: next === undefined ? to : rangeOf(next.key)[0], text: '' };
  }
  const end = text.indexOf('\n', to);
  return { from: text.lastIndexOf('\n', from - 1) + 1, to: end === -1 ? text.length : end + 1, text: '' };
}

/** How the lines of a text end. */
function lineEnd(text: string, near: number): string {
  const at = text.indexOf('\n', near);
  return text[(at === -1 ? text.lastIndexOf('\n') : at) - 1] === '\r' ? '\r\n' : '\n';
}

/** A value as it can stand anywhere, within braces too. */
function written(value: string | number | true | null): string {
  return typeof value === 'string' && !/^[A-Za-z0-9_./-]+(?::[A-Za-z0-9_./-]+)?$/.test(value) ? JSON.stringify(value) : String(value);
}
