import { type Problem, quote } from '../problem.ts';
import { type At, problem } from './context.ts';

/** Finds what no regular expression of any kind closes; HAProxy's own PCRE2 judges the rest. */
export function checkRegex(text: string, at: At): readonly Problem[] {
  const plain = text.replace(/\\Q.*?(?:\\E|$)/gs, '').replace(/\\./gs, '');
  const outside = plain.replace(/\[\^?\]?(?:\[:[a-z^]+:\]|[^\]])*\]/g, '');
  const open = outside.split('(').length - outside.split(')').length;
  const wrong = plain.endsWith('\\')
    ? 'ends with a backslash'
    : outside.includes('[')
      ? 'has a [ that is not closed'
      : open > 0
        ? 'has a ( that is not closed'
        : open < 0
          ? 'has a ) that nothing opens'
          : /^[*+?]/.test(outside)
            ? 'begins with a repetition of nothing'
            : null;
  return wrong === null
    ? []
    : [problem(at, `the regular expression ${quote(text)} ${wrong}`, 'a character itself is written behind a backslash')];
}
