import { z } from 'zod';
import { integer } from './scalar.ts';
import { splicing } from './splicing.ts';

const option = (description: string) => z.boolean().optional().describe(description);

/** HAProxy's words `option X` for a backend (configuration manual, 4.1). */
export const backendOptions = z
  .strictObject({
    abortonclose: option('A request in the queue whose client has gone is dropped.'),
    allbackups: option('When no other server is left, all backup servers serve and not the first alone.'),
    checkcache: option('A response that may be cached and sets a cookie is refused.'),
    'http-no-delay': option('Every packet is sent at once, for applications that send many small ones and wait.'),
    'http-pretend-keepalive': option('A server that would end a response without a length is told that its connection will be kept.'),
    'http-server-close': option('Each request gets a connection of its own to the server; clients keep theirs.'),
    httpclose: option('Connections are closed after each response, on both sides.'),
    'log-health-checks': option('Every change of a check result is logged, and not changes of state alone.'),
    nolinger: option('Connections to servers are reset when they are closed, so that no port stays in use.'),
    persist: option('A server that is down still gets the clients that a cookie binds to it, for retries to find another.'),
    'prefer-last-server': option('The next request of a connection goes to the same server if it can, as NTLM needs.'),
    redispatch: z
      .union([z.boolean(), integer(-100, 100)], { error: () => 'expected true, false or a whole number from -100 to 100' })
      .optional()
      .describe(
        'A retry may go to another server: the last one (true, the default), each n-th, or the n-th before the last (-n); false for none.',
      ),
    ...splicing,
    srvtcpka: option('The kernel watches silent connections to servers; on unless given.'),
    'tcp-smart-connect': option('The first bytes go out with the last packet of the handshake, which saves one.'),
  })
  .default({})
  .describe("HAProxy's options of this section; false takes back one of weir's defaults.");

/** The options that need the mode http. */
export const HTTP_OPTIONS = [
  'checkcache',
  'http-no-delay',
  'http-pretend-keepalive',
  'http-server-close',
  'httpclose',
  'persist',
  'prefer-last-server',
] as const satisfies readonly (keyof NonNullable<z.output<typeof backendOptions>>)[];

/** What a request can be tried again for (configuration manual, 4.2 "retry-on"). */
const RETRY_WORDS = [
  'conn-failure',
  'empty-response',
  'junk-response',
  'response-timeout',
  '0rtt-rejected',
  'all-retryable-errors',
] as const;
const RETRY_STATUSES = [401, 403, 404, 408, 425, 429, 500, 501, 502, 503, 504] as const;

/** When a request that failed is sent again. */
export const retryOn = z
  .union([z.literal('none'), z.array(z.union([z.enum(RETRY_WORDS), z.literal(RETRY_STATUSES)])).min(1, 'name what is tried again')])
  .optional()
  .describe(
    'What is tried again: conn-failure (all unless given), empty-response, junk-response, response-timeout, 0rtt-rejected, all-retryable-errors, and statuses; a request that may change something is tried again after a failed connection only.',
  );
