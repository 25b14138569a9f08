import { suggestion } from '../nearest.ts';
import type { Problem } from '../problem.ts';
import type { ConditionInput } from '../schema/condition.ts';
import type { Read } from '../schema/reading.ts';
import { checkCondition, checkSample } from './conditions.ts';
import { type At, type Context, problem } from './context.ts';
import { type ExtentCheck, extentCheck } from './extent.ts';
import { checkFormat } from './formats.ts';
import { checkRegex } from './regex.ts';
import { rulesetAt } from './rule-lists.ts';
import { checkStage } from './stages.ts';

/** Checks what the document's texts are for HAProxy: samples, log formats and names, each where the schema says so. */
export function checkReadings(context: Context): readonly Problem[] {
  const checkExtent = extentCheck(context);
  return context.reads.flatMap((read) =>
    read.reading.kind === 'condition'
      ? checkWholeCondition(read.value as ConditionInput, read.at, context, checkExtent)
      : checkText(read.reading, String(read.value), read.at, context),
  );
}

/** A condition by itself. What a rule makes of its two is measured where the rules are. */
function checkWholeCondition(input: ConditionInput, at: At, context: Context, checkExtent: ExtentCheck): readonly Problem[] {
  const isOfRule = at[0] === 'acls' || rulesetAt(at) !== null;
  return [...checkCondition(input, at, context), ...(isOfRule ? [] : checkExtent({ if: input }, at))];
}

function checkText(
  reading: Exclude<Read['reading'], { kind: 'condition' }>,
  text: string,
  at: At,
  { reference, files }: Context,
): readonly Problem[] {
  const ruleset = rulesetAt(at);
  switch (reading.kind) {
    case 'sample':
      return [...(ruleset === null ? [] : checkStage(text, ruleset, at)), ...checkSample(text, at)];
    case 'log-format':
      return checkFormat(text, ruleset, at);
    case 'file':
      return files === null || files[reading.folder].has(text)
        ? []
        : [missingFile(reading.folder, text, [...files[reading.folder].keys()], at)];
    case 'name':
      return reference(reading.of, text, at);
    case 'regex':
      return checkRegex(text, at);
  }
}

function missingFile(folder: string, name: string, known: readonly string[], at: At): Problem {
  const hint =
    known.length === 0
      ? `the folder ${folder} is empty`
      : (suggestion(name, known) ?? `there is: ${known.toSorted().slice(0, 20).join(', ')}`);
  return problem(at, `the file ${folder}/${name} is missing`, hint);
}
