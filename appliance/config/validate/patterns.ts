import { type Problem, quote } from '../problem.ts';
import { type SampleType, splitSample, typeOfSample } from '../sample.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import { MATCHES, type Match, type Pattern, type TestInput, type TestMap } from '../schema/condition.ts';
import { type At, problem, warning } from './context.ts';
import { checkRegex } from './regex.ts';
import { ACL_WORDS } from './sample-words.ts';

/** What is wrong with a pattern: a message, what to do, and whether the rule works all the same. */
interface Wrong {
  readonly message: string;
  readonly hint: string;
  readonly isWarning?: true;
}

/** Ways to match that what a sample gives can never be matched in: HAProxy refuses them (configuration manual, 7.1; a container test tries them). */
export const IMPOSSIBLE: Readonly<Record<SampleType, readonly Match[]>> = {
  bool: ['ip'],
  addr: ['int'],
  bin: ['int', 'ip'],
  meth: ['int', 'ip'],
  any: [],
  text: [],
};

/** What a sample of a type is called. */
const NOUNS: Readonly<Record<SampleType, string>> = {
  bool: 'true or false',
  addr: 'an address',
  bin: 'bytes',
  meth: 'a method',
  any: 'anything',
  text: 'a text',
};

/** Checks what a sample is held against: HAProxy takes patterns that the sample can never have, and the rule would never apply. */
export function checkPatterns(sample: string, test: TestInput, at: At): readonly Problem[] {
  if (typeof test === 'boolean') return [];
  if (typeof test === 'object' && !Array.isArray(test)) return checkTests(sample, test as TestMap, at);
  const usual = usualMatch(sample);
  return eachPattern(test as Pattern | readonly Pattern[], at, (pattern, place) =>
    usual === 'reg' ? checkRegex(pattern, place) : told(wrongPattern(sample, pattern), place),
  );
}

/** How an ACL word matches by itself: `path_beg` and others say it at their end. */
function usualMatch(sample: string): Match | null {
  const parts = splitSample(sample) ?? [];
  const word = parts[0]?.word ?? '';
  return parts.length === 1 && ACL_WORDS.has(word) ? (MATCHES.find((match) => word.endsWith(`_${match}`)) ?? null) : null;
}

function checkTests(sample: string, tests: TestMap, at: At): readonly Problem[] {
  const type = typeOfSample(sample);
  const usual = usualMatch(sample);
  return MATCHES.flatMap((match) => {
    const patterns = tests[match];
    if (patterns === undefined) return [];
    const place = [...at, match];
    const onKey = (message: string, hint: string): readonly Problem[] => [{ ...problem(place, message, hint), on: 'key' }];
    if (usual !== null)
      return onKey(`${quote(sample)} says how it is matched already: ${usual}`, 'write the patterns behind it, or another sample');
    if (IMPOSSIBLE[type].includes(match)) return onKey(`${quote(sample)} is ${NOUNS[type]}, which ${match} never matches`, possible(type));
    return eachPattern(patterns, place, (pattern, each) => checkPattern(sample, match, pattern, each));
  });
}

function possible(type: SampleType): string {
  return type === 'bool'
    ? 'write true or false'
    : `it can be matched by ${MATCHES.filter((each) => !IMPOSSIBLE[type].includes(each)).join(', ')}`;
}

function checkPattern(sample: string, match: Match, pattern: string, at: At): readonly Problem[] {
  if (match === 'reg') return checkRegex(pattern, at);
  if (match === 'ip' && !isAddress(pattern)) return told(NO_ADDRESS(pattern), at);
  if (match === 'bin' && !/^(?:[0-9A-Fa-f]{2})+$/.test(pattern))
    return [problem(at, `${quote(pattern)} is not bytes in hexadecimal digits`, 'two digits a byte: 474554')];
  return match === 'str' ? told(wrongPattern(sample, pattern), at) : [];
}

const NO_ADDRESS = (pattern: string): Wrong => ({
  message: `${quote(pattern)} is not an address or network`,
  hint: 'such as 198.51.100.7, 10.0.0.0/8 or "2001:db8::/32"',
});

function eachPattern(
  patterns: Pattern | readonly Pattern[],
  at: At,
  check: (pattern: string, at: At) => readonly Problem[],
): readonly Problem[] {
  const isList = Array.isArray(patterns);
  return [patterns].flat().flatMap((pattern, index) => check(String(pattern), isList ? [...at, index] : at));
}

function told(wrong: Wrong | null, at: At): readonly Problem[] {
  if (wrong === null) return [];
  return [wrong.isWarning === true ? warning(at, wrong.message, wrong.hint) : problem(at, wrong.message, wrong.hint)];
}

function wrongPattern(sample: string, pattern: string): Wrong | null {
  if (typeOfSample(sample) === 'bool') {
    const hint = /^(?:no|off|n|false|0)$/i.test(pattern) ? 'write false, without quotes' : 'write true or false, without quotes';
    return { message: `${quote(sample)} is true or false, never ${quote(pattern)}`, hint };
  }
  if (typeOfSample(sample) === 'addr' && !isAddress(pattern)) return NO_ADDRESS(pattern);
  if (sample === 'method' && /^[a-z]+$/.test(pattern))
    return { message: `no client sends the method ${quote(pattern)}`, hint: `write ${pattern.toUpperCase()}` };
  if (sample === 'host') return wrongHost(pattern);
  if ((sample === 'path' || sample === 'path_beg') && !/^[/*]/.test(pattern))
    return { message: `no path begins with ${quote(pattern)}`, hint: 'a path begins with /', isWarning: true };
  return null;
}

function isAddress(pattern: string): boolean {
  return parseAddress(pattern) !== null || parseNetwork(pattern) !== null;
}

function wrongHost(pattern: string): Wrong | null {
  if (pattern.includes('*'))
    return { message: `no host is called ${quote(pattern)}`, hint: 'for all names below a domain write host: { end: .example.com }' };
  if (/[^:]:[0-9]+$/.test(pattern)) return { message: `host is without its port, never ${quote(pattern)}`, hint: 'write the name alone' };
  return null;
}
