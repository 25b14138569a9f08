import { z } from 'zod';
import { quote } from '../problem.ts';
import { host, parseAddress } from './address.ts';
import { readings } from './reading.ts';
import { headerName, logFormat, sample } from './rule.ts';
import { advise, checkedText, integer, text } from './scalar.ts';

/** The methods that a check may use. */
export const CHECK_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

/** A protocol of ALPN. */
export const protocolName = () => text('a protocol', /^[a-z][a-z0-9./-]{0,30}$/, 'such as h2 or http/1.1');

const STATUS = /^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?(?:,[1-5][0-9]{2}(?:-[1-5][0-9]{2})?)*$/;

const statuses = (hint: string) =>
  text('a status', STATUS, hint).refine((value) => !STATUS.test(value) || isAscending(value), {
    error: (issue) => advise(`${quote(String(issue.input))} has a range that ends before it begins`, 'write the smaller status first'),
  });

function isAscending(ranges: string): boolean {
  return ranges.split(',').every((range) => Number(range.split('-')[0]) <= Number(range.split('-').at(-1)));
}

const expectedStatus = z
  .union(
    [
      integer(100, 599),
      statuses('such as "200-399" or "200,204"'),
      z.array(z.union([integer(100, 599), statuses('such as 200 or "200-399"')])).min(1, 'name a status'),
    ],
    { error: () => advise('expected a status', 'such as 200, "200-399" or [200, 204]') },
  )
  .optional()
  .describe('The status that means well: 200, "200-399", or a list; 2xx and 3xx unless given.');

/** A text in which `\r`, `\n`, `\t`, `\\` and `\x00` are what they say (configuration manual, 2.2). */
export const escapedText = (most = 4096) =>
  checkedText('a text', (value) => {
    if (value === '') return 'the text is empty';
    if (value.length > most) return `the text has more than ${most} characters`;
    const wrong = /\\(?![rnt\\]|x[0-9A-Fa-f]{2})./.exec(value.replaceAll('\\\\', ''));
    if (wrong === null && !/(?<!\\)(?:\\\\)*\\$/.test(value)) return null;
    return advise(`${quote(value)} has a backslash that means nothing`, String.raw`write \r, \n, \t, \x00, or \\ for a backslash`);
  });

const hex = () => text('bytes in hexadecimal', /^(?:[0-9A-Fa-f]{2}){1,2048}$/, 'pairs of digits: 2a310d0a');
const hexRegex = () =>
  text('a pattern of hexadecimal bytes', /^[0-9A-Fa-f.*+?()[\]{}|^$,\\-]{1,1024}$/).register(readings, { kind: 'regex' });
const plain = () => z.string().min(1, 'the text is empty').max(4096, 'the text is too long');
const regex = () => plain().register(readings, { kind: 'regex' });

const ways = () => z.enum(['str', 'beg', 'end', 'sub', 'reg']);

const header = (what: string) =>
  z
    .strictObject({
      name: plain().optional().describe('The name of the header, or what it is compared with.'),
      'name-lf': logFormat().optional().describe('A log-format string that becomes the name, or what it is compared with.'),
      'name-match': ways().optional().describe('How names are compared, for any header whose name is so; as a whole unless given.'),
      value: plain().optional().describe('The value that it must have; any unless given.'),
      'value-lf': logFormat().optional().describe('A log-format string that becomes the value that it must have.'),
      match: ways().default('str').describe('How the value is compared.'),
    })
    .check((context) => {
      const { name, 'name-lf': nameFormat, 'name-match': way, value, 'value-lf': valueFormat } = context.value;
      const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
      if ((name === undefined) === (nameFormat === undefined)) add(advise('a header has a name', 'write name: or name-lf:, one of them'));
      if (name !== undefined && way === undefined && !headerName().safeParse(name).success)
        add(advise(`${quote(name)} is not a header name`, 'or write name-match:, how names are compared'), ['name']);
      if (value !== undefined && valueFormat !== undefined) add('value and value-lf do not go together', ['value-lf']);
    })
    .optional()
    .describe(what);

const http = {
  status: expectedStatus,
  rstatus: regex().optional().describe('A regular expression for the status.'),
  hdr: header('A header of the answer, each value of a list by itself.'),
  fhdr: header('A header of the answer, its line as a whole.'),
};
const bytes = {
  binary: hex().optional().describe('Bytes that the answer has, in hexadecimal.'),
  rbinary: hexRegex().optional().describe('A regular expression for the bytes of the answer, in hexadecimal.'),
  'binary-lf': logFormat().optional().describe('A log-format string that says bytes of the answer in hexadecimal.'),
};
const common = {
  string: plain().optional().describe('A text that the answer has.'),
  rstring: regex().optional().describe('A regular expression for the answer.'),
  'string-lf': logFormat().optional().describe('A log-format string that becomes a text that the answer has.'),
};

/** What an answer is compared with; an `expect` has one of them. */
export const EXPECTED = ['status', 'rstatus', 'hdr', 'fhdr', 'string', 'rstring', 'string-lf', 'binary', 'rbinary', 'binary-lf'] as const;

/** Words of `expect` that say what a match or its absence means, in HAProxy's order. */
export const OUTCOMES = ['min-recv', 'ok-status', 'error-status', 'tout-status', 'on-success', 'on-error', 'status-code'] as const;

const okStatus = z.enum(['L7OK', 'L7OKC', 'L6OK', 'L4OK']).optional();
const badStatus = z.enum(['L7OKC', 'L7RSP', 'L7STS', 'L6RSP', 'L4CON']).optional();

function expecting<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z
    .strictObject({
      ...shape,
      ...common,
      not: z.literal(true).optional().describe('The answer must not be so.'),
      'min-recv': integer(1, 2 ** 31 - 1)
        .optional()
        .describe('Bytes to wait for before the answer is looked at.'),
      'ok-status': okStatus.describe('The result that success counts as.'),
      'error-status': badStatus.describe('The result that failure counts as.'),
      'tout-status': z.enum(['L7TOUT', 'L6TOUT', 'L4TOUT']).optional().describe('The result that silence counts as.'),
      'on-success': logFormat().optional().describe('What the log says of success, a log-format string.'),
      'on-error': logFormat().optional().describe('What the log says of failure, a log-format string.'),
      'status-code': sample().optional().describe('A sample that gives the code of the result.'),
    })
    .check((context) => {
      if (context.issues.length > 0) return;
      const given = EXPECTED.filter((key) => (context.value as Readonly<Record<string, unknown>>)[key] !== undefined);
      if (given.length === 1) return;
      const message =
        given.length === 0
          ? advise('nothing is expected', 'write status: 200, or string: and a text')
          : `${given.join(' and ')} do not go together`;
      context.issues.push({ code: 'custom', message, input: context.value });
    });
}

/** What the answer of an HTTP server must be. */
export const httpExpectation = expecting(http);

const connection = {
  port: integer(1, 65535).optional().describe('The port; that of the check unless given.'),
  addr: checkedText('an address', (value) => (parseAddress(value) === null ? 'this is not an address' : null))
    .optional()
    .describe('The address; that of the check unless given.'),
  ssl: z.literal(true).optional().describe('Speaks TLS.'),
  sni: host().optional().describe('The server name asked for in TLS.'),
  alpn: z.array(protocolName()).min(1, 'name a protocol').optional().describe('The protocols offered in TLS.'),
  'send-proxy': z.literal(true).optional().describe('Sends the PROXY protocol.'),
  linger: z.literal(true).optional().describe('Closes the connection in order and not by a reset.'),
};
const proto = z.enum(['h1', 'h2']).optional().describe('The version of HTTP, h2 without TLS too.');

const connects = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape).optional().describe('Connects, anew if it is connected already; an empty map connects as the check does.');

const variableName = () => text('a variable', /^(?:check|proc)\.[A-Za-z0-9_.]{1,60}$/, 'check.NAME, which lasts as long as the check');

const variable = z
  .record(variableName(), sample())
  .refine((map) => Object.keys(map).length === 1, 'name one variable')
  .optional()
  .describe('Sets a variable of this check to a sample of the answer.');

const shared = {
  comment: plain().optional().describe('What the log calls the next step if it fails.'),
  'set-var': variable,
  'unset-var': variableName().optional().describe('Forgets a variable of this check.'),
};

const steps = <Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string) =>
  z
    .array(
      z.strictObject(shape).check((context) => {
        const given = Object.keys(context.value);
        if (given.length === 1 || context.issues.length > 0) return;
        const message =
          given.length === 0
            ? advise('the step does nothing', `its key is one of ${Object.keys(shape).join(', ')}`)
            : advise(`a step has one verb, here are ${given.join(' and ')}`, 'write one step for each');
        context.issues.push({ code: 'custom', message, input: context.value });
      }),
    )
    .min(1, 'a check needs a step')
    .optional()
    .describe(description);

/** A check of several requests. */
export const httpSteps = steps(
  {
    connect: connects({ ...connection, proto }),
    ...shared,
    send: z
      .strictObject({
        meth: text('a method', /^[A-Z]{1,20}$/)
          .default('OPTIONS')
          .describe('The method.'),
        uri: checkedText('a path', (value) => (/^[/*]\S*$/.test(value) ? null : 'a path begins with / and has no space'))
          .optional()
          .describe('The path; / unless given.'),
        'uri-lf': logFormat().optional().describe('A log-format string that becomes the path.'),
        ver: z.enum(['HTTP/1.0', 'HTTP/1.1', 'HTTP/2']).optional().describe('The version; HTTP/1.1 where there is a Host header.'),
        hdr: z.record(headerName(), logFormat()).default({}).describe('The headers, their values log-format strings.'),
        body: plain().optional().describe('The body.'),
        'body-lf': logFormat().optional().describe('A log-format string that becomes the body.'),
      })
      .check((context) => {
        for (const key of ['uri', 'body'] as const)
          if (context.value[key] !== undefined && context.value[`${key}-lf`] !== undefined)
            context.issues.push({
              code: 'custom',
              message: `${key} and ${key}-lf do not go together`,
              path: [`${key}-lf`],
              input: context.value,
            });
      })
      .optional()
      .describe('Sends a request.'),
    expect: httpExpectation.optional().describe('What the answer must be.'),
  },
  'Checks by several steps of HTTP, in order.',
);

/** A check by what is sent and answered. */
export const tcpSteps = steps(
  {
    connect: connects(connection),
    ...shared,
    send: escapedText().optional().describe(String.raw`Sends a text, in which \r\n are line ends.`),
    'send-lf': logFormat().optional().describe('Sends a log-format string.'),
    'send-binary': hex().optional().describe('Sends bytes, in hexadecimal.'),
    'send-binary-lf': logFormat().optional().describe('Sends what a log-format string says in hexadecimal.'),
    expect: expecting(bytes).optional().describe('What the answer must have.'),
  },
  'Checks by several steps of sending and expecting, in order.',
);
