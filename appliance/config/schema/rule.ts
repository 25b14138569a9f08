import { z } from 'zod';
import { conditions } from './condition.ts';
import { readings } from './reading.ts';
import { advise, describeValue, integer, reference, text } from './scalar.ts';

const yes = z.literal(true, { error: () => 'expected true' });
const denied = (what: string) =>
  z
    .union([z.literal(true), integer(200, 599)], {
      error: (issue) => `expected a status from 200 to 599, or true, got ${describeValue(issue.input)}`,
    })
    .optional()
    .describe(`${what}, with this status; true means 403.`);

/** A header's name: a token (RFC 9110, 5.6.2). */
export const headerName = () => text('a header name', /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/);
const headers = (what: string) =>
  z
    .record(headerName(), logFormat(advise('the value is empty', 'del-header removes a header')))
    .refine((map) => Object.keys(map).length > 0, 'name a header')
    .optional()
    .describe(`${what}: names and log-format values, so that %[src] is the client's address.`);

/** A sample expression: a fetch and converters, no white space (configuration manual, 7.1, 7.3). */
export const sample = () =>
  text('a sample', /^[a-z][a-z0-9_.+]*(?:[(,][^\s]*)?$/, 'a HAProxy sample, such as src or req.hdr(X-Tenant),lower').register(readings, {
    kind: 'sample',
  });

/** A log-format string: text with samples in %[…] (configuration manual, 8.2.6). Most headers and URLs that HAProxy writes are such. */
export const logFormat = (empty = 'the text is empty') => z.string().min(1, empty).register(readings, { kind: 'log-format' });

const tracking = {
  'track-sc0': sample().optional().describe('Counts in counter 0 of table what this sample names.'),
  'track-sc1': sample().optional().describe('Counts in counter 1 of table what this sample names.'),
  'track-sc2': sample().optional().describe('Counts in counter 2 of table what this sample names.'),
  table: reference('stick-tables').optional().describe('The stick table that a track-sc rule counts in.'),
};

const connection = {
  accept: yes.optional().describe('Accepts; no later rule is looked at.'),
  reject: yes.optional().describe('Closes the connection.'),
  'silent-drop': yes.optional().describe('Drops the connection without telling the client.'),
};

const redirect = z
  .strictObject({
    scheme: text('a scheme', /^https?$/)
      .optional()
      .describe('The same URL with this scheme.'),
    location: logFormat().optional().describe('This URL, a log-format string.'),
    prefix: logFormat().optional().describe('This text before the path, a log-format string.'),
    code: z
      .literal([301, 302, 303, 307, 308], { error: () => 'the code of a redirect is 301, 302, 303, 307 or 308' })
      .default(302)
      .describe('Status of the answer.'),
  })
  .check((context) => {
    const given = (['scheme', 'location', 'prefix'] as const).filter((key) => context.value[key] !== undefined);
    if (given.length === 1) return;
    context.issues.push({
      code: 'custom',
      message: advise(
        'a redirect needs one of scheme, location and prefix',
        given.length > 1 ? `there are ${given.join(' and ')}` : undefined,
      ),
      input: context.value,
    });
  })
  .optional()
  .describe('Answers with a redirection.');

const headerVerbs = {
  'set-header': headers('Sets headers'),
  'add-header': headers('Adds headers, keeping those there are'),
  'del-header': z
    .union([headerName(), z.array(headerName()).min(1, 'name a header')])
    .optional()
    .describe('Removes the header, or each of a list.'),
};

/** Keys of a rule that are no verbs. */
const OPTIONS: readonly string[] = ['if', 'unless', 'table'];

/** A list of rules: each a map with one verb, what belongs to it, and conditions. */
function rules<Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string) {
  const verbs = Object.keys(shape).filter((key) => !OPTIONS.includes(key));
  const rule = z.strictObject({ ...shape, ...conditions }).check((context) => {
    const given = Object.keys(context.value).filter((key) => !OPTIONS.includes(key));
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    const mistyped = context.issues.some(({ code }) => code === 'unrecognized_keys');
    if (given.length === 0 && !mistyped) add(advise('the rule does nothing', `its first key is one of ${verbs.join(', ')}`));
    if (given.length > 1) add(advise(`a rule has one verb, here are ${given.join(' and ')}`, 'write one rule for each'));
    const tracks = given.some((verb) => verb.startsWith('track-'));
    if (tracks && !('table' in context.value)) add(advise(`${given.join()} needs a table`, 'write table: and the name of a stick table'));
    if (!tracks && 'table' in context.value) add('only a track-sc rule has a table', ['table']);
  });
  return z.array(rule).default([]).describe(description);
}

/** Rules on connections. */
export const tcpRequestConnection = rules({ ...connection, ...tracking }, 'Rules for a connection as soon as it is there, in order.');

/** Rules on the first bytes of a connection. */
export const tcpRequestContent = rules({ ...connection, ...tracking }, 'Rules for the first bytes that a client sends, in order.');

/** Rules on HTTP requests. */
export const httpRequest = rules(
  {
    redirect,
    ...tracking,
    deny: denied('Refuses the request'),
    tarpit: denied('Refuses the request after the tarpit timeout, so that the client waits'),
    reject: connection.reject,
    'silent-drop': connection['silent-drop'],
    ...headerVerbs,
    'set-path': logFormat().optional().describe('Replaces the path, a log-format string.'),
  },
  'Rules for each request, in order.',
);

/** Rules on HTTP responses. */
export const httpResponse = rules({ ...headerVerbs, deny: denied('Refuses the response') }, 'Rules for each response, in order.');
