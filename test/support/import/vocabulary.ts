import { proxiesOf } from '../../../proxy/haproxy/import/section.ts';
import { type Directive, readConfig } from '../../../proxy/haproxy/import/source.ts';
import { matchingText } from './matching-text.ts';
import { both, clientSaying, type Said, subjectOf, textsFor } from './said.ts';

/** Files that a configuration names, by their path. */
export type NamedFiles = Readonly<Record<string, string>>;

const METHODS: Readonly<Record<string, Said>> = Object.fromEntries(
  ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'].map((method) => [`METH_${method}`, { method }]),
);

const linesOf = (text: string | undefined): readonly string[] =>
  (text ?? '').split('\n').flatMap((line) => (line.trim() === '' || line.startsWith('#') ? [] : [line.trim()]));

/** Reads what clients must say for the ACLs, conditions, maps and rewriting rules of a haproxy.cfg to be about them. */
export function vocabulary(source: string, files: NamedFiles): readonly Said[] {
  const { sections } = readConfig(source);
  const directives = sections.flatMap((section) => section.directives);
  const variables = new Map<string, string>();
  for (const { words } of directives)
    for (const [index, word] of words.entries()) {
      const name = /^set-var\((.*)\)$/.exec(word)?.[1];
      if (name !== undefined) variables.set(name, words.slice(index + 1).join(''));
    }
  /** What an expression looks at: a variable is what it was set to. */
  const subject = (expression: string): ReturnType<typeof subjectOf> => {
    const said = subjectOf(expression);
    const set = said.fetch === 'var' ? variables.get(said.argument) : undefined;
    if (set === undefined) return said;
    // a host and a path put together
    return /concat\(/.test(set) || /concat\(/.test(expression) ? { fetch: 'base', argument: '', match: null } : subject(set);
  };
  const tests = (words: readonly string[]): readonly Said[] => {
    const [expression = '', ...rest] = words;
    const about = subject(expression);
    let way = about.match ?? 'str';
    const patterns: string[] = [];
    for (let at = 0; at < rest.length; at++) {
      const word = rest[at] as string;
      if (word === '-m') way = rest[++at] ?? '';
      else if (word === '-f') patterns.push(...linesOf(files[rest[++at] ?? '']));
      else if (!/^(?:-[inu]|--|eq|ge|gt|le|lt)$/.test(word)) patterns.push(word);
    }
    const found = patterns.length === 0 ? ['x1'] : patterns.flatMap((pattern) => textsFor(pattern, way));
    return found.flatMap((value) => clientSaying(about, value) ?? []);
  };
  const inMaps = (words: readonly string[]): readonly Said[] =>
    words.flatMap((word) =>
      [...word.matchAll(/(?:%\[)?([^\s%[\]]*?),map(?:_([a-z]+))?(?:_[a-z]+)?\(([^(),]+)/g)].flatMap(([, expression = '', way, path = '']) =>
        linesOf(files[path]).flatMap((line) =>
          textsFor(line.split(/\s+/)[0] ?? '', way ?? 'str').flatMap((value) => clientSaying(subject(expression), value) ?? []),
        ),
      ),
    );

  const all: Said[] = [];
  for (const { directives: lines } of proxiesOf(sections)) {
    const acls = new Map<string, readonly Said[]>();
    for (const { words } of lines) {
      const [first, name = '', ...expression] = words;
      if (first !== 'acl') continue;
      const said = tests(expression);
      acls.set(name, [...(acls.get(name) ?? []), ...said]);
      all.push(...said);
    }
    for (const directive of lines) all.push(...inMaps(directive.words), ...together(directive, acls, tests), ...rewritten(directive));
  }
  return all;
}

/** For each alternative of a line's condition a client of whom all of it holds. */
function together(
  { words }: Directive,
  acls: ReadonlyMap<string, readonly Said[]>,
  tests: (words: readonly string[]) => readonly Said[],
): readonly Said[] {
  const at = words.findIndex((word, index) => index > 0 && (word === 'if' || word === 'unless'));
  if (at < 0) return [];
  const found: Said[] = [];
  let current: Said = {};
  const alone: Said[] = [];
  for (let index = at + 1; index < words.length; index++) {
    const word = words[index] as string;
    if (word === 'or' || word === '||') {
      found.push(current);
      current = {};
      continue;
    }
    const isNegated = word.startsWith('!');
    const name = word.replace(/^!+/, '');
    let said: readonly Said[];
    if (name === '{' || (name === '' && words[index + 1] === '{')) {
      const from = name === '{' ? index : index + 1;
      const end = words.indexOf('}', from);
      said = tests(words.slice(from + 1, end));
      index = end < 0 ? words.length : end;
    } else said = acls.get(name) ?? (METHODS[name] === undefined ? [] : [METHODS[name]]);
    alone.push(...said);
    if (!isNegated && said[0] !== undefined) current = both(current, said[0]);
  }
  return [...alone, ...found, current];
}

/** What a rewriting rule changes, and what rules remember clients by. */
function rewritten({ words }: Directive): readonly Said[] {
  const at = words.findIndex((word) => /^(?:replace-|del-header|set-header$|add-header$)/.test(word));
  const [verb = '', name = '', expression = ''] = at < 0 ? [] : words.slice(at);
  if (/^replace-(?:path|pathq|uri)$/.test(verb)) {
    const text = matchingText(name);
    return text === null ? [] : [{ path: text.startsWith('/') ? text : `/${text}` }];
  }
  const isOfRequest = words[0] === 'http-request';
  const isSettable = !/^(?:x-forwarded-|forwarded$|host$|connection$|content-length$|cookie$)/i.test(name);
  if (isOfRequest && /^replace-(?:header|value)$/.test(verb)) {
    const text = matchingText(expression);
    return text === null || !isSettable ? [] : [{ headers: { [name.toLowerCase()]: text } }];
  }
  if (isOfRequest && verb !== '' && isSettable && /^[\w-]+$/.test(name)) return [{ headers: { [name.toLowerCase()]: 'said' } }];
  const [first = '', text = ''] = words;
  if (/^reqi?del$/.test(first)) {
    const header = /^\^([\w-]+):/.exec(text)?.[1];
    return header === undefined ? [] : [{ headers: { [header.toLowerCase()]: 'said' } }];
  }
  if (/^reqi?rep$/.test(first)) {
    const path = /\\? (\/.*)$/.exec(text)?.[1];
    const made = path === undefined ? null : matchingText(path.replace(/\\? HTTP.*$/, ''));
    return made === null ? [] : [{ path: made }];
  }
  return [];
}
