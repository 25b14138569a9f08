import type { Words } from '../model/bind.ts';
import { type Line, placed } from './line.ts';
import { line } from './quote.ts';

/** Words of a line one after the other: each keyword, and its value behind it. */
export function wordList(words: Words): string[] {
  return Object.entries(words).flatMap(([key, value]) => (value === true ? [key] : [key, String(value)]));
}

/** A line for each word of a section, at its own place; a word may be two, such as `rate-limit sessions`. */
export function settingLines(words: Words): readonly Line[] {
  return Object.entries(words).flatMap(([key, value]) => placed([key], [line(...key.split(' '), ...(value === true ? [] : [value]))]));
}
