import { z } from 'zod';
import { luaName } from '../lua.ts';
import { advise, describeValue, reference, text } from '../scalar.ts';
import { CONTENT, EVERY_HTTP, verb } from '../verb.ts';

/** Verbs that hand a request to something that answers in the place of a server, or that decides. */
export const standInVerbs = {
  'cache-use': verb(
    ['http-request'],
    reference('caches'),
    'Answers from this cache where it can; without it, nothing is kept in it either.',
  ),
  'cache-store': verb(['http-response'], reference('caches'), 'Keeps the response in this cache, if it may be kept.'),
  'use-service': verb(
    ['tcp-request content', 'http-request'],
    text('a service', /^(?:prometheus-exporter|lua\.[A-Za-z0-9_.-]{1,64})$/, 'prometheus-exporter, or lua. and the name of a service'),
    'Answers itself: prometheus-exporter with metrics of this node for Prometheus, lua. and a name with what a script has registered.',
  ),
  lua: verb(
    [...CONTENT, ...EVERY_HTTP],
    z.union(
      [
        luaName(),
        z.strictObject({
          action: luaName().describe('The name of the action.'),
          args: z
            .array(z.string().min(1, 'the argument is empty').max(1000))
            .min(1, 'name an argument')
            .describe('What it is given, as many as it has registered.'),
        }),
      ],
      { error: (issue) => advise(`expected the name of an action, or a map, got ${describeValue(issue.input)}`, 'such as lua: greet') },
    ),
    'Does what a script has registered as an action of this name.',
  ),
} as const;
