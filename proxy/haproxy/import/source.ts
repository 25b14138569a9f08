import { choices } from './choice.ts';

/** haproxy.cfg as text: words, lines and sections (configuration manual, 2.1 "Configuration file format", 2.2 "Quoting and escaping"). Pure. */

/** A line of a section: its words without quotes, and as it was written. */
export interface Directive {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
  /** Without the comment behind it and the space around it. */
  readonly text: string;
  /** Environment variables in it that nobody has said: they are empty on the appliance. */
  readonly unset: readonly string[];
}

/** A section: `frontend web from http` is the keyword frontend, with the name web, from http. */
export interface Section {
  readonly line: number;
  readonly keyword: string;
  readonly name: string;
  readonly from: string | null;
  /** Comments right above it, without their `#`. */
  readonly comments: readonly string[];
  readonly directives: readonly Directive[];
}

/** Something that no section could be read from, such as a quote that is not closed, or `.if`. */
export interface Unread {
  readonly line: number;
  readonly text: string;
  readonly reason: string;
  /** HAProxy refuses it. */
  readonly isMistake: boolean;
  /** Whether HAProxy of the appliance would take no notice of it. */
  readonly isNeedless?: boolean;
}

const KEYWORDS = new Set(
  'global defaults frontend backend listen peers resolvers userlist mailers program http-errors ring log-forward log-profile fcgi-app crt-store traces cache acme'.split(
    ' ',
  ),
);

/** The longest value of a variable that is put in, in characters: variables of variables grow fast. */
const LONGEST = 4096;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

interface Read {
  readonly words: readonly string[];
  readonly text: string;
  readonly unset: readonly string[];
  readonly isOpen: boolean;
}

/** Cuts a line into words. `variables` are those that the file itself sets. */
function readLine(line: string, variables: ReadonlyMap<string, string>): Read {
  const words: string[] = [];
  const unset: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  let at = 0;
  const add = (text: string) => {
    word = (word ?? '') + text;
  };
  for (; at < line.length; at++) {
    const character = line[at] as string;
    if (quote === "'") {
      if (character === "'") quote = null;
      else add(character);
    } else if (character === '\\' && at + 1 < line.length) {
      const next = line[++at] as string;
      const hex = next === 'x' ? /^[0-9A-Fa-f]{2}/.exec(line.slice(at + 1)) : null;
      if (hex !== null) {
        add(String.fromCharCode(Number.parseInt(hex[0], 16)));
        at += 2;
      } else if (quote === '"') add('\\"$'.includes(next) ? next : (ESCAPES[next] ?? `\\${next}`));
      else if (' #\\"\'$'.includes(next)) add(next);
      else add(ESCAPES[next] ?? `\\${next}`);
    } else if (character === '"' || character === "'") {
      if (quote === null) quote = character;
      else if (quote === character) quote = null;
      else add(character);
      add('');
    } else if (character === '$' && quote === '"') {
      const variable = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?:-([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))/.exec(line.slice(at));
      if (variable === null) add(character);
      else {
        const name = variable[1] ?? variable[3] ?? '';
        const value = variables.get(name) ?? variable[2];
        if (value === undefined) unset.push(name);
        add(value ?? '');
        at += variable[0].length - 1;
      }
    } else if (quote === null && character === '#') break;
    else if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else add(character);
  }
  if (word !== null) words.push(word);
  return { words, text: line.slice(0, at).trim(), unset, isOpen: quote !== null };
}

/** Cuts a haproxy.cfg into sections. Never throws: what cannot be read is told. */
export function readConfig(text: string): { readonly sections: readonly Section[]; readonly unread: readonly Unread[] } {
  type Open = { -readonly [Key in keyof Section]: Section[Key] } & { directives: Directive[] };
  const sections: Open[] = [];
  const unread: Unread[] = [];
  const variables = new Map<string, string>();
  const blocks = choices();
  let comments: string[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let source = lines[index] as string;
    // a backslash at the end of a line joins it with the next
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(source) && index + 1 < lines.length)
      source = `${source.slice(0, -1)} ${(lines[++index] as string).trim()}`;
    const comment = /^\s*#+\s?(.*)$/.exec(source)?.[1];
    if (comment !== undefined) {
      comments.push(comment.replace(/[\s#]+$/, ''));
      continue;
    }
    const { words, text: said, unset, isOpen } = readLine(source, variables);
    const [keyword, name = '', ...rest] = words;
    if (keyword === undefined) {
      comments = [];
      continue;
    }
    if (isOpen) unread.push({ line, text: said, reason: 'a quote is not closed', isMistake: true });
    else if (keyword.startsWith('.')) {
      const isUnderstood = blocks.read(keyword, said.slice(keyword.length).trim(), variables);
      const reason = isUnderstood
        ? 'lines were chosen for HAProxy 3.0'
        : `${keyword} chooses lines when HAProxy starts: write what shall stay`;
      unread.push({ line, text: said, reason, isMistake: false, isNeedless: isUnderstood });
    } else if (!blocks.stays())
      unread.push({ line, text: said, reason: 'it is for another HAProxy than that of the appliance', isMistake: false, isNeedless: true });
    else if (KEYWORDS.has(keyword)) {
      const from = rest[0] === 'from' ? (rest[1] ?? null) : null;
      const isBareFrom = name === 'from';
      sections.push({ line, keyword, name: isBareFrom ? '' : name, from: isBareFrom ? (rest[0] ?? null) : from, comments, directives: [] });
      // `listen web 0.0.0.0:80` of old
      const address =
        keyword === 'listen' || keyword === 'frontend'
          ? rest.find((word, place) => /:\d+$/.test(word) && rest[place - 1] !== 'from')
          : undefined;
      if (address !== undefined) sections.at(-1)?.directives.push({ line, words: ['bind', address], text: `bind ${address}`, unset });
    } else {
      const section = sections.at(-1);
      if (section === undefined) unread.push({ line, text: said, reason: 'it stands before the first section', isMistake: true });
      else section.directives.push({ line, words, text: said, unset });
      if (section?.keyword === 'global' && /^(?:setenv|presetenv)$/.test(keyword) && rest[0] !== undefined && rest[0].length <= LONGEST)
        variables.set(name, rest[0]);
    }
    comments = [];
  }
  return { sections, unread };
}
