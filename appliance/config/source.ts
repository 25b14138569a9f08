import { Composer, type CST, Lexer, LineCounter, type Node, Parser } from 'yaml';
import { lastScalar, offsetOf, type Places, place, secrets } from './place.ts';
import { plainValue } from './plain-value.ts';
import { type LocatedProblem, type Problem, quote, UNPRINTABLE } from './problem.ts';

/** The largest document that is read, in characters: two nodes with 10,000 backends need 3 MB. */
export const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** The most words, marks and spaces of YAML in a document, which is what reading one takes memory for: 10,000 backends with 4 servers each have 1.2 million. */
export const MOST_LEXEMES = 2_000_000;

/** How deep maps and lists may nest: the deepest thing of the schema, a condition within a rule, needs 12. */
export const DEEPEST_NESTING = 64;

/** What turns the direction of writing, in a comment too: a person and weir would read two documents (Unicode TR 36, 2.5). */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

/** After as many problems nobody looks for more. */
const MOST_REPORTS = 1000;

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

  const turned = text.search(TURNING);
  if (turned >= 0)
    return unreadable(
      text,
      file,
      turned,
      `the invisible character ${quote(text.charAt(turned)).slice(1, -1)} turns the direction of writing`,
      'what follows is not read as it is seen: remove it',
    );

  const lines = lineStarts(text, text.length);
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MOST_LEXEMES)
      return unreadable(text, file, parser.offset, 'the document has too many parts', 'is this the right file?');
    for (const token of parser.next(lexeme)) tokens.push(token);
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
  const placing = { text, file, lines, hidden: secrets(document) };
  const at = (offset: number, problem: Problem): LocatedProblem => place(placing, offset, problem);
  const syntax = [...document.errors, ...document.warnings].slice(0, MOST_REPORTS);
  if (syntax.length > 0) {
    const problems = syntax.map((error) => {
      // The end of the text is no place to look for a missing quote.
      const isUnclosed = error.code === 'MISSING_CHAR' && error.message.includes('quote');
      return at(isUnclosed ? lastScalar(document.contents, error.pos[0]) : error.pos[0], {
        at: [],
        message: explainSyntax(error.code, error.message),
      });
    });
    const once = new Map(problems.map((problem) => [`${problem.line} ${problem.column} ${problem.message}`, problem]));
    return { value: undefined, problems: [...once.values()], locate: (problem) => at(0, problem) };
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
  const places: Places = new Map();
  const locate = (problem: Problem): LocatedProblem => at(offsetOf(document, problem, places), problem);
  if (refused !== null) return { value: undefined, problems: [refused], locate };

  const problems: LocatedProblem[] = [];
  const report = (node: Node | null | undefined, message: string, hint?: string) => {
    if (problems.length < MOST_REPORTS)
      problems.push(at(node?.range?.[0] ?? 0, { at: [], message, ...(hint === undefined ? {} : { hint }) }));
  };
  const value = plainValue(document.contents, report);
  return { value, problems, locate };
}

/** The answer for a text that cannot be read at all: one problem. */
function unreadable(text: string, file: string, offset: number, message: string, hint: string | undefined): Source {
  const lines = lineStarts(text, offset);
  const problem = place({ text, file, lines, hidden: [] }, offset, { at: [], message, ...(hint === undefined ? {} : { hint }) });
  return { value: undefined, problems: [problem], locate: (later) => ({ ...problem, ...later }) };
}

/** Where the lines of a text begin, up to the one behind an offset. The parser's own count misses line breaks within what it does not expect. */
function lineStarts(text: string, offset: number): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let next = text.indexOf('\n'); next >= 0; next = text.indexOf('\n', next + 1)) {
    lines.addNewLine(next + 1);
    if (next >= offset) break;
  }
  return lines;
}

/** YAML's own errors in the words of this document. */
function explainSyntax(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: YAML wants spaces';
  if (code === 'MULTILINE_IMPLICIT_KEY' || code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'this is no "key: value", or the line above lacks a colon or a closing quote';
  if (code === 'MISSING_CHAR' && message.includes('quote')) return 'a quote is opened here and not closed';
  if (code === 'BAD_INDENT' && message.startsWith('Flow')) return 'a { or [ above is not closed';
  return `this is not valid YAML: ${message.replace(UNPRINTABLE, '?')}`;
}
