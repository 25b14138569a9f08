import { z } from 'zod';
import { advise, describeValue, integer, text } from '../scalar.ts';
import { EVERY_HTTP, headerName, logFormat, named, oneOrMore, regex, replacement, verb } from '../verb.ts';

const headers = () => named(headerName(), logFormat(advise('the value is empty', 'del-header removes a header')), 'name a header');

const namePart = () => oneOrMore(headerName(), 'name a header');

const deleted = z.union(
  [
    headerName(),
    z.array(headerName()).min(1, 'name a header'),
    z
      .strictObject({
        beg: namePart().optional().describe('All whose names begin so.'),
        end: namePart().optional().describe('All whose names end so.'),
        sub: namePart().optional().describe('All whose names have this in them.'),
        reg: oneOrMore(regex(), 'name a header').optional().describe('All whose names match this regular expression.'),
      })
      .refine((map) => Object.keys(map).length === 1, {
        error: () => advise('del-header needs one of beg, end, sub and reg', 'or the name of a header, or a list of names'),
      }),
  ],
  { error: (issue) => `expected a header name, a list of them, or a map, got ${describeValue(issue.input)}` },
);

/** Verbs that change headers and the status. */
export const headerVerbs = {
  'set-header': verb(EVERY_HTTP, headers(), "Sets headers: names and log-format values, so that %[src] is the client's address."),
  'add-header': verb(EVERY_HTTP, headers(), 'Adds headers, keeping those there are: names and log-format values.'),
  'del-header': verb(EVERY_HTTP, deleted, 'Removes the header, each of a list, or all whose names match.'),
  'replace-header': verb(
    EVERY_HTTP,
    named(headerName(), replacement(), 'name a header'),
    'Changes headers that match as a whole, by name.',
  ),
  'replace-value': verb(
    EVERY_HTTP,
    named(headerName(), replacement(), 'name a header'),
    'Changes each of the values that headers have between commas, by name.',
  ),
  'early-hint': verb(['http-request'], headers(), 'Sends the client these headers first, in an answer of status 103.'),
  'set-status': verb(
    ['http-response', 'http-after-response'],
    z.union(
      [
        integer(100, 999),
        z.strictObject({
          status: integer(100, 999).describe('The status.'),
          reason: text('a reason', /^[ -~]{1,64}$/).describe('The words behind it in HTTP/1.'),
        }),
      ],
      { error: (issue) => `expected a status from 100 to 999 or a map, got ${describeValue(issue.input)}` },
    ),
    'Sets the status of the response.',
  ),
} as const;
