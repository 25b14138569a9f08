import { type Problem, quote } from '../problem.ts';
import { type Read, readingsIn } from '../schema/reading.ts';
import { documentSchema } from '../schema.ts';
import { checkSample } from './conditions.ts';
import { type At, type Context, problem } from './context.ts';
import { checkFormat } from './formats.ts';
import { rulesetAt } from './rule-lists.ts';
import { checkStage } from './stages.ts';

/** Checks what the document's texts are for HAProxy: samples, log formats and names, each where the schema says so. */
export function checkReadings(context: Context): readonly Problem[] {
  return readingsIn(documentSchema, context.document).flatMap((read) => checkRead(read, context));
}

function checkRead({ reading, text, at }: Read, { reference }: Context): readonly Problem[] {
  const ruleset = rulesetAt(at);
  switch (reading.kind) {
    case 'sample':
      return [...(ruleset === null ? [] : checkStage(text, ruleset, at)), ...checkSample(text, at)];
    case 'log-format':
      return checkFormat(text, ruleset, at);
    case 'name':
      return reference(reading.of, text, at);
    case 'regex':
      return checkRegex(text, at);
  }
}

/** Finds what no regular expression of any kind closes; HAProxy's own PCRE2 judges the rest. */
function checkRegex(text: string, at: At): readonly Problem[] {
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
          : null;
  return wrong === null
    ? []
    : [problem(at, `the regular expression ${quote(text)} ${wrong}`, 'a character itself is written behind a backslash')];
}
