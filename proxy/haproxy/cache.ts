import type { Cache } from '../model/cache.ts';
import { type Line, placed } from './line.ts';
import { name } from './quote.ts';
import { settingLines } from './words.ts';

/** The section of a cache (configuration manual, 6.2.1). */
export function cacheSection(cache: Cache): readonly Line[] {
  return placed(['caches', cache.name], [`cache ${name(cache.name)}`, ...settingLines(cache.settings)]);
}
