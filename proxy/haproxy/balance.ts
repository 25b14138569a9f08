import type { Balance } from '../model.ts';
import { line } from './quote.ts';

/** Algorithms whose argument stands in parentheses behind their name; that of the others follows as a word. */
const called = new Set(['hdr', 'random', 'rdp-cookie']);

/** The lines that say how a backend chooses a server. */
export function balanceLines({ algorithm, argument, words, hashType, hashBalanceFactor }: Balance): readonly string[] {
  const named = argument === null ? [algorithm] : called.has(algorithm) ? [`${algorithm}(${argument})`] : [algorithm, argument];
  return [
    line('balance', ...named, ...words),
    ...(hashType === null ? [] : [line('hash-type', ...hashType.split(' '))]),
    ...(hashBalanceFactor === null ? [] : [line('hash-balance-factor', hashBalanceFactor)]),
  ];
}
