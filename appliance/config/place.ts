import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import { excerpt, type Span } from './excerpt.ts';
import type { LocatedProblem, Problem } from './problem.ts';

/** The pairs of maps by key, found once. */
export type Places = Map<object, Map<string, Pair<Node, Node | null>>>;

/** The offset of what a problem is about: its node, or where that is missing the deepest node on the way to it. */
export function offsetOf(document: Document.Parsed, problem: Problem, places: Places): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of problem.at.entries()) {
    if (isMap(node)) {
      let pairs = places.get(node);
      if (pairs === undefined) {
        pairs = new Map((node.items as Pair<Node, Node | null>[]).map((pair) => [String(isScalar(pair.key) ? pair.key.value : ''), pair]));
        places.set(node, pairs);
      }
      const pair = pairs.get(String(step));
      if (pair === undefined) break;
      const keyOffset: number = pair.key.range?.[0] ?? offset;
      if (problem.on === 'key' && index === problem.at.length - 1) return keyOffset;
      node = pair.value;
      const empty = node === null || (isScalar(node) && node.value === null && node.source === '');
      offset = empty ? keyOffset : (node?.range?.[0] ?? keyOffset);
      // A block map has no place of its own that a reader would look at: its key has.
      if (isMap(node) && node.flow !== true) offset = keyOffset;
      if (isSeq(node) && node.flow !== true) offset = keyOffset;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (item === undefined) break;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

/** A text in which problems are placed. */
export interface Placing {
  readonly text: string;
  readonly file: string;
  readonly lines: LineCounter;
  readonly hidden: readonly Span[];
}

/** A problem at an offset of the text, with what a person needs to see. */
export function place({ text, file, lines, hidden }: Placing, offset: number, problem: Problem): LocatedProblem {
  const bounded = Math.min(offset, text.length);
  const { line, col } = lines.linePos(bounded);
  const number = Math.max(line, 1);
  const next = lines.lineStarts[number];
  const around = { number, start: lines.lineStarts[number - 1] ?? 0, end: next === undefined ? text.length : next - 1 };
  return { ...problem, file, line: number, column: Math.max(col, 1), excerpt: excerpt(text, bounded, around, hidden) };
}

/** Where the document's text holds what must not be shown. */
export function secrets(document: Document.Parsed): readonly Span[] {
  const lists = document.get('userlists', true);
  const users = below(lists).flatMap((list) => (isMap(list) ? below(list.get('users', true)) : []));
  // One who writes the password itself may leave out its key.
  const passwords = users.map((user) => (isMap(user) ? user.get('password', true) : user));
  return [document.getIn(['system', 'admin', 'password'], true), ...passwords].flatMap((node) => {
    const range = isNode(node) ? node.range : null;
    return range ? [[range[0], range[1]] as const] : [];
  });
}

/** The values of a map. */
function below(node: unknown): readonly unknown[] {
  return isMap(node) ? node.items.map(({ value }) => value) : [];
}

/** Where the last scalar of the text begins: the one that a missing quote leaves open. */
export function lastScalar(node: Node | null, otherwise: number): number {
  const offset = node?.range?.[0] ?? otherwise;
  if (isMap(node)) {
    const pair = node.items.at(-1) as Pair<Node, Node | null> | undefined;
    return pair === undefined ? offset : lastScalar(pair.value ?? pair.key, offset);
  }
  const item = isSeq(node) ? (node.items.at(-1) as Node | undefined) : undefined;
  return item === undefined ? offset : lastScalar(item, offset);
}
