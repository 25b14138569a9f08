import { mapCall } from '../map-call.ts';
import { namedThing } from '../named-thing.ts';
import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { argumentsOf, type SamplePart, splitSample } from '../sample.ts';
import { samplesIn } from '../samples.ts';
import { type At, type Context, problem } from './context.ts';
import { checkRegex } from './regex.ts';
import { hasServer } from './servers.ts';

/** Checks what samples have in their arguments: names of things of the document, regular expressions, and maps, which HAProxy would take for files. */
export function checkSampleNames(context: Context): readonly Problem[] {
  return samplesIn(context.reads).flatMap(({ sample, at, isKey }) => {
    const found = (splitSample(sample) ?? []).flatMap((part, index) => checkPart(part, index === 0, at, context));
    return isKey ? found.map((each) => ({ ...each, on: 'key' as const })) : found;
  });
}

function checkPart(part: SamplePart, isFetch: boolean, at: At, context: Context): readonly Problem[] {
  const call = isFetch ? null : mapCall(part);
  if (call !== null) return checkMap(call, at, context);
  const [first = ''] = argumentsOf(part);
  if (part.word === 'regsub' && !isFetch) return checkRegex(first, at);
  const named = namedThing(part, isFetch);
  if (named === null) return [];
  const { kind, name } = named;
  if (name === null) return [problem(at, `${quote(part.word)} does not say which ${NOUNS[kind]}`, `write ${part.word}(NAME)`)];
  return kind === 'servers' ? checkServer(name, at, context) : context.reference(kind, name, at);
}

const NOUNS = {
  'stick-tables': 'stick table',
  backends: 'backend',
  frontends: 'frontend',
  userlists: 'userlist',
  servers: 'server',
} as const;

function checkMap({ map, match, output }: NonNullable<ReturnType<typeof mapCall>>, at: At, context: Context): readonly Problem[] {
  const missing = context.reference('maps', map, at);
  if (missing.length > 0) return missing;
  const own = Object.hasOwn(context.document.maps, map) ? context.document.maps[map]?.match : undefined;
  if (own === undefined || match === null || match === own || (match === 'regm' && own === 'reg')) return [];
  const meant = ['map', own, output].filter((each) => each !== null).join('_');
  return [problem(at, `map ${quote(map)} is matched by ${own}, not by ${match}`, `write map(${map}) or ${meant}(${map})`)];
}

/** A server: `backend/server`, or one of the backend in which the sample stands. */
function checkServer(name: string, at: At, context: Context): readonly Problem[] {
  const [server = '', backend = at[0] === 'backends' ? String(at[1]) : null] = name.split('/').reverse();
  if (backend === null)
    return at[0] === 'frontends' ? [problem(at, `${quote(name)} does not say which backend's server`, `write BACKEND/${server}`)] : [];
  const missing = context.reference('backends', backend, at);
  const { backends } = context.document;
  const own = Object.hasOwn(backends, backend) ? backends[backend] : undefined;
  if (missing.length > 0 || own === undefined || hasServer(own, server)) return missing;
  return [problem(at, `backend ${quote(backend)} has no server ${quote(server)}`, suggestion(server, Object.keys(own.servers)))];
}
