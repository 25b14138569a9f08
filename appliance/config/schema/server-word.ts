import { z } from 'zod';
import { network, parseAddress } from './address.ts';
import { advise, checkedText, duration, integer, linkName, text } from './scalar.ts';

const yes = z.literal(true, { error: () => 'expected true' });

const initAddr = checkedText('a way to find the address', (value) =>
  ['last', 'libc', 'none'].includes(value) || parseAddress(value) !== null
    ? null
    : advise('this is neither last, libc, none nor an address', 'they are tried in order'),
);

/** HAProxy's words of a `server` line that mean the same here (configuration manual, 5.2). */
export const words = {
  minconn: integer(1, 10_000_000)
    .optional()
    .describe('Connections to a server at a time while the backend has little load; maxconn is reached at fullconn.'),
  maxqueue: integer(1, 10_000_000).optional().describe('Requests that wait for a server; more go to another, whatever binds them.'),
  'error-limit': integer(1, 1_000_000).optional().describe('Errors in a row after which on-error happens; 10 unless given.'),
  'on-marked-down': z.literal('shutdown-sessions').optional().describe('Connections to a server that goes down are closed.'),
  'on-marked-up': z
    .literal('shutdown-backup-sessions')
    .optional()
    .describe('Connections to backup servers are closed when the server comes up.'),
  track: text(
    'a server',
    /^(?:[A-Za-z][A-Za-z0-9_.-]{0,63}\/)?[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'backend/server, or a server of this backend',
  )
    .optional()
    .describe('The state is that of this server, which is tested: backend/server.'),
  disabled: yes.optional().describe('In maintenance from the start, until it is set ready.'),
  'init-addr': z
    .array(initAddr)
    .min(1, 'name a way')
    .refine((ways) => ways.filter((way) => parseAddress(way) !== null).length <= 1, {
      error: () => advise('init-addr has one address at most', 'it is taken as it is, so that no way behind it is tried'),
    })
    .optional()
    .describe('How the first address of a name is found; last, libc, none unless given.'),
  'resolve-prefer': z.enum(['ipv4', 'ipv6']).optional().describe('The family that is preferred where a name has both; ipv6 unless given.'),
  'resolve-net': z.array(network()).min(1, 'name a network').optional().describe('Networks whose addresses are preferred, the first most.'),
  'resolve-opts': z
    .array(z.enum(['allow-dup-ip', 'ignore-weight', 'prevent-dup-ip']))
    .min(1, 'name an option')
    .optional()
    .describe('Whether servers of one name may share an address, and whether weights of SRV records count.'),
  'pool-max-conn': integer(-1, 10_000_000)
    .optional()
    .describe('Idle connections that are kept for a server; -1 (unless given) for any number, 0 for none.'),
  'pool-low-conn': integer(0, 10_000_000).optional().describe('Idle connections below which a thread leaves those of others alone.'),
  'pool-purge-delay': duration()
    .optional()
    .describe('How often half of the idle connections that nobody needed are closed; 5s unless given.'),
  'max-reuse': integer(-1, 2 ** 31 - 1)
    .optional()
    .describe('How often an HTTP/2 or FastCGI connection is used again; -1 (unless given) for any number of times.'),
  'tcp-ut': duration().optional().describe('How long sent data may stay unacknowledged until the connection is given up.'),
  tfo: yes
    .optional()
    .describe('The first data goes out with the first packet, if the server allows it (TCP Fast Open); needs the mode http.'),
  proto: z
    .enum(['h1', 'h2', 'fcgi'])
    .optional()
    .describe('The protocol that it speaks without being asked: h2 is HTTP/2 without TLS, fcgi FastCGI.'),
  'proxy-v2-options': z
    .array(z.enum(['ssl', 'cert-cn', 'ssl-cipher', 'cert-sig', 'cert-key', 'authority', 'crc32c', 'unique-id']))
    .min(1, 'name an option')
    .optional()
    .describe(
      'What send-proxy: v2 tells besides addresses: of the TLS of the client, the server name it asked for, a checksum, the unique id.',
    ),
  ws: z.enum(['auto', 'h1', 'h2']).optional().describe('The version of HTTP for WebSockets; auto unless given.'),
};

const sourceAddress = checkedText('an address', (value) =>
  parseAddress(value) === null ? advise('this is not an address', 'one of this machine, without a port') : null,
);

const usesrc = text(
  'an address of clients',
  /^(?:client|clientip|hdr_ip\([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}(?:,-?[1-9][0-9]?)?\))$/,
  'client, clientip, or hdr_ip(X-Forwarded-For) with the place of the one that is meant: hdr_ip(X-Forwarded-For,-1)',
);

/** Where connections to a server come from. */
export const source = z.union([
  sourceAddress,
  z
    .strictObject({
      address: sourceAddress.optional().describe('An address of this machine; what the kernel chooses unless given.'),
      port: z
        .union([
          integer(1, 65535),
          text('a range of ports', /^[0-9]{1,5}-[0-9]{1,5}$/, 'such as 10000-20000').refine(
            (range) => {
              const [low = 0, high = 0] = range.split('-').map(Number);
              return low >= 1 && low <= high && high <= 65535;
            },
            { error: () => 'a range of ports ascends, from 1 to 65535' },
          ),
        ])
        .optional()
        .describe('The port, or a range of them: "10000-20000"; any unless given.'),
      interface: linkName().optional().describe('The link by which they leave.'),
      usesrc: usesrc
        .optional()
        .describe(
          "The client's own address (clientip), with its port (client), or the IPv4 address in a header: hdr_ip(X-Forwarded-For). The default gateway of the servers must be this machine, which forwards nothing else.",
        ),
    })
    .check((context) => {
      const { address, port, interface: link, usesrc: foreign } = context.value;
      const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
      if (context.issues.length > 0) return;
      if (foreign !== undefined) {
        if (address !== undefined)
          add(advise('a source has an address or usesrc', 'usesrc is an address too, which is not of this machine'), ['address']);
        if (port !== undefined)
          add(advise('with usesrc there is no port', 'client keeps that of the client, otherwise it is any'), ['port']);
      } else if (address === undefined && link === undefined) add(advise('the source has neither an address nor an interface nor usesrc'));
    }),
]);
