import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
} from 'yaml';
import { excerpt, type Span } from './excerpt.ts';
import { type LocatedProblem, type Problem, quote, UNPRINTABLE } from './problem.ts';

/** The largest document that is read, in characters: two nodes with 10,000 backends need 3 MB. */
export const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** How deep maps and lists may nest: the deepest thing of the schema, a condition within a rule, needs 12. */
export const DEEPEST_NESTING = 64;

/** A document's text, read as YAML 1.2: plain values, what was wrong with the text, and the way from a path to its place. */
export interface Source {
  /** Maps, lists, strings, numbers, booleans and null; undefined when the text is no YAML at all. */
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
  readonly locate: (problem: Problem) => LocatedProblem;
}

/**
 * Reads YAML 1.2 (core schema) as a document of weir may use it: one document, no anchors, aliases, tags, merge keys or directives, every key a string
 * that stands once in its map, no control characters. Never throws; a text of any length and depth takes time in proportion to its length.
 */
export function readSource(text: string, file: string): Source {
  if (text.length > LARGEST_DOCUMENT) {
    const megabytes = Math.ceil(text.length / 1024 / 1024);
    return unreadable(
      text.slice(0, 200),
      file,
      0,
      `the document is too large: ${megabytes} MB, at most 16 MB are read`,
      'is this the right file?',
    );
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) return unreadable(text, file, nul, 'this is not a text file: it has a NUL byte', 'save the document as UTF-8 text');

  const lines = new LineCounter();
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST_NESTING) {
      return unreadable(
        text,
        file,
        parser.offset,
        `maps and lists nest deeper than ${DEEPEST_NESTING} levels`,
        'no part of the document is that deep',
      );
    }
  }
  tokens.push(...parser.end());

  const [document, second] = new Composer({ uniqueKeys: false, version: '1.2', schema: 'core' }).compose(tokens, true, text.length);
  if (document === undefined) return unreadable(text, file, 0, 'the document is empty', undefined);
  const at = (offset: number, problem: Problem): LocatedProblem => place(text, file, lines, offset, document, problem);
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    const problems = syntax.map((error) => at(error.pos[0], { at: [], message: explainSyntax(error.code, error.message) }));
    return { value: undefined, problems, locate: (problem) => at(0, problem) };
  }
  const directive = tokens.find((token) => token.type === 'directive');
  const refused =
    directive?.type === 'directive'
      ? at(directive.offset, { at: [], message: 'YAML directives are not allowed', hint: 'remove the line' })
      : second === undefined
        ? null
        : at(second.range[0], {
            at: [],
            message: 'a second YAML document begins here',
            hint: 'weir reads one document: remove the line ---',
          });
  const places = new Map<object, Map<string, Pair<Node, Node | null>>>();
  const locate = (problem: Problem): LocatedProblem => at(offsetOf(document, problem, places), problem);
  if (refused !== null) return { value: undefined, problems: [refused], locate };

  const problems: LocatedProblem[] = [];
  const report = (node: Node | null | undefined, message: string, hint?: string) =>
    problems.push(at(node?.range?.[0] ?? 0, { at: [], message, ...(hint === undefined ? {} : { hint }) }));
  const value = plainValue(document.contents, report);
  return { value, problems, locate };
}

type Report = (node: Node | null | undefined, message: string, hint?: string) => void;

/** The plain value of a node; what YAML allows and weir does not is reported. Depth is bounded by the parser's check. */
function plainValue(node: Node | null, report: Report): unknown {
  if (node === null) return null;
  if (isAlias(node)) {
    report(
      node,
      `the alias *${node.source} is not allowed`,
      'write the value out; settings that repeat belong in default-server, acls or maps',
    );
    return null;
  }
  if ('anchor' in node && node.anchor) report(node, `the anchor &${node.anchor} is not allowed`, 'weir reads no anchors and aliases');
  if (node.tag !== undefined) report(node, `the tag ${quote(node.tag)} is not allowed`, 'remove it; put the value in quotes if it is text');
  if (isScalar(node)) {
    if (typeof node.value === 'string') checkText(node.value, node, report);
    return node.value;
  }
  if (isSeq(node)) return node.items.map((item) => plainValue(item as Node | null, report));
  if (isMap(node)) return plainMap(node, report);
  return null;
}

function plainMap(map: YAMLMap, report: Report): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const key = isScalar(pair.key) ? keyText(pair.key.value) : null;
    if (key === null) {
      report(pair.key ?? map, 'a key must be a word', 'put it in quotes');
      continue;
    }
    if (key === '<<') report(pair.key, 'the merge key << is not allowed', 'write the settings out');
    else if (key === '__proto__') report(pair.key, 'the key "__proto__" is not allowed', 'choose another name');
    else if (entries.has(key)) report(pair.key, `the key ${quote(key)} stands twice in this map`, 'keep one of them');
    else {
      checkText(key, pair.key, report);
      if ('anchor' in pair.key && pair.key.anchor) report(pair.key, `the anchor &${pair.key.anchor} is not allowed`);
      if (pair.key.tag !== undefined) report(pair.key, `the tag ${quote(pair.key.tag)} is not allowed`);
      entries.set(key, plainValue(pair.value, report));
    }
  }
  return Object.fromEntries(entries);
}

function keyText(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function checkText(text: string, node: Node, report: Report): void {
  const found = text.match(UNPRINTABLE)?.[0];
  if (found === undefined) return;
  const name = found === '\n' ? 'a line break' : found === '\t' ? 'a tab' : `the control character ${quote(found).slice(1, -1)}`;
  report(node, `this text contains ${name}`, 'text of the document is one line of printable characters');
}

/** The offset of what a problem is about: its node, or where that is missing the deepest node on the way to it. */
function offsetOf(document: Document.Parsed, problem: Problem, places: Map<object, Map<string, Pair<Node, Node | null>>>): number {
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

/** A problem at an offset of the text, with what a person needs to see. */
function place(
  text: string,
  file: string,
  lines: LineCounter,
  offset: number,
  document: Document.Parsed | null,
  problem: Problem,
): LocatedProblem {
  const bounded = Math.min(offset, text.length);
  const { line, col } = lines.linePos(bounded);
  return { ...problem, file, line: Math.max(line, 1), column: Math.max(col, 1), excerpt: excerpt(text, bounded, line, secrets(document)) };
}

/** Where the document's text holds what must not be shown. */
function secrets(document: Document.Parsed | null): readonly Span[] {
  const node = document?.getIn(['system', 'admin', 'password'], true) as Node | undefined;
  return node?.range ? [[node.range[0], node.range[1]]] : [];
}

/** The answer for a text that cannot be read at all: one problem. */
function unreadable(text: string, file: string, offset: number, message: string, hint: string | undefined): Source {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let next = text.indexOf('\n'); next >= 0 && next < offset; next = text.indexOf('\n', next + 1)) lines.addNewLine(next + 1);
  const problem = place(text, file, lines, offset, null, { at: [], message, ...(hint === undefined ? {} : { hint }) });
  return { value: undefined, problems: [problem], locate: (later) => ({ ...problem, ...later }) };
}

/** YAML's own errors in the words of this document. */
function explainSyntax(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: YAML wants spaces';
  if (code === 'MULTILINE_IMPLICIT_KEY' || code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'this is no "key: value", or the line above lacks a colon or a closing quote';
  if (code === 'MISSING_CHAR') return `${message[0]?.toLowerCase() ?? ''}${message.slice(1)}`.replace(UNPRINTABLE, '?');
  return `this is not valid YAML: ${message.replace(UNPRINTABLE, '?')}`;
}
