import { z } from 'zod';
import { readings } from '../reading.ts';
import { advise, describeValue, fileName, integer, text } from '../scalar.ts';
import { EVERY_HTTP, HTTP, headerName, logFormat, named, TCP, verb, yes } from '../verb.ts';

const CONTENT_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:; ?[a-z-]+=[^\s;"]+)*$/;

const status = () => integer(200, 599);

/** Where the body of an answer comes from. */
const BODIES = ['file', 'lf-file', 'string', 'lf-string'] as const;

function bodiesOf(value: Readonly<Partial<Record<(typeof BODIES)[number], unknown>>>): readonly string[] {
  return BODIES.filter((body) => value[body] !== undefined);
}

/** A file in the folder pages. */
const page = () => fileName('pages').register(readings, { kind: 'file', folder: 'pages' });

/** An answer of the proxy's own. */
const answer = z
  .strictObject({
    status: status().optional().describe('The status of the answer.'),
    'content-type': text('a content type', CONTENT_TYPE, 'such as text/plain or application/json')
      .optional()
      .describe('The type of its body; text/plain unless given, for a text.'),
    file: page().optional().describe('Its body: a file in the folder pages, as it is.'),
    'lf-file': page().optional().describe('Its body: a file in the folder pages, read as a log-format string.'),
    string: z.string().min(1, 'the text is empty').optional().describe('Its body, as it is.'),
    'lf-string': logFormat().optional().describe('Its body, a log-format string.'),
    hdr: named(headerName(), logFormat(), 'name a header').optional().describe('Its headers: names and log-format values.'),
  })
  .check((context) => {
    const bodies = bodiesOf(context.value);
    const type = context.value['content-type'];
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    if (bodies.length > 1) add(`an answer has one body, here are ${bodies.join(' and ')}`);
    if (type !== undefined && bodies.length === 0)
      add(advise('content-type needs a body', 'write string:, lf-string:, file: or lf-file:'), ['content-type']);
    if (type === undefined && bodies.some((body) => body.endsWith('file'))) add(advise('a file needs a content-type', 'such as text/html'));
  });

/** A body makes headers possible: without one HAProxy sends its own page, as it is. */
const refusal = () =>
  z.union(
    [
      z.literal(true),
      status(),
      answer.refine((value) => value.hdr === undefined || bodiesOf(value).length > 0, {
        error: () => advise('hdr needs a body', 'write string:, lf-string:, file: or lf-file:'),
        path: ['hdr'],
      }),
    ],
    { error: (issue) => `expected a status from 200 to 599, a map, or true, got ${describeValue(issue.input)}` },
  );

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
    'drop-query': z.boolean().default(false).describe('With prefix: the query is left out.'),
    'append-slash': z.boolean().default(false).describe('With prefix and drop-query: the path gets a slash at its end.'),
    'ignore-empty': z.boolean().default(false).describe('With location: if that is empty, there is no redirection.'),
    'set-cookie': text('a cookie', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=[^\s;,"\\]*)?$/, 'NAME or NAME=value')
      .optional()
      .describe('Sets this cookie, NAME=value.'),
    'clear-cookie': text('a cookie', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+=?$/, 'NAME or NAME=')
      .optional()
      .describe('Removes this cookie.'),
  })
  .check((context) => {
    const { value } = context;
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: value });
    const given = (['scheme', 'location', 'prefix'] as const).filter((key) => value[key] !== undefined);
    if (given.length !== 1)
      add(advise('a redirect needs one of scheme, location and prefix', given.length > 1 ? `there are ${given.join(' and ')}` : undefined));
    if (value['drop-query'] && value.prefix === undefined) add('drop-query needs prefix', ['drop-query']);
    if (value['append-slash'] && !value['drop-query']) add('append-slash needs drop-query', ['append-slash']);
    if (value['ignore-empty'] && value.location === undefined) add('ignore-empty needs location', ['ignore-empty']);
    if (value['set-cookie'] !== undefined && value['clear-cookie'] !== undefined)
      add('a redirect sets a cookie or clears one, not both', ['clear-cookie']);
  });

/** Verbs that end a connection, a request or the rules. */
export const answers = {
  accept: verb(TCP, yes(), 'Accepts; no later rule is looked at.'),
  allow: verb(EVERY_HTTP, yes(), 'Lets it pass; no later rule is looked at.'),
  reject: verb([...TCP, 'http-request'], yes(), 'Closes the connection.'),
  'silent-drop': verb([...TCP, ...HTTP], yes(), 'Drops the connection without telling the client.'),
  close: verb(['tcp-response content'], yes(), 'Closes the connection to the server.'),
  redirect: verb(HTTP, redirect, 'Answers with a redirection.'),
  deny: verb(HTTP, refusal(), 'Refuses it with a status, or an answer of its own; true means 403.'),
  tarpit: verb(['http-request'], refusal(), 'Like deny, but the client waits first for the tarpit timeout; true means 403.'),
  return: verb(
    HTTP,
    z.union([status(), answer], { error: (issue) => `expected a status from 200 to 599 or a map, got ${describeValue(issue.input)}` }),
    'Answers with a status, a body and headers.',
  ),
  auth: verb(
    ['http-request'],
    z.union([yes(), text('a realm', /^[^"\\]{1,128}$/)], {
      error: (issue) => `expected a realm, or true, got ${describeValue(issue.input)}`,
    }),
    'Asks for a name and a password, for this realm.',
  ),
} as const;
