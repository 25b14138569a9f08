import { z } from 'zod';
import { quote } from '../problem.ts';
import { endpoint, parseEndpoint } from './address.ts';
import { logSample } from './log-sample.ts';
import { headerName, logFormat } from './rule.ts';
import { advise, duration, integer, name, reference, text } from './scalar.ts';

/** Facilities and levels of syslog, by HAProxy's words (configuration manual, 4.2 "log"). */
const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron auth2 ftp ntp audit alert cron2 local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
const FORMATS = ['rfc5424', 'rfc3164', 'local', 'priority', 'short', 'timed', 'iso', 'raw'] as const;

/** Where a log is sent: HAProxy would look a name up once, when it starts, and not start without an answer. */
const collector = () =>
  endpoint().refine(
    (value) => {
      const parsed = parseEndpoint(value);
      return typeof parsed === 'string' ? !value.startsWith('unix:') : parsed.address !== null;
    },
    {
      error: ({ input }) =>
        String(input).startsWith('unix:')
          ? advise(`${quote(String(input))} is a socket`, 'a log goes to an address and a port')
          : advise(`${quote(String(input))} is a name`, 'write the address: HAProxy would look it up only once'),
    },
  );

/** Where log lines go. */
export const target = z
  .strictObject({
    address: collector().optional().describe('A syslog server by UDP: an address and a port.'),
    ring: reference('rings').optional().describe('A ring, which sends the lines to a server by TCP.'),
    facility: z.enum(FACILITIES).default('local0').describe('The facility of syslog.'),
    level: z.enum(LEVELS).optional().describe('Only what is as severe as this, or more.'),
    minlevel: z.enum(LEVELS).optional().describe('What is more severe than this is sent as if it were not.'),
    format: z.enum(FORMATS).default('rfc5424').describe('The header of each line.'),
    len: integer(80, 65535).default(2048).describe('A longer line is cut.'),
    sample: logSample().optional().describe('One line in so many, 1:10.'),
  })
  .check((context) => {
    const { address, ring, level, minlevel } = context.value;
    if (minlevel !== undefined && level === undefined)
      context.issues.push({
        code: 'custom',
        message: advise('minlevel needs level', 'debug for every line'),
        path: ['minlevel'],
        input: context.value,
      });
    if ((address === undefined) === (ring === undefined))
      context.issues.push({
        code: 'custom',
        message: advise('a log goes to an address or to a ring', 'write one of them'),
        input: context.value,
      });
  });

/** The longest part of a header that a log line has room for. */
const LONGEST_CAPTURE = 65535;
const captured = (what: string) =>
  z
    .record(headerName(), integer(1, LONGEST_CAPTURE))
    .default({})
    .describe(`${what} that the log shows in braces, in this order: each with the most bytes of it that are kept.`);

/** What a frontend logs, by HAProxy's keywords. */
export const logging = {
  'log-format': logFormat().optional().describe('A log line of each request or session, in the place of the usual one.'),
  'error-log-format': logFormat().optional().describe('A log line of a connection that fails before there is a request.'),
  'log-format-sd': logFormat().optional().describe('The structured data of RFC 5424 lines.'),
  'log-tag': text('a tag', /^[!-~]{1,48}$/, 'printable characters without spaces, at most 48')
    .optional()
    .describe('What lines of this frontend are called; haproxy unless given.'),
  log: z.array(target).default([]).describe("Where lines go besides the machine's own log."),
  'capture request header': captured('Headers of requests'),
  'capture response header': captured('Headers of responses'),
  'declare capture': z
    .strictObject({
      request: z.array(integer(1, LONGEST_CAPTURE)).default([]).describe('Slots of requests: the most bytes of each.'),
      response: z.array(integer(1, LONGEST_CAPTURE)).default([]).describe('Slots of responses: the most bytes of each.'),
    })
    .default({ request: [], response: [] })
    .describe('Slots for capture rules, of backends too, behind those of captured headers.'),
  'capture cookie': z
    .record(text('a cookie name', /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/), integer(1, LONGEST_CAPTURE))
    .refine((cookies) => Object.keys(cookies).length === 1, 'one cookie can be captured')
    .optional()
    .describe('A cookie that the log shows, with the most bytes of it that are kept: { SESSION: 32 }.'),
  'unique-id-format': logFormat().optional().describe('An identity of each request, for logs and servers: "%{+X}o %ci:%cp_%Ts_%rt".'),
  'unique-id-header': headerName().optional().describe('The header in which servers get the identity.'),
};

/** Rings by name. */
export const rings = z
  .record(
    name(),
    z.strictObject({
      address: collector().describe('A syslog server by TCP: an address and a port.'),
      format: z.enum(FORMATS).default('rfc5424').describe('The header of each line.'),
      size: integer(16_384, 1_073_741_824).default(1_048_576).describe('Bytes of lines that wait while the server is away.'),
      maxlen: integer(80, 65535).default(2048).describe('A longer line is cut.'),
      'log-proto': z
        .enum(['octet-count', 'legacy'])
        .default('octet-count')
        .describe('How lines follow each other: with their length before them, or with line breaks.'),
      timeout: z
        .strictObject({
          connect: duration().default('5s').describe('How long the server may take to accept.'),
          server: duration().default('10s').describe('How long it may take to read.'),
        })
        .prefault({})
        .describe('Timeouts towards the server.'),
    }),
  )
  .default({})
  .describe(
    'Logs that are sent by TCP, by name, for log: [{ ring: … }]. What a worker logs after a reload has replaced it is not sent; the local log has it.',
  );
