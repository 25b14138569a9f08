/**
 * Reads a HAProxy configuration the way its manual says (2.2 "Quoting and escaping"), independently of how weir writes it: one list of words a line,
 * empty lines and comments left out. Throws on an open quote.
 */
export function configWords(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map(lineWords)
    .filter((words) => words.length > 0);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** The words of one line. */
export function lineWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote === "'") {
      if (char === "'") quote = null;
      else word += char;
    } else if (char === '\\') {
      const next = line[++at] ?? '';
      word = (word ?? '') + (quote === null ? (escapes[next] ?? next) : next);
    } else if (quote === '"') {
      if (char === '$') throw new Error(`an environment variable: ${line}`);
      if (char === '"') quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '#') break;
    else if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote !== null) throw new Error(`a quote stays open: ${line}`);
  if (word !== null) words.push(word);
  return words;
}
