import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import type { Pattern, TestInput } from '../schema/condition.ts';
import { type At, problem, warning } from './context.ts';
import { BOOLEAN_FETCHES } from './sample-words.ts';

/** What is wrong with a pattern: a message, what to do, and whether the rule works all the same. */
interface Wrong {
  readonly message: string;
  readonly hint: string;
  readonly isWarning?: true;
}

/** Samples that are addresses: HAProxy looks other patterns up as host names, once, when it starts. */
const ADDRESSES = /^(?:(?:[bf]c_)?(?:src|dst)|(?:(?:req\.|res\.|s)?hdr_ip|url_ip)(?:\(.*\))?)$/;

/** Checks what a sample is held against: HAProxy takes patterns that the sample can never have, and the rule would never apply. */
export function checkPatterns(sample: string, test: TestInput, at: At): readonly Problem[] {
  const isList = Array.isArray(test);
  if (typeof test === 'boolean' || (typeof test === 'object' && !isList)) return [];
  return [test as Pattern | readonly Pattern[]].flat().flatMap((pattern, index) => {
    const wrong = wrongPattern(sample, String(pattern));
    if (wrong === null) return [];
    const place = isList ? [...at, index] : at;
    return [wrong.isWarning === true ? warning(place, wrong.message, wrong.hint) : problem(place, wrong.message, wrong.hint)];
  });
}

function wrongPattern(sample: string, pattern: string): Wrong | null {
  if (BOOLEAN_FETCHES.has(sample.replace(/\(.*$/s, '')) && !sample.includes(',')) {
    const hint = /^(?:no|off|n|false|0)$/i.test(pattern) ? 'write false, without quotes' : 'write true or false, without quotes';
    return { message: `${quote(sample)} is true or false, never ${quote(pattern)}`, hint };
  }
  if (ADDRESSES.test(sample) && !isAddress(pattern))
    return { message: `${quote(pattern)} is not an address or network`, hint: 'such as 198.51.100.7, 10.0.0.0/8 or "2001:db8::/32"' };
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
    return { message: `no host is called ${quote(pattern)}`, hint: 'for all names below a domain write hdr_end(host): .example.com' };
  if (/[^:]:[0-9]+$/.test(pattern)) return { message: `host is without its port, never ${quote(pattern)}`, hint: 'write the name alone' };
  return null;
}
