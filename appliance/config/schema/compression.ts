import { z } from 'zod';
import { advise, text } from './scalar.ts';

const TYPES = [
  'text/html',
  'text/css',
  'text/plain',
  'text/javascript',
  'application/javascript',
  'application/json',
  'application/xml',
  'image/svg+xml',
];

/** Compression of what a frontend or backend passes on. */
export const compression = z
  .strictObject({
    algo: z
      .array(z.enum(['gzip', 'deflate', 'raw-deflate']))
      .min(1, 'name an algorithm')
      .default(['gzip'])
      .describe('Algorithms, the preferred first.'),
    type: z
      .array(text('a media type', /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,63}$/, 'such as text/html'))
      .min(1, 'name a media type')
      .default(TYPES)
      .describe('Media types that are compressed.'),
    direction: z.enum(['response', 'request', 'both']).default('response').describe('What is compressed.'),
    offload: z.boolean().default(false).describe('Whether servers are kept from compressing themselves.'),
  })
  .check((context) => {
    const { algo, direction } = context.value;
    const add = (message: string, path: string[]) => context.issues.push({ code: 'custom', message, path, input: context.value });
    if (algo.includes('deflate') && algo.includes('raw-deflate'))
      add('deflate and raw-deflate are one to a client: name one of them', ['algo']);
    if (direction !== 'response' && algo.length > 1) add(advise('requests are compressed by one algorithm', 'name one'), ['algo']);
  })
  .optional()
  .describe('Compresses answers for clients that ask for it, without memory of what was before.');
