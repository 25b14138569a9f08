import { FORMAT_PART } from '../log-format.ts';
import { type Problem, quote } from '../problem.ts';
import { checkSample } from './conditions.ts';
import { type At, problem } from './context.ts';
import type { Ruleset } from './rule-lists.ts';
import { REQUEST_FETCHES } from './sample-words.ts';
import { checkLogged, checkStage } from './stages.ts';

/** Aliases of HAProxy's log formats, as `%ci` (configuration manual, 8.2.6; a container test tries them). */
export const ALIASES: ReadonlySet<string> = new Set(
  'B CC CS H HM HP HPO HQ HU HV ID ST T TR Ta Tc Td Th Ti Tl Tq Tr Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft hr hrl hs hsl lc ms o pid r rc rt s sc si sp sq sslc sslv t tr trg trl ts tsc'.split(
    ' ',
  ),
);

/** Keys whose text is written when everything is over. */
const LOGS: readonly string[] = ['log-format', 'error-log-format', 'log-format-sd'];

/** A health check has no client whose request or response could be asked. */
function checkProbe(sample: string, at: At): readonly Problem[] {
  const word = sample.replace(/[(,].*$/s, '');
  return REQUEST_FETCHES.has(word) || /^(?:(?:[bf]c_)?(?:src|dst)|ssl_fc|hdr|method$|capture\.)/.test(word)
    ? [problem(at, `${quote(sample)} is not known to a health check`, 'a check has no client; write the text itself')]
    : [];
}

/** Checks a log format: HAProxy reads `%` in it and refuses what it does not know. `ruleset`: where a rule has it; null: it is a log's. */
export function checkFormat(value: string, ruleset: Ruleset | null, at: At): readonly Problem[] {
  return [...value.matchAll(FORMAT_PART)].flatMap(({ 0: part, index, groups = {} }): readonly Problem[] => {
    const { sample, alias, other } = groups;
    // Here, unlike in a rule, an argument may have spaces.
    if (sample !== undefined)
      return [
        ...checkSample(
          sample.replace(/\([^)]*\)/g, (args) => args.replace(/\s/g, '_')),
          at,
        ),
        ...(ruleset !== null
          ? checkStage(sample, ruleset, at)
          : LOGS.includes(String(at.at(-1)))
            ? checkLogged(sample, at)
            : at.includes('check')
              ? checkProbe(sample, at)
              : []),
      ];
    if (alias !== undefined && !ALIASES.has(alias))
      return [problem(at, `${quote(part)} is no word of a log format`, 'a percent sign itself is written %%; a sample stands in %[…]')];
    if (other === undefined) return [];
    const unclosed = /^[([{]/.test(value.slice(index + part.length)) || part.length > 1;
    return unclosed
      ? [problem(at, `what ${quote(value.slice(index, index + 20))} opens is not closed`, 'write %[src], or %% for a percent sign itself')]
      : [problem(at, 'a percent sign stands alone', 'a percent sign itself is written %%; a sample stands in %[…]')];
  });
}
