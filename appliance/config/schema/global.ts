import { z } from 'zod';
import { parseListen } from './address.ts';
import { backendOptions } from './backend-option.ts';
import { clientKeepalive, frontendOptions } from './frontend-option.ts';
import { luaScripts } from './lua.ts';
import { emailAlert } from './mailers.ts';
import { advise, checkedText, duration, extraLines, integer, milliseconds } from './scalar.ts';
import { tlsOptions } from './tls.ts';

const count = (most: number, description: string, least = 1) => integer(least, most).optional().describe(description);

const limits = {
  maxconnrate: count(1_000_000_000, 'New connections a second, of all frontends together.'),
  maxsessrate: count(1_000_000_000, 'New sessions a second, of all frontends together.'),
  maxsslconn: count(10_000_000, 'Connections with TLS at a time, of clients and servers together.'),
  maxsslrate: count(1_000_000_000, 'New TLS sessions a second, of all frontends together.'),
  maxpipes: count(10_000_000, 'Pipes for bytes that stay in the kernel; a quarter of maxconn unless given.'),
  maxcomprate: count(1_000_000_000, 'Kilobytes a second that are compressed; more pass as they are.'),
  // HAProxy spreads the first checks over their interval and keeps their distances: of 500 a second, even 10 s after a stop of 3 s, at most 42 came in
  // 10 ms, and no fewer with 5 here
  'spread-checks': count(50, 'By how many percent of their interval health checks are moved at random; 0 unless given.', 0),
  maxcompcpuusage: count(100, 'Percent of busy CPU above which nothing is compressed.'),
};

const buffers = {
  // 32 kB gained nothing: 0.91 times as many requests for the same CPU with answers of 100 kB, 0.97 with HTTP/2, within the range of nine rounds
  'tune.bufsize': count(1_048_576, 'Bytes of a buffer: the largest head of a request; 16384 unless given.', 1024),
  'tune.maxrewrite': count(524_288, 'Bytes of a buffer that are kept free for what rules add; 1024 unless given.', 0),
  'tune.buffers.limit': count(10_000_000, 'Buffers of each thread at most.', 0),
  'tune.http.maxhdr': count(32767, 'Headers of a message at most; 101 unless given.', 32),
  'tune.http.logurilen': count(65535, 'Bytes of a URI that are logged; 1024 unless given.'),
  'tune.http.cookielen': count(65535, 'Bytes of a captured cookie; 63 unless given.'),
  'tune.pipesize': count(1_048_576, 'Bytes of a pipe for bytes that stay in the kernel; 262144 unless given.', 4096),
  'tune.memory.hot-size': count(1_073_741_824, 'Bytes that each thread keeps for itself when they are free; 4194304 unless given.'),
  'tune.comp.maxlevel': count(9, 'The hardest that compression tries.'),
  'tune.rcvbuf.client': count(1_073_741_824, "Bytes of the kernel's receive buffer of a client; it finds its own unless given."),
  'tune.rcvbuf.server': count(1_073_741_824, "Bytes of the kernel's receive buffer of a server; it finds its own unless given."),
  'tune.sndbuf.client': count(1_073_741_824, "Bytes of the kernel's send buffer of a client; it finds its own unless given."),
  'tune.sndbuf.server': count(1_073_741_824, "Bytes of the kernel's send buffer of a server; it finds its own unless given."),
};

const scheduling = {
  'tune.maxaccept': z
    .union([z.literal(-1), integer(1, 65535)], { error: () => 'expected -1 or a whole number from 1 to 65535' })
    .optional()
    .describe('Connections taken up in a row before others are looked after; -1 for no limit.'),
  'tune.listener.multi-queue': z.enum(['on', 'fair', 'off']).optional().describe('How the threads of one socket share its connections.'),
  'tune.listener.default-shards': z
    .enum(['by-process', 'by-thread', 'by-group'])
    .optional()
    .describe('Into how many sockets a bind is divided that does not say.'),
  'tune.maxpollevents': count(65535, 'Events that a thread takes from the kernel at once.'),
  'tune.runqueue-depth': count(65535, 'Tasks that a thread runs before it looks for new events.'),
  'tune.sched.low-latency': z.enum(['on', 'off']).optional().describe('Whether tasks with a high priority interrupt the others sooner.'),
  'tune.idle-pool.shared': z.enum(['on', 'off']).optional().describe('Whether threads use idle connections of each other.'),
};

const http2 = {
  'tune.h2.fe.initial-window-size': count(2_147_483_647, 'Bytes that a client may send on an HTTP/2 stream ahead; 65536 unless given.', 0),
  'tune.h2.be.initial-window-size': count(2_147_483_647, 'Bytes that a server may send on an HTTP/2 stream ahead; 65536 unless given.', 0),
  'tune.h2.fe.max-concurrent-streams': count(10_000, 'Requests at a time on one HTTP/2 connection; 100 unless given.'),
  'tune.h2.be.max-concurrent-streams': count(10_000, 'Requests at a time on one HTTP/2 connection to a server; 100 unless given.'),
  'tune.h2.fe.max-total-streams': count(2_147_483_647, 'Requests on one HTTP/2 connection, after which it is closed.', 0),
  'tune.h2.fe.glitches-threshold': count(2_147_483_647, 'Breaches of HTTP/2 after which a client is sent away; 1000 unless given.', 0),
  'tune.h2.max-frame-size': count(16_777_215, 'Bytes of an HTTP/2 frame at most.', 16_384),
  'tune.h2.header-table-size': count(65_535, 'Bytes of the table for HTTP/2 headers.', 4096),
};

const http3 = {
  'tune.quic.frontend.max-idle-timeout': duration().optional().describe('How long a QUIC connection may be silent; 30s unless given.'),
  'tune.quic.frontend.max-streams-bidi': count(10_000, 'Requests at a time on one QUIC connection; 100 unless given.'),
  'tune.quic.retry-threshold': count(1_000_000, 'Half-open QUIC connections above which clients must prove their address.'),
  'tune.quic.socket-owner': z.enum(['connection', 'listener']).optional().describe('Whether each QUIC connection has a socket of its own.'),
  'tune.rcvbuf.frontend': count(1_073_741_824, "Bytes of the kernel's receive buffer of each QUIC socket."),
  'tune.sndbuf.frontend': count(1_073_741_824, "Bytes of the kernel's send buffer of each QUIC socket."),
};

const tls = {
  'tune.ssl.cachesize': count(100_000_000, 'Blocks of about 200 bytes for TLS sessions that clients resume; 100000 unless given.', 0),
  'tune.ssl.lifetime': duration().optional().describe('How long a TLS session can be resumed; 300s unless given.'),
  'tune.ssl.maxrecord': count(16_384, 'Bytes of a TLS record at most.', 0),
  'tune.ssl.default-dh-param': count(8192, 'Bits for the key exchange of DHE ciphers; 2048 unless given.', 1024),
  'tune.ssl.capture-buffer-size': count(65_535, "Bytes kept of each client's TLS hello, for samples such as ssl_fc_cipherlist_hex.", 0),
  'ssl-security-level': count(5, "OpenSSL's security level: 0 admits what is broken, such as TLSv1.0.", 0),
  'ocsp-update.mindelay': duration().optional().describe('The least time between two looks at what a CA says of a certificate.'),
  'ocsp-update.maxdelay': duration().optional().describe('The most time between two looks at what a CA says of a certificate.'),
  'ocsp-update.httpproxy': checkedText('an address with a port', (value) => {
    const parsed = parseListen(value);
    return typeof parsed === 'string' ? advise('a proxy is an address and a port', 'write 10.0.0.1:3128') : null;
  })
    .optional()
    .describe('The HTTP proxy that OCSP responders are asked through.'),
};

const names = Object.entries(tlsOptions).filter(([key]) => !key.startsWith('ssl-'));
const side = <Side extends 'bind' | 'server'>(of: Side) =>
  Object.fromEntries(names.map(([key, schema]) => [`ssl-default-${of}-${key}`, schema])) as {
    [Key in Exclude<keyof typeof tlsOptions, `ssl-${string}`> as `ssl-default-${Side}-${Key}`]: (typeof tlsOptions)[Key];
  };

const versions = { 'ssl-min-ver': tlsOptions['ssl-min-ver'], 'ssl-max-ver': tlsOptions['ssl-max-ver'] };
const tickets = (isDefault: boolean) =>
  z.boolean().default(isDefault).describe('Sessions are resumed from the cache only, not by tickets.');

const lua = {
  'tune.lua.maxmem': count(1_000_000, 'Megabytes of memory for scripts; no limit unless given.', 0),
  'tune.lua.burst-timeout': duration().optional().describe('How long a script may run without a pause; 1s unless given.'),
  'tune.lua.session-timeout': duration().optional().describe('How long an action of a script may run in all; 4s unless given.'),
  'tune.lua.service-timeout': duration().optional().describe('How long a service of a script may run in all; 4s unless given.'),
};

const words = {
  ...lua,
  ...limits,
  ...buffers,
  ...scheduling,
  ...http2,
  ...http3,
  ...tls,
  ...side('bind'),
  ...side('server'),
};

/** The words of the global section that pass to HAProxy as they are. */
export const GLOBAL_WORDS: readonly string[] = Object.keys(words).filter((word) => !/^ocsp-update\.m(?:in|ax)delay$/.test(word));

/** HAProxy as a whole. */
export const global = z
  .strictObject({
    maxconn: integer(1, 10_000_000)
      .optional()
      .describe('Connections of all frontends together; what the frontends say, or as many as the machine carries, unless given.'),
    ...words,
    'ssl-default-bind-options': z
      .strictObject({
        ...versions,
        // so Mozilla's profile: the key of tickets would be as old as the worker. 1.09 times as many full handshakes for the same CPU, and 1.10 resumed ones
        'no-tls-tickets': tickets(true),
        'prefer-client-ciphers': z.boolean().default(true).describe('The client chooses among the ciphers that both know.'),
      })
      .prefault({})
      .describe('TLS with clients where a bind does not say.'),
    'ssl-default-server-options': z
      .strictObject({ ...versions, 'no-tls-tickets': tickets(false) })
      .prefault({})
      .describe('TLS with servers where a server does not say.'),
    ...luaScripts,
    extra: extraLines('the global section'),
  })
  .check((context) => {
    const { 'ocsp-update.mindelay': least = '300s', 'ocsp-update.maxdelay': most = '3600s' } = context.value;
    if (context.issues.length > 0 || milliseconds(least) <= milliseconds(most)) return;
    const key = context.value['ocsp-update.maxdelay'] === undefined ? 'ocsp-update.mindelay' : 'ocsp-update.maxdelay';
    const message = advise(
      `ocsp-update.mindelay (${least}) is more than ocsp-update.maxdelay (${most})`,
      'unless given they are 300s and 3600s',
    );
    context.issues.push({ code: 'custom', message, path: [key], input: context.value });
  })
  .prefault({})
  .describe("HAProxy's global section.");

const time = (description: string) => duration().optional().describe(description);

const timeout = z
  .strictObject({
    'client-hs': time('How long a client may take for its TLS handshake; 5s unless given.'),
    client: time('How long a client may be silent; 30s unless given.'),
    'client-fin': time('How long a client that has closed its side may be silent; 30s unless given.'),
    'http-request': time('How long a client may take to send a whole request head; 10s unless given.'),
    'http-keep-alive': time('How long to wait for the next request on a connection; 10s unless given.'),
    connect: time('How long a server may take to accept a connection; 4s unless given.'),
    server: time('How long a server may be silent; 30s unless given.'),
    'server-fin': time('How long a server that has closed its side may be silent; 30s unless given.'),
    queue: time('How long a request waits for a free server; 10s unless given.'),
    tunnel: time('How long both sides of a tunnel may be silent; 1h unless given.'),
    check: time('How long a server may take to answer a health check; 5s unless given.'),
    tarpit: time('How long a tarpit rule lets a client wait; 10s unless given.'),
  })
  .default({})
  .describe('Timeouts of all frontends and backends that do not say their own.');

/** What all frontends and backends have unless they say otherwise. */
export const defaults = z
  .strictObject({
    timeout,
    option: z
      .strictObject({ ...backendOptions.unwrap().shape, ...frontendOptions.unwrap().shape })
      .default({})
      .describe("HAProxy's options of all frontends and backends; false takes back one of weir's defaults."),
    ...clientKeepalive,
    'email-alert': emailAlert,
    extra: extraLines('the defaults section'),
  })
  .prefault({})
  .describe("HAProxy's defaults section.");

/** The words of the defaults section that pass to HAProxy as they are. */
export const DEFAULTS_WORDS: readonly string[] = Object.keys(clientKeepalive);
