import { z } from 'zod';
import { duration, integer } from './scalar.ts';
import { splicing } from './splicing.ts';

const option = (description: string) => z.boolean().optional().describe(description);

/** Options of a frontend that look at HTTP. */
const http = {
  'disable-h2-upgrade': option('Clients without TLS cannot switch to HTTP/2 by beginning with it.'),
  'http-buffer-request': option('Rules wait for the body of a request, or for as much of it as a buffer holds.'),
  'http-ignore-probes': option('A connection that ends before a request is neither logged nor counted.'),
  'http-keep-alive': option('Connections are kept on both sides; so it is unless defaults say otherwise.'),
  'http-no-delay': option('Every packet is sent at once, for applications that send many small ones and wait.'),
  'http-server-close': option('Each request gets a connection of its own to the server; clients keep theirs.'),
  httpclose: option('Connections are closed after each response, on both sides.'),
  'idle-close-on-response': option('An idle client is told at its next answer, and not before, when a reload closes its connection.'),
};

const others = {
  clitcpka: option('The kernel watches silent connections of clients; on unless given.'),
  contstats: option('Bytes are counted while they flow, and not when a session ends.'),
  'dontlog-normal': option('Only what went wrong is logged.'),
  dontlognull: option('Connections without a byte are not logged; on unless given.'),
  'independent-streams': option('What is sent does not count as a sign of life of the side that is silent.'),
  'log-separate-errors': option('What went wrong is logged with a higher level.'),
  logasap: option('A request is logged at its first answer, with a + before the bytes, and not at its end.'),
  nolinger: option('Connections of clients are closed without waiting for them to take what was sent.'),
  'socket-stats': option('Each bind is counted on its own.'),
  ...splicing,
  'tcp-smart-accept': option('The acknowledgement of the first bytes goes out with the answer to them, which saves a packet.'),
};

/** HAProxy's words `option X` for a frontend (configuration manual, 4.1). */
export const frontendOptions = z
  .strictObject({ ...http, ...others })
  .default({})
  .describe("HAProxy's options of this section; false takes back one of weir's defaults.");

/** Of these, one says what becomes of a connection after its answer. */
export const CLOSE_OPTIONS = ['http-keep-alive', 'http-server-close', 'httpclose'] as const;

/** The options that need the mode http. */
export const HTTP_FRONTEND_OPTIONS: readonly string[] = Object.keys(http);

/** How the kernel watches silent connections of clients; what is not given, the kernel decides. */
export const clientKeepalive = {
  'clitcpka-cnt': integer(1, 127).optional().describe('Probes without an answer after which a silent client is given up.'),
  'clitcpka-idle': duration().optional().describe('How long a client may be silent before it is probed.'),
  'clitcpka-intvl': duration().optional().describe('Time between two probes.'),
};

/** Limits of a frontend besides maxconn. */
export const frontendLimits = {
  backlog: integer(1, 1_000_000).optional().describe('Connections that may wait in the kernel to be taken up, for each bind.'),
  'rate-limit sessions': integer(1, 1_000_000_000).optional().describe('New sessions a second; more wait in the kernel.'),
};

/** The words of a frontend that pass to HAProxy as they are. */
export const FRONTEND_WORDS: readonly string[] = [...Object.keys(frontendLimits), ...Object.keys(clientKeepalive)];
