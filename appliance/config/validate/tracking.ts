import type { Problem } from '../problem.ts';
import { checkSample } from './conditions.ts';
import type { Context } from './context.ts';
import { checkStage } from './stages.ts';

/** Checks the rules that count: what they count by is known where they run, and their table exists. */
export function checkTracking({ ruleLists, reference }: Context): readonly Problem[] {
  return ruleLists.flatMap(({ ruleset, rules, at }) =>
    rules.flatMap((rule, index) => {
      const keys = (['track-sc0', 'track-sc1', 'track-sc2'] as const).flatMap((verb) => {
        const [sample, place] = [rule[verb], [...at, index, verb]];
        return sample === undefined ? [] : [...checkStage(sample, ruleset, place), ...checkSample(sample, place)];
      });
      return [...keys, ...(rule.table === undefined ? [] : reference('stick-tables', rule.table, [...at, index, 'table']))];
    }),
  );
}
