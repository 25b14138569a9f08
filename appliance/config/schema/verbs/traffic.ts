import { z } from 'zod';
import { advise, describeValue, duration, integer, name, reference } from '../scalar.ts';
import { bytes, CONNECTION, CONTENT, EVERY_HTTP, HTTP, RULESETS, sample, verb, yes } from '../verb.ts';
import { variable } from './variables.ts';

/** A span of time, or a sample of milliseconds: a sample begins with a letter. */
const timeOrSample = () =>
  z.union([duration(), sample()], {
    error: (issue) => advise(`expected a time or a sample, got ${describeValue(issue.input)}`, 'such as 30s'),
  });

const numberOrSample = (least: number, most: number) =>
  z.union([integer(least, most), sample()], {
    error: (issue) => `expected a number from ${least} to ${most}, or a sample of one, got ${describeValue(issue.input)}`,
  });

const REQUEST = [...CONNECTION, 'tcp-request content', 'http-request'] as const;
const BEFORE_SERVER = ['tcp-request content', 'http-request'] as const;
const WITH_LOG = [...CONTENT, ...EVERY_HTTP] as const;
const WITH_STREAM = [...CONTENT, ...HTTP] as const;

const TOWARDS_CLIENT = RULESETS.filter((ruleset) => ruleset !== 'http-after-response');

/** Verbs that say how the traffic is treated. */
export const trafficVerbs = {
  'set-priority-class': verb(
    BEFORE_SERVER,
    numberOrSample(-2047, 2047),
    'The class in which the request queues for a server, the smallest first.',
  ),
  'set-priority-offset': verb(
    BEFORE_SERVER,
    numberOrSample(-524_287, 524_287),
    'Milliseconds by which the request queues as if it had come later, or sooner if negative.',
  ),
  'set-log-level': verb(
    WITH_LOG,
    z.enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug', 'silent']),
    'The level of its log line, or silent for none.',
  ),
  'set-nice': verb(WITH_STREAM, integer(-1024, 1024), 'How much the work on it gives way to other work; negative comes first.'),
  'set-fc-tos': verb(TOWARDS_CLIENT, numberOrSample(0, 255), 'The TOS or DSCP byte of packets to the client.'),
  'set-bc-tos': verb(BEFORE_SERVER, numberOrSample(0, 255), 'The TOS or DSCP byte of packets to the server.'),
  'set-src': verb(REQUEST, sample(), 'The address that the client is taken to have.'),
  'set-src-port': verb(REQUEST, sample(), 'The port that the client is taken to have.'),
  'set-dst': verb(REQUEST, sample(), 'The address that the client is taken to have connected to.'),
  'set-dst-port': verb(REQUEST, sample(), 'The port that the client is taken to have connected to.'),
  'set-timeout': verb(
    HTTP,
    z
      .strictObject({
        client: timeOrSample().optional().describe('How long the client may be silent: a time, or a sample of milliseconds.'),
        server: timeOrSample().optional().describe('How long the server may be silent: a time, or a sample of milliseconds.'),
        tunnel: timeOrSample().optional().describe('How long both sides of a tunnel may be silent: a time, or a sample of milliseconds.'),
      })
      .refine((map) => Object.keys(map).length === 1, { error: () => 'set-timeout needs one of client, server and tunnel' }),
    'Another timeout for this request.',
  ),
  'wait-for-body': verb(
    HTTP,
    z.strictObject({
      time: duration().describe('How long at most.'),
      'at-least': bytes().optional().describe('Until so many bytes are there; the whole body, or what fits into a buffer, unless given.'),
    }),
    'Waits for the body, so that later rules can look at it.',
  ),
  'wait-for-handshake': verb(['http-request'], yes(), 'Waits for the end of the TLS handshake, where a request came in its first bytes.'),
  'disable-l7-retry': verb(['http-request'], yes(), 'The request is not sent again when a server fails.'),
  'do-resolve': verb(
    BEFORE_SERVER,
    z.strictObject({
      var: variable().describe('The variable that gets the address.'),
      sample: sample().describe('The name that is looked up.'),
      resolvers: reference('resolvers')
        .default('system')
        .describe("Who looks it up: a section of resolvers; the machine's name servers unless given."),
      family: z.enum(['ipv4', 'ipv6']).optional().describe('The family that is preferred; ipv6 unless given.'),
    }),
    'Looks up a name and keeps its address in a variable.',
  ),
  'set-bandwidth-limit': verb(
    WITH_STREAM,
    z.union(
      [
        name(),
        z.strictObject({
          name: name().describe('The limit, one of filter bwlim-in or filter bwlim-out.'),
          limit: z
            .union([bytes(), sample()], { error: (issue) => `expected a size or a sample of bytes, got ${describeValue(issue.input)}` })
            .optional()
            .describe('Bytes in each period: a size, or a sample.'),
          period: timeOrSample().optional().describe('The period: a time, or a sample of milliseconds.'),
        }),
      ],
      { error: (issue) => `expected the name of a limit or a map, got ${describeValue(issue.input)}` },
    ),
    'Applies a bandwidth limit.',
  ),
  'send-spoe-group': verb(
    WITH_STREAM,
    z.strictObject({
      engine: reference('spoe-agents').describe('The agent, one of filter spoe.'),
      group: name().describe('The group of its messages.'),
    }),
    'Sends messages to an agent and waits for its answer.',
  ),
  'strict-mode': verb(EVERY_HTTP, z.boolean(), 'Whether a rule that fails, for want of room, ends the request.'),
  'expect-proxy': verb(['tcp-request connection'], z.enum(['layer4']), 'The client is a proxy that sends the PROXY protocol.'),
} as const;
