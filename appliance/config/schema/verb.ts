import { z } from 'zod';
import { readings } from './reading.ts';
import { advise, describeValue, text } from './scalar.ts';

/** The lists of rules of a frontend or backend, in the order in which they run; HAProxy's words. */
export const RULESETS = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'http-request',
  'tcp-response content',
  'http-response',
  'http-after-response',
] as const;

/** Where rules stand. */
export type Ruleset = (typeof RULESETS)[number];

/** Rules on a connection, before there is anything in it. */
export const CONNECTION = ['tcp-request connection', 'tcp-request session'] as const;
/** Rules on the bytes of a connection. */
export const CONTENT = ['tcp-request content', 'tcp-response content'] as const;
/** Rules on TCP. */
export const TCP = [...CONNECTION, ...CONTENT] as const;
/** Rules on HTTP requests and on the responses of servers. */
export const HTTP = ['http-request', 'http-response'] as const;
/** Rules on HTTP, those on the responses that the proxy makes itself included. */
export const EVERY_HTTP = [...HTTP, 'http-after-response'] as const;

/** A verb: in which lists of rules HAProxy has it (configuration manual, 4.3 "Actions keywords matrix"), and what stands behind it. */
export interface Verb<Value extends z.ZodType = z.ZodType> {
  readonly in: readonly Ruleset[];
  readonly value: Value;
}

/** A verb with the sentence that says what it does. */
export function verb<Value extends z.ZodType>(where: readonly Ruleset[], value: Value, description: string): Verb<z.ZodOptional<Value>> {
  return { in: where, value: value.optional().describe(description) };
}

/** The value of a verb that needs none. */
export const yes = () => z.literal(true, { error: () => 'expected true' });

/** A header's name: a token (RFC 9110, 5.6.2). */
export const headerName = () => text('a header name', /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/);

/** A sample expression: a fetch and converters, no white space (configuration manual, 7.1, 7.3). */
export const sample = () =>
  text('a sample', /^[a-z][a-z0-9_.+]*(?:[(,][^\s]*)?$/, 'a HAProxy sample, such as src or req.hdr(X-Tenant),lower').register(readings, {
    kind: 'sample',
  });

/** A log-format string: text with samples in %[…] (configuration manual, 8.2.6). Most headers and URLs that HAProxy writes are such. */
export const logFormat = (empty = 'the text is empty') => z.string().min(1, empty).register(readings, { kind: 'log-format' });

/** A regular expression as PCRE2 reads it. */
export const regex = () => z.string().min(1, 'the regular expression is empty').register(readings, { kind: 'regex' });

/** One or several of something, as the document may write either. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, empty: string) => z.union([item, z.array(item).min(1, empty)]);

/** A map that names at least one thing. */
export const named = <Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(key: Key, value: Value, empty: string) =>
  z.record(key, value).refine((map) => Object.keys(map).length > 0, empty);

/** What becomes of a text that matches. */
export const replacement = () =>
  z.strictObject({
    match: regex().describe('The regular expression that the text must match.'),
    replace: z
      .string()
      .register(readings, { kind: 'log-format' })
      .describe('What stands in its place, a log-format string in which \\1 is the first group.'),
  });

/** A number of bytes with HAProxy's suffixes, at most 2 GiB (configuration manual, 2.6). */
export const bytes = () =>
  z.union(
    [
      text('a size', /^[1-9][0-9]{0,8}[kKmM]?$|^[12][gG]$/, 'write a number of bytes, or one with k, m or g: 64k'),
      z
        .int()
        .min(1)
        .max(2 ** 31 - 1),
    ],
    {
      error: (issue) => advise(`expected a size, got ${describeValue(issue.input)}`, 'write a number of bytes, or one with k, m or g: 64k'),
    },
  );
