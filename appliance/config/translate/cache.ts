import type { Cache } from '../../../proxy/model/cache.ts';
import type { Document } from '../schema.ts';
import { wordsOf } from './words.ts';

/** A cache in long form. */
export function translateCache(name: string, { 'process-vary': varies, ...input }: Document['caches'][string]): Cache {
  return { name, settings: wordsOf({ ...input, 'process-vary': varies ? 'on' : false }, [...Object.keys(input), 'process-vary']) };
}
