import type { Problem } from '../problem.ts';
import { type Read, readingsIn } from '../schema/reading.ts';
import { documentSchema } from '../schema.ts';
import { checkSample } from './conditions.ts';
import type { Context } from './context.ts';
import { checkFormat } from './formats.ts';
import { checkRegex } from './regex.ts';
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
