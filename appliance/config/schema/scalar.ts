import { z } from 'zod';
import { FILE_NAME } from '../file-name.ts';
import { quote } from '../problem.ts';
import { readings, type Section } from './reading.ts';

/** A message and, after a line break, what to do: the form in which every message of the schema carries its hint. */
export const advise = (message: string, hint?: string): string => (hint === undefined ? message : `${message}\n${hint}`);

/** What a person calls a value of the document. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return quote(value);
  return `${typeof value === 'boolean' ? '' : 'the number '}${String(value)}`;
}

/** A string in a given form; `what` completes the sentence `"x" is not …`. */
export function text(what: string, pattern: RegExp, hint?: string) {
  return z
    .string({
      error: (issue) => (issue.input === undefined ? undefined : advise(`expected ${what}, got ${describeValue(issue.input)}`, hint)),
    })
    .regex(pattern, { error: (issue) => advise(`${quote(String(issue.input))} is not ${what}`, hint) });
}

/** A string that a function judges: it answers what is wrong (in the form of `advise`), or null. */
export function checkedText(what: string, judge: (value: string) => string | null) {
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `expected ${what}, got ${describeValue(issue.input)}`) })
    .check((context) => {
      const message = judge(context.value);
      if (message !== null) context.issues.push({ code: 'custom', message, input: context.value });
    });
}

/** A whole number within bounds, both included. */
export function integer(least: number, most: number) {
  const wanted = `a whole number from ${least} to ${most}`;
  const error = (issue: { readonly input?: unknown }) =>
    issue.input === undefined
      ? undefined
      : advise(
          `expected ${wanted}, got ${describeValue(issue.input)}`,
          typeof issue.input === 'string' && /^[0-9]+$/.test(issue.input) ? 'write it without quotes' : undefined,
        );
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A name that the document gives to a thing. */
export const name = () =>
  text(
    'a name',
    /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'a name begins with a letter; letters, digits, "_", "." and "-" follow, at most 64 characters',
  );

/** The name of a thing of the document, which must be there. */
export const reference = (of: Section) => name().register(readings, { kind: 'name', of });

/** The name of a stick table of the document: that of one which a section of peers declares has the section's name before it. */
export const tableReference = () =>
  text(
    'a stick table',
    /^(?:[A-Za-z][A-Za-z0-9_.-]{0,63}\/)?[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'its name, or PEERS/NAME for one that a section of peers declares',
  ).register(readings, { kind: 'name', of: 'stick-tables' });

/** A node's name, which is its hostname (RFC 1123, one label). */
export const nodeName = () =>
  text(
    'a host name',
    /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'the name of a node is its hostname: small letters, digits and "-", at most 63 characters',
  );

/** An interface name: at most 15 bytes (IFNAMSIZ, linux/if.h), and none of the kernel's own. */
export const linkName = () =>
  text(
    'a link name',
    /^(?!(?:lo|all|default|bonding_masters)$)[A-Za-z][A-Za-z0-9_-]{0,14}$/,
    'a link is named as its interface: a letter, then letters, digits, "_" and "-", at most 15 characters; not lo, all or default',
  );

/** A file beside the document. */
export const fileName = (folder: string) =>
  text('a file name', FILE_NAME, `the name of a file in the folder ${folder} beside the document, without a path`);

/** The most entries of a stick table: HAProxy keeps the number in 32 bits. */
export const MOST_ENTRIES = 2 ** 32 - 1;
const UNIT: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** The number that a size as {@link size} takes it means. */
export function entries(size: string): number {
  return Number.parseInt(size, 10) * (UNIT[size.replace(/^[0-9]+/, '').toLowerCase()] ?? 1);
}

/** A number of entries with HAProxy's suffixes (configuration manual, 2.5). */
export const size = () =>
  text('a size', /^[1-9][0-9]{0,14}[kKmMgG]?$/, 'write a number, or one with k, m or g: 500k').refine(
    // What is no size at all is not too large besides.
    (value) => !(entries(value) > MOST_ENTRIES),
    { error: (issue) => `${quote(String(issue.input))} is more than ${MOST_ENTRIES}` },
  );

/** The longest time that HAProxy takes for a timeout: 2^31 - 1 milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time with its unit, more than nothing and at most 24 days (configuration manual, 2.5). */
export const duration = () =>
  z
    .string({ error: (issue) => durationType(issue.input) })
    .regex(/^[0-9]{1,10}(?:us|ms|s|m|h|d)$/, { error: (issue) => durationType(issue.input) })
    .check((context) => {
      const ms = milliseconds(context.value);
      if (context.issues.length > 0) return;
      if (isMeasurable(ms)) return;
      const message =
        ms > 0
          ? `${quote(context.value)} is longer than 24 days`
          : advise(`${quote(context.value)} would mean "never"`, 'write a long time, such as 1h');
      context.issues.push({ code: 'custom', message, input: context.value });
    });

/** Whether a span of time is one that HAProxy can measure. */
export function isMeasurable(ms: number): boolean {
  return ms > 0 && ms <= LONGEST_MS;
}

/** Milliseconds of a duration in HAProxy's notation. */
export function milliseconds(value: string): number {
  const [, digits = '0', unit = 'ms'] = /^([0-9]+)([a-z]+)$/.exec(value) ?? [];
  return Number(digits) * (UNIT_MS[unit] ?? 0);
}

function durationType(input: unknown): string | undefined {
  if (input === undefined) return undefined;
  if (typeof input === 'number' || (typeof input === 'string' && /^[0-9]+$/.test(input))) {
    return advise(`${String(input)} has no unit`, `write ${String(input)}s for seconds, ${String(input)}ms for milliseconds`);
  }
  return advise(
    `${typeof input === 'string' ? '' : 'expected a duration, got '}${describeValue(input)}${typeof input === 'string' ? ' is not a duration' : ''}`,
    'a number and us, ms, s, m, h or d: 30s',
  );
}

/** One line of HAProxy's configuration that weir passes on as it is. */
export const extraLines = (section: string) =>
  z
    .array(
      checkedText('a line of HAProxy configuration', (line) => {
        const word = line.trim().split(/\s+/, 1)[0] ?? '';
        if (word === '') return 'an extra line is empty';
        if (/^[.[]/.test(word))
          return advise(
            'an extra line cannot be a directive',
            'directives such as .if, and scopes such as [prod], reach beyond their section',
          );
        if (SECTIONS.has(word)) return advise(`an extra line cannot open the section "${word}"`, `these lines stand within ${section}`);
        return null;
      }),
    )
    .default([])
    .describe(`Raw lines of HAProxy's language for ${section}, checked by HAProxy itself and passed on as they are.`);

/** What opens a section of HAProxy's configuration (configuration manual, 2.1). */
const SECTIONS = new Set(
  'global defaults frontend backend listen peers resolvers userlist mailers program http-errors ring log-forward log-profile fcgi-app crt-store traces cache acme healthcheck'.split(
    ' ',
  ),
);
