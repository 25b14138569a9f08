import { z } from 'zod';
import { backendOptions, retryOn } from './backend-option.ts';
import { balance } from './balance.ts';
import { bandwidthLimits } from './bandwidth.ts';
import { check } from './check.ts';
import { compression } from './compression.ts';
import { conditions } from './condition.ts';
import { target } from './logging.ts';
import { emailAlert } from './mailers.ts';
import { errorfiles, httpError, maintenance } from './own-answer.ts';
import { cookie, persistence } from './persistence.ts';
import { readings } from './reading.ts';
import { backendRules } from './rule.ts';
import { advise, duration, extraLines, integer, name, reference } from './scalar.ts';
import { defaultServer, servers, serverTemplates } from './server.ts';
import { source } from './server-word.ts';
import { spoeFilter } from './spoe-agent.ts';

const useServer = z.strictObject({
  server: z
    .string()
    .min(1, 'name a server')
    .register(readings, { kind: 'log-format' })
    .describe('A server of this backend, or a log-format string that becomes the name of one.'),
  ...conditions,
});

const timeouts = z
  .strictObject({
    connect: duration().optional().describe('How long a server may take to accept a connection.'),
    server: duration().optional().describe('How long a server may be silent.'),
    'server-fin': duration().optional().describe('How long a server that has closed its side may be silent.'),
    queue: duration().optional().describe('How long a request waits for a free server.'),
    tunnel: duration().optional().describe('How long both sides of a tunnel, such as a WebSocket, may be silent.'),
    check: duration().optional().describe('How long a server may take to answer a health check.'),
    'http-request': duration().optional().describe('How long a client may take to send a whole request.'),
    'http-keep-alive': duration().optional().describe('How long to wait for the next request on a connection.'),
    tarpit: duration().optional().describe('How long a tarpit rule lets a client wait.'),
  })
  .default({})
  .describe('Timeouts towards servers.');

/** Groups of servers. */
export const backends = z
  .record(
    name(),
    z.strictObject({
      mode: z
        .enum(['http', 'tcp'], {
          error: ({ input }) =>
            input === 'spop'
              ? advise('the mode spop needs HAProxy 3.1, this one is 3.0', 'leave it out: an agent is reached by tcp')
              : undefined,
        })
        .optional()
        .describe('Whether it serves http or tcp; that of the frontends which use it unless given.'),
      balance,
      cookie: cookie
        .optional()
        .describe('A cookie that keeps a client at its server: its name and words, and maxidle, maxlife, domain, attr.'),
      ...persistence,
      check: check.optional().describe('How servers are tested; connecting to the port unless given, false for no test.'),
      timeout: timeouts,
      'http-reuse': z
        .enum(['never', 'safe', 'aggressive', 'always'])
        .default('safe')
        .describe('Which requests may use an idle connection to a server.'),
      fullconn: integer(1, 10_000_000).optional().describe('The load at which a server gets its whole maxconn.'),
      option: backendOptions,
      retries: integer(0, 100).optional().describe('Attempts after the first to reach a server; 3 unless given.'),
      'retry-on': retryOn,
      source: z
        .union([source, z.array(source).min(1, 'name an address')])
        .optional()
        .describe('Where connections to the servers come from; a list gives each server the next of it.'),
      'default-server': defaultServer,
      'tcp-request inspect-delay': duration().optional().describe('How long tcp-request content rules wait for the first bytes.'),
      'tcp-response inspect-delay': duration().optional().describe("How long tcp-response content rules wait for a server's first bytes."),
      ...backendRules,
      'use-server': z.array(useServer).default([]).describe('Which server serves a request, if it is up: the first whose condition holds.'),
      servers,
      'use-fcgi-app': reference('fcgi-apps').optional().describe('The FastCGI application that its servers run.'),
      log: z
        .array(target)
        .default([])
        .describe("Where lines about its servers, such as one that is down, go besides the machine's own log."),
      'email-alert': emailAlert,
      'http-error': httpError,
      errorfiles,
      maintenance,
      compression,
      ...bandwidthLimits,
      ...spoeFilter,
      'server-template': serverTemplates,
      extra: extraLines('the section of this backend'),
    }),
  )
  .default({})
  .describe('Groups of servers, by name.');
