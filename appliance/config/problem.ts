/** One mistake in the document: where (a path into it), what is wrong, and what to do. */
export interface Problem {
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
  /** `warning` does not stop an apply; absent means error. */
  readonly severity?: 'warning';
  /** `key`: the mistake is the last key of the path itself, not what stands behind it. */
  readonly on?: 'key';
}

/** A problem with its place in the document's text. `line` and `column` count from 1; `excerpt` is the source line and a caret below it. */
export interface LocatedProblem extends Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly excerpt: string;
}

/** How a problem is shown to a person: `config.yaml:18:14: message`, the line with a caret, and what to do. */
export function formatProblem(problem: LocatedProblem): string {
  const kind = problem.severity === 'warning' ? 'warning: ' : '';
  const head = `${problem.file}:${problem.line}:${problem.column}: ${kind}${problem.message}`;
  return [head, ...(problem.excerpt === '' ? [] : [problem.excerpt]), ...(problem.hint === undefined ? [] : [`  ${problem.hint}`])].join(
    '\n',
  );
}

/** A value of the document as a message names it: in double quotes, control characters escaped, at most 60 characters. */
export function quote(value: string): string {
  const escaped = value.replace(UNPRINTABLE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
  return `"${escaped.length > 60 ? `${escaped.slice(0, 57)}...` : escaped}"`;
}

/**
 * Characters that no string of the document may have, and that no message prints: controls, line separators, lone surrogates, and those that nobody sees, which
 * make a text look like another one or turn its direction (Unicode TR 36, 2.3 and 2.5); joiners are left, which scripts and emoji need.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is its purpose
export const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|(?![\u200c\u200d])\p{Cf}|\p{Surrogate}/gu;
