import { z } from 'zod';
import { conditions } from './condition.ts';
import { advise, duration, reference, text } from './scalar.ts';

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
    auth: reference('userlists').optional().describe('Only these users see it, with their passwords.'),
    admin: z
      .union([z.literal(true), z.strictObject(conditions)], { error: () => advise('expected true or a map with if or unless') })
      .optional()
      .describe('Who takes servers out and back on it: true for every user of auth, or a condition.'),
    'hide-version': z.boolean().default(true).describe("Whether HAProxy's version is kept from those who see it."),
  })
  .refine(({ admin, auth }) => admin === undefined || auth !== undefined, {
    error: () => advise('admin needs auth: anybody could take servers out', 'write auth: and the name of a userlist'),
    path: ['admin'],
  })
  .optional()
  .describe('The statistics page of HAProxy, on this frontend.');
