import { z } from 'zod';
import { duration, text } from './scalar.ts';

/** The statistics page of a frontend. */
export const stats = z
  .strictObject({
    uri: text('a path', /^\/\S{0,250}$/, 'such as /stats')
      .default('/')
      .describe('Its path.'),
    refresh: duration().optional().describe('How often browsers load it anew.'),
    'show-legends': z.boolean().default(false).describe('Whether it shows more of each server, such as its address.'),
    'show-node': z.boolean().default(true).describe("Whether it shows this node's name."),
    'show-modules': z.boolean().default(false).describe('Whether it shows what HAProxy counts besides.'),
    'hide-version': z.boolean().default(true).describe("Whether HAProxy's version is kept from those who see it."),
  })
  .optional()
  .describe('The statistics page of HAProxy, on this frontend.');
