import { z } from 'zod';
import { condition } from './condition.ts';
import { readings } from './reading.ts';
import { headerName, logFormat } from './rule.ts';
import { advise, fileName, name, reference, text } from './scalar.ts';

/** Statuses that HAProxy makes itself (configuration manual, 4.2 "http-error"). */
const STATUSES = ['200', '400', '401', '403', '404', '405', '407', '408', '410', '413', '425', '429', '500', '501', '502', '503', '504'];

const mediaType = () =>
  text('a media type', /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,63}(?:; ?charset=[A-Za-z0-9-]+)?$/, 'such as text/html');

/** A file in the folder pages. */
const page = () => fileName('pages').register(readings, { kind: 'file', folder: 'pages' });

const ownAnswer = z
  .strictObject({
    'content-type': mediaType().optional().describe('The media type of the body, such as text/html.'),
    file: page().optional().describe('The body: a file in the folder pages.'),
    string: z.string().min(1, 'the text is empty').optional().describe('The body, as it is.'),
    'lf-string': logFormat().optional().describe('The body, a log-format string.'),
    hdr: z.record(headerName(), logFormat()).default({}).describe('Headers of the answer, log-format values.'),
  })
  .check((context) => {
    const bodies = (['file', 'string', 'lf-string'] as const).filter((body) => context.value[body] !== undefined);
    const add = (message: string) => context.issues.push({ code: 'custom', message, input: context.value });
    if (bodies.length > 1) add(`an answer has one body, here are ${bodies.join(' and ')}`);
    if (bodies.length === 1 && context.value['content-type'] === undefined) add(advise('a body needs a content-type', 'such as text/html'));
  });

const ownStatus = () =>
  text("a status of HAProxy's own answers", new RegExp(`^(?:${STATUSES.join('|')})$`), `it makes ${STATUSES.join(', ')} itself`);

/** Groups of errors by name, which several sections share (configuration manual, 3.8). */
export const httpErrors = z
  .record(
    name(),
    z
      .record(ownStatus(), page())
      .refine((group) => Object.keys(group).length > 0, 'name a status and a file')
      .describe(
        'Whole answers by status: files in the folder pages that begin with HTTP/1.1 and a status, with headers, an empty line and a body.',
      ),
  )
  .default({})
  .describe("Groups of HAProxy's own errors by name, for errorfiles: { site: { 503: sorry.http } }.");

/** What sections take of such groups. */
export const errorfiles = z
  .array(
    z.union([
      reference('http-errors'),
      z.strictObject({
        name: reference('http-errors').describe('The group.'),
        status: z
          .array(z.literal(STATUSES.map(Number)))
          .min(1, 'name a status')
          .describe('What is taken of it: [503].'),
      }),
    ]),
  )
  .default([])
  .describe(
    'Groups of http-errors that this section has: their names, or maps that say which of their answers; the last with a status counts.',
  );

/** HAProxy's own errors by status, in the place of its usual ones. */
export const httpError = z
  .record(ownStatus(), ownAnswer)
  .default({})
  .describe("Answers by status in the place of HAProxy's own errors: { 503: { content-type: text/html, file: sorry.html } }.");

const moment = z.iso.datetime({
  offset: true,
  error: () => advise('expected a time with its zone', 'such as "2026-12-24T02:00:00+01:00"'),
});

/** A time in which nothing is served. */
export const maintenance = z
  .strictObject({
    from: moment.describe('When it begins.'),
    until: moment.optional().describe('When it ends; clients are told by Retry-After. Without: until the document says otherwise.'),
    file: page().optional().describe('The page: a file in the folder pages.'),
    'content-type': mediaType().default('text/html').describe('The media type of the page.'),
    unless: condition.optional().describe('Requests for which this holds are served all the same.'),
  })
  .check((context) => {
    const { from, until } = context.value;
    if (until !== undefined && Date.parse(until) <= Date.parse(from))
      context.issues.push({ code: 'custom', message: 'the maintenance ends before it begins', path: ['until'], input: context.value });
  })
  .optional()
  .describe('A time in which every request gets the answer 503 with this page.');

/** What a frontend tells those who watch it. */
export const monitor = {
  'monitor-uri': text('a path', /^\/\S{0,250}$/, 'such as /haproxy-health')
    .optional()
    .describe('A path that HAProxy answers itself with 200, before all rules and without a log line.'),
  'monitor fail': z
    .strictObject({ if: condition.describe('When the answer is 503.') })
    .optional()
    .describe('When the monitor-uri answers 503: { if: { nbsrv(app): { lt: 1 } } }.'),
};
