import { mapCall } from '../map-call.ts';
import { type Problem, quote } from '../problem.ts';
import { type SamplePart, splitSample } from '../sample.ts';
import { samplesIn } from '../samples.ts';
import { type At, type Context, problem } from './context.ts';

/** Fetches whose first argument is the name of a userlist (configuration manual, 7.3.6 "http_auth"). */
const AUTH: ReadonlySet<string> = new Set(['http_auth', 'http_auth_group']);

/** Checks the things of the document that samples name in their arguments: maps, which HAProxy would take for files, and userlists. */
export function checkSampleNames(context: Context): readonly Problem[] {
  return samplesIn(context.document).flatMap(({ sample, at, isKey }) => {
    const found = (splitSample(sample) ?? []).flatMap((part) => checkPart(part, at, context));
    return isKey ? found.map((each) => ({ ...each, on: 'key' as const })) : found;
  });
}

function checkPart(part: SamplePart, at: At, context: Context): readonly Problem[] {
  const { word, args } = part;
  if (AUTH.has(word)) {
    const [list = ''] = (args ?? '').split(',');
    return context.reference('userlists', list, at);
  }
  const call = mapCall(part);
  if (call === null) return [];
  const { map, match, output } = call;
  const missing = context.reference('maps', map, at);
  if (missing.length > 0) return missing;
  const own = Object.hasOwn(context.document.maps, map) ? context.document.maps[map]?.match : undefined;
  if (own === undefined || match === null || match === own || (match === 'regm' && own === 'reg')) return [];
  const meant = ['map', own, output].filter((each) => each !== null).join('_');
  return [problem(at, `map ${quote(map)} is matched by ${own}, not by ${match}`, `write map(${map}) or ${meant}(${map})`)];
}
