/** keepalived.conf as text: words, lines and blocks (keepalived.conf(5), "CONFIGURATION FILE"). Pure. */
import { type Mistake, nulIn } from '../../haproxy/import/mistake.ts';

/** A line of keepalived.conf: its words without quotes, and the lines of the block that it opens. */
export interface Entry {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
  readonly text: string;
  readonly block: readonly Entry[] | null;
}

/** More than anybody nests, and a text of a variable longer than anybody's. */
const DEEPEST = 20;
const LONGEST = 4096;

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Cuts a line into words and braces; null: a quote is not closed. */
function tokensOf(line: string): readonly Token[] | null {
  const tokens: Token[] = [];
  const pattern = /\s+|[!#].*$|"((?:\\.|[^"\\])*)"|([{}])|((?:\\.|[^\s{}"])+)|(")/gy;
  for (let found = pattern.exec(line); found !== null; found = pattern.exec(line)) {
    const [, quoted, brace, word, open] = found;
    if (open !== undefined) return null;
    if (quoted !== undefined) tokens.push({ text: quoted, isQuoted: true });
    else if (brace !== undefined || word !== undefined) tokens.push({ text: (brace ?? word) as string, isQuoted: false });
  }
  return tokens;
}

/** A text with the values of variables, as far as they are known. */
const filled = (text: string, variables: ReadonlyMap<string, string>): string =>
  text.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (whole, braced, bare) => variables.get(braced ?? bare) ?? whole);

/** Cuts a keepalived.conf into lines and blocks. `$NAME=value` is put in where it is used. Never throws. */
export function readKeepalived(text: string): { readonly entries: readonly Entry[]; readonly mistakes: readonly Mistake[] } {
  const nul = nulIn(text);
  if (nul !== null) return { entries: [], mistakes: [nul] };
  type Open = { readonly line: number; readonly words: readonly string[]; readonly text: string; block: Entry[] | null };
  const root: Entry[] = [];
  const mistakes: Mistake[] = [];
  const variables = new Map<string, string>();
  const open: { readonly head: Open; readonly block: Entry[] }[] = [];
  const last = () => open.at(-1)?.block ?? root;
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const [, variable, value] = /^\s*\$([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(source) ?? [];
    if (variable !== undefined) {
      const expanded = filled(value ?? '', variables);
      if (expanded.length > LONGEST) mistakes.push({ line, message: `the value of $${variable} is longer than ${LONGEST} characters` });
      else variables.set(variable, expanded);
      continue;
    }
    const said = filled(source, variables);
    const tokens = tokensOf(said);
    if (tokens === null) {
      mistakes.push({ line, message: 'a quote is not closed' });
      continue;
    }
    let words: string[] = [];
    const end = (): Open => {
      const head: Open = { line, words, text: words.join(' '), block: null };
      if (words.length > 0) last().push(head as Entry);
      words = [];
      return head;
    };
    for (const { text: token, isQuoted } of tokens) {
      if (isQuoted || (token !== '{' && token !== '}')) words.push(token);
      else if (token === '{') {
        // the brace of a block may stand on a line of its own
        if (open.length >= DEEPEST)
          return { entries: [], mistakes: [...mistakes, { line, message: `blocks stand in more than ${DEEPEST} others` }] };
        const head = words.length > 0 ? end() : (last().at(-1) as Open | undefined);
        if (head === undefined || head.block !== null)
          mistakes.push({ line, message: 'a { opens no block: there is no keyword before it' });
        else {
          head.block = [];
          open.push({ head, block: head.block });
        }
      } else {
        end();
        if (open.pop() === undefined) mistakes.push({ line, message: 'a } closes no block' });
      }
    }
    end();
  }
  for (const { head } of open)
    mistakes.push({ line: head.line, message: `the block ${head.words[0] ?? ''} is not closed`, hint: 'a } is missing' });
  return { entries: root, mistakes };
}
