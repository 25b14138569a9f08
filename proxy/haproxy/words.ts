import type { Words } from '../model/bind.ts';

/** Words of a line one after the other: each keyword, and its value behind it. */
export function wordList(words: Words): string[] {
  return Object.entries(words).flatMap(([key, value]) => (value === true ? [key] : [key, String(value)]));
}
