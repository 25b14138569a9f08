import { z } from 'zod';
import { advise, integer, text } from './scalar.ts';

/** The largest cache, in megabytes (configuration manual, 6.2.1 "total-max-size"). */
const LARGEST = 4095;
const MEGABYTE = 2 ** 20;

/** A name that HAProxy does not cut: 32 characters (configuration manual, 6.2.1; src/cache.c). */
const cacheName = () =>
  text(
    'the name of a cache',
    /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/,
    'it begins with a letter; letters, digits, "_", "." and "-" follow, at most 32 characters',
  );

/** Caches in memory by name. */
export const caches = z
  .record(
    cacheName(),
    z
      .strictObject({
        'total-max-size': integer(1, LARGEST).describe('Megabytes of memory that it takes.'),
        'max-object-size': integer(1, (LARGEST * MEGABYTE) / 2)
          .optional()
          .describe('Bytes of the largest response that is kept, at most half of the cache; a 256th of it unless given.'),
        'max-age': integer(1, 2 ** 31 - 1)
          .optional()
          .describe('Seconds that a response is kept at most; 60 unless given.'),
        'process-vary': z
          .boolean()
          .default(false)
          .describe('Whether responses with Vary are kept, one for each Accept-Encoding, Referer and Origin.'),
        'max-secondary-entries': integer(1, 1_000_000)
          .optional()
          .describe('Responses to one URL at most, with process-vary; 10 unless given.'),
      })
      .check((context) => {
        const {
          'total-max-size': total,
          'max-object-size': object,
          'process-vary': varies,
          'max-secondary-entries': entries,
        } = context.value;
        const add = (message: string, key: string) => context.issues.push({ code: 'custom', message, path: [key], input: context.value });
        const half = (total * MEGABYTE) / 2;
        if (object !== undefined && object > half)
          add(advise(`an object of ${object} bytes is more than half of the cache`, `write at most ${half}`), 'max-object-size');
        if (entries !== undefined && !varies)
          add(advise('max-secondary-entries needs process-vary', 'write process-vary: true'), 'max-secondary-entries');
      }),
  )
  .default({})
  .describe('Caches in memory by name, for the verbs cache-use and cache-store.');
