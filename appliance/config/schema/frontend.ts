import { z } from 'zod';
import { bandwidthLimits } from './bandwidth.ts';
import { bind } from './bind.ts';
import { compression } from './compression.ts';
import { conditions } from './condition.ts';
import { clientKeepalive, frontendLimits, frontendOptions } from './frontend-option.ts';
import { logging } from './logging.ts';
import { errorfiles, httpError, maintenance, monitor } from './own-answer.ts';
import { frontendRules, sample } from './rule.ts';
import { duration, extraLines, integer, name, reference } from './scalar.ts';
import { spoeFilter } from './spoe-agent.ts';
import { stats } from './stats.ts';

const useBackend = z.strictObject({
  backend: z
    .union([
      reference('backends'),
      z.strictObject({
        map: reference('maps').describe('The map whose values are names of backends.'),
        sample: sample().describe('What is looked up in it; host is the host that is asked for.'),
        default: reference('backends').optional().describe('The backend for what the map does not have.'),
      }),
    ])
    .describe('The backend that serves the request: a name, or a map that says it.'),
  ...conditions,
});

const timeouts = z
  .strictObject({
    client: duration().optional().describe('How long a client may be silent.'),
    'client-fin': duration().optional().describe('How long a client that has closed its side may be silent.'),
    'http-request': duration().optional().describe('How long a client may take to send a whole request head.'),
    'http-keep-alive': duration().optional().describe('How long to wait for the next request on a connection.'),
    tarpit: duration().optional().describe('How long a tarpit rule lets a client wait.'),
  })
  .default({})
  .describe('Timeouts towards clients.');

/** Where clients connect, and what becomes of their requests. */
export const frontends = z
  .record(
    name(),
    z.strictObject({
      mode: z.enum(['http', 'tcp']).default('http').describe('Whether the traffic is understood as HTTP or passed on as it is.'),
      maxconn: integer(1, 10_000_000).optional().describe('Connections at a time; more wait in the kernel.'),
      ...frontendLimits,
      timeout: timeouts,
      option: frontendOptions,
      ...clientKeepalive,
      bind: z.array(bind).min(1, 'a frontend needs a bind').describe('Where it listens.'),
      'tcp-request inspect-delay': duration().optional().describe('How long tcp-request content rules wait for the first bytes.'),
      ...frontendRules,
      use_backend: z.array(useBackend).default([]).describe('Which backend serves a request: the first whose condition holds.'),
      default_backend: reference('backends').optional().describe('The backend for all other requests.'),
      ...logging,
      ...monitor,
      stats,
      'http-error': httpError,
      errorfiles,
      maintenance,
      compression,
      ...bandwidthLimits,
      ...spoeFilter,
      extra: extraLines('the section of this frontend'),
    }),
  )
  .default({})
  .describe('Where clients connect, by name.');
