import { z } from 'zod';
import { quote } from '../problem.ts';
import { parseAddress, parseListen } from './address.ts';
import { conditions } from './condition.ts';
import { frontendRules } from './rule.ts';
import { advise, checkedText, describeValue, duration, extraLines, integer, name, reference, text } from './scalar.ts';

const listen = checkedText('an address with a port', (value) => {
  // A bare address goes with the key `port`.
  if (value === '*' || parseAddress(value) !== null) return null;
  const parsed = parseListen(value);
  return typeof parsed === 'string' ? parsed : null;
});

const socket = checkedText('the path of a UNIX socket', (value) => {
  if (/^\/run\/[A-Za-z][A-Za-z0-9_.-]{0,63}\.sock$/.test(value)) return null;
  const what = value.startsWith('/run/weir/') ? "is in weir's own folder" : 'is not a path for a UNIX socket of a bind';
  return advise(
    `${quote(value)} ${what}`,
    'write /run/NAME.sock: a name begins with a letter; letters, digits, "_", "." and "-" follow, at most 64 characters',
  );
});

const socketMode = z.literal([666, 600], {
  error: ({ input }) =>
    advise(`expected 666 or 600, got ${describeValue(input)}`, '666: every user of the machine may connect; 600: root alone'),
});

const bind = z
  .strictObject(
    {
      vip: reference('vips').optional().describe('Listens on each address of this VIP.'),
      address: listen.optional().describe('Listens on this address and port: "*:80", "[::]:8443", "10.0.0.1:80".'),
      port: integer(1, 65535).optional().describe('The port, with vip.'),
      unix: socket.optional().describe('Listens on this UNIX socket, for programs of the same machine: /run/app.sock.'),
      mode: socketMode.optional().describe('Who may connect to the UNIX socket: every user of the machine (666), or root alone.'),
      ssl: z
        .array(reference('certificates'))
        .min(1, 'name a certificate')
        .optional()
        .describe('Speaks TLS with these certificates; the first is for clients that name no server.'),
      alpn: z
        .array(text('a protocol', /^[a-z][a-z0-9./-]{0,30}$/, 'such as h2 or http/1.1'))
        .min(1, 'name a protocol')
        .optional()
        .describe('Protocols offered in TLS, the preferred first; h2 and http/1.1 unless the mode is tcp.'),
      'accept-proxy': z.boolean().default(false).describe('Clients are proxies that send the PROXY protocol.'),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' && typeof issue.input === 'string'
          ? advise(`expected a map, got ${describeValue(issue.input)}`, `write { address: ${JSON.stringify(issue.input)} }`)
          : undefined,
    },
  )
  .check((context) => {
    const { vip, address, port, unix, mode, ssl, alpn } = context.value;
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    const mistyped = context.issues.some(({ code }) => code === 'unrecognized_keys');
    const bare = address !== undefined && (address === '*' || parseAddress(address) !== null);
    if (unix !== undefined) {
      if (vip !== undefined || address !== undefined) add('a bind has a vip, an address or a UNIX socket, one of them', ['unix']);
      else if (port !== undefined) add('a UNIX socket has no port', ['port']);
    } else if (vip === undefined && address === undefined) {
      if (!mistyped) add(advise('the bind has no address', 'write vip: and port:, or address: "*:80"'));
    } else if (vip !== undefined && address !== undefined) add('a bind has a vip or an address, not both', ['address']);
    else if ((vip !== undefined || bare) && port === undefined) add(advise('the bind has no port', 'write port: 443'));
    else if (address !== undefined && !bare && port !== undefined) add('the port stands in the address already', ['port']);
    if (mode !== undefined && unix === undefined) add(advise('mode needs unix', 'it says who may connect to a UNIX socket'), ['mode']);
    if (alpn !== undefined && ssl === undefined) add(advise('alpn needs ssl', 'protocols are negotiated in TLS'), ['alpn']);
  });

const useBackend = z.strictObject({
  backend: reference('backends').describe('The backend that serves the request.'),
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
      timeout: timeouts,
      bind: z.array(bind).min(1, 'a frontend needs a bind').describe('Where it listens.'),
      'tcp-request inspect-delay': duration().optional().describe('How long tcp-request content rules wait for the first bytes.'),
      ...frontendRules,
      use_backend: z.array(useBackend).default([]).describe('Which backend serves a request: the first whose condition holds.'),
      default_backend: reference('backends').optional().describe('The backend for all other requests.'),
      extra: extraLines('the section of this frontend'),
    }),
  )
  .default({})
  .describe('Where clients connect, by name.');
