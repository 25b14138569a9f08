import { z } from 'zod';
import { quote } from '../problem.ts';
import { network, parseAddress, parseListen } from './address.ts';
import { advise, checkedText, describeValue, duration, integer, linkName, name, reference } from './scalar.ts';
import { bindTls, NEEDS_CA } from './tls.ts';

/** The most ports of one bind: each is a socket of every thread. */
const MOST_PORTS = 1000;

/** The ports that a bind says: `443`, or a range `8000-8010`; null when it is neither. */
export function parsePorts(value: string | number): { readonly port: number; readonly lastPort: number } | null {
  const [, first, last = first] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(String(value)) ?? [];
  return first === undefined ? null : { port: Number(first), lastPort: Number(last) };
}

function judgeRange(value: string): string | null {
  const ports = parsePorts(value);
  if (ports === null) return advise(`${quote(value)} is not a range of ports`, 'write 8000-8010');
  const { port, lastPort } = ports;
  if (port < 1 || lastPort > 65535) return `the ports ${value} are not within 1 and 65535`;
  if (lastPort < port) return advise(`the range ${value} ends before it begins`, 'write the smaller port first');
  return lastPort - port < MOST_PORTS ? null : `the range ${value} has more than ${MOST_PORTS} ports`;
}

/** An address and its ports, as a bind says them in one text: `*:80`, `[::]:8000-8010`; a string says what is wrong. */
export function parseBindAddress(value: string): { readonly address: string; readonly port: number; readonly lastPort: number } | string {
  const [, range] = /:([0-9]+-[0-9]+)$/.exec(value) ?? [];
  if (range !== undefined) {
    const wrong = judgeRange(range);
    if (wrong !== null) return wrong;
  }
  const parsed = parseListen(range === undefined ? value : value.replace(/-[0-9]+$/, ''));
  if (typeof parsed === 'string') return parsed;
  return { address: parsed.address, port: parsed.port, lastPort: parsePorts(range ?? parsed.port)?.lastPort ?? parsed.port };
}

const listen = checkedText('an address with a port', (value) => {
  // A bare address goes with the key `port`.
  if (value === '*' || parseAddress(value) !== null) return null;
  const parsed = parseBindAddress(value);
  return typeof parsed === 'string' ? parsed : null;
});

const port = z.union([integer(1, 65535), checkedText('a port', judgeRange)], {
  error: ({ input }) => advise(`expected a whole number from 1 to 65535, got ${describeValue(input)}`, 'or a range: 8000-8010'),
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

/** Options of the listening socket that only TCP has (configuration manual, 5.1). */
const tcpOptions = {
  'defer-accept': z.boolean().default(false).describe('A connection is taken up with its first bytes, not before.'),
  interface: linkName().optional().describe('Takes only what comes in by this link of the node.'),
  mss: integer(88, 32767).optional().describe('The largest TCP segment that clients may send, in bytes.'),
  'tcp-ut': duration().optional().describe('How long sent data may stay without an answer before the connection is given up.'),
  transparent: z
    .boolean()
    .default(false)
    .describe('Takes connections to addresses of others too, which a router sends through this machine: on *, to every address.'),
  tfo: z.boolean().default(false).describe('Clients that come again may send data with their first packet (TCP Fast Open).'),
};

/** Options of any listening socket. */
const socketOptions = {
  backlog: integer(1, 1_000_000).optional().describe('Connections that may wait in the kernel to be taken up.'),
  maxconn: integer(1, 10_000_000).optional().describe('Connections at a time by this bind.'),
  name: name().optional().describe('A name for statistics and for the sample so_name.'),
  nice: integer(-1024, 1024).optional().describe('How much its connections stand back behind others; below 0 they go before them.'),
  proto: z
    .enum(['h1', 'h2'])
    .optional()
    .describe('The version of HTTP that clients speak, whatever their first bytes say; without TLS both are known by them unless given.'),
  shards: z
    .union([integer(1, 256), z.enum(['by-thread', 'by-group'])], {
      error: ({ input }) => advise(`expected a number, by-thread or by-group, got ${describeValue(input)}`),
    })
    .optional()
    .describe('Into how many sockets it is divided: a number, by-thread or by-group.'),
};

/** The words of a bind that pass to HAProxy as they are. */
export const SOCKET_WORDS = [...Object.keys(socketOptions), ...Object.keys(tcpOptions)];

/** Where a frontend listens: an address and port, a VIP, or a UNIX socket. */
export const bind = z
  .strictObject(
    {
      vip: reference('vips').optional().describe('Listens on each address of this VIP.'),
      address: listen.optional().describe('Listens on this address and port: "*:80", "[::]:8443", "10.0.0.1:8000-8010".'),
      port: port.optional().describe('The port, with vip, or a range of ports.'),
      unix: socket.optional().describe('Listens on this UNIX socket, for programs of the same machine: /run/app.sock.'),
      abns: name()
        .optional()
        .describe('Listens on this abstract UNIX socket, for servers such as abns:NAME and whoever is on the machine: it is no file.'),
      mode: socketMode.optional().describe('Who may connect to the UNIX socket: every user of the machine (666), or root alone.'),
      ssl: z
        .array(reference('certificates'))
        .min(1, 'name a certificate')
        .optional()
        .describe('Speaks TLS with these certificates; the first is for clients that name no server.'),
      ...bindTls,
      'accept-proxy': z
        .union([z.boolean(), z.array(network()).min(1, 'name a network')], {
          error: ({ input }) => advise(`expected true, false or a list of networks, got ${describeValue(input)}`),
        })
        .default(false)
        .describe('Clients are proxies that send the PROXY protocol: all of them (true), or those of the networks given.'),
      ...socketOptions,
      ...tcpOptions,
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' && typeof issue.input === 'string'
          ? advise(`expected a map, got ${describeValue(issue.input)}`, `write { address: ${JSON.stringify(issue.input)} }`)
          : undefined,
    },
  )
  .check((context) => {
    const { value } = context;
    const { vip, address, port, unix, abns, mode, ssl } = value;
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: value });
    const isGiven = (key: keyof typeof value) => value[key] !== undefined && value[key] !== false;
    const mistyped = context.issues.some(({ code }) => code === 'unrecognized_keys');
    const bare = address !== undefined && (address === '*' || parseAddress(address) !== null);
    const socket = unix === undefined ? 'abns' : 'unix';
    if (value[socket] !== undefined) {
      if (vip !== undefined || address !== undefined || (unix !== undefined && abns !== undefined))
        add('a bind has a vip, an address or a UNIX socket, one of them', [socket]);
      else if (port !== undefined) add('a UNIX socket has no port', ['port']);
      if (value.shards !== undefined) add('a UNIX socket cannot be divided: it has no shards', ['shards']);
      for (const key of Object.keys(tcpOptions) as (keyof typeof tcpOptions)[]) if (isGiven(key)) add(`a UNIX socket has no ${key}`, [key]);
    } else if (vip === undefined && address === undefined) {
      if (!mistyped) add(advise('the bind has no address', 'write vip: and port:, or address: "*:80"'));
    } else if (vip !== undefined && address !== undefined) add('a bind has a vip or an address, not both', ['address']);
    else if ((vip !== undefined || bare) && port === undefined) add(advise('the bind has no port', 'write port: 443'));
    else if (address !== undefined && !bare && port !== undefined) add('the port stands in the address already', ['port']);
    if (vip !== undefined && value.transparent)
      add(advise('a VIP is an address of this machine', 'transparent is for addresses of others: write address:'), ['transparent']);
    if (mode !== undefined && unix === undefined) add(advise('mode needs unix', 'it says who may connect to a UNIX socket'), ['mode']);
    if (ssl === undefined) {
      for (const key of Object.keys(bindTls) as (keyof typeof bindTls)[])
        if (isGiven(key)) add(advise(`${key} needs ssl`, 'this bind speaks no TLS: name its certificates in ssl'), [key]);
    }
    if (ssl !== undefined && value.alpn?.includes('h3')) {
      if (value[socket] !== undefined) add(advise('a UNIX socket has no h3', 'HTTP/3 runs over UDP'), ['alpn']);
      else if (value.proto !== undefined) add(advise('proto and h3 do not go together', 'alpn says which versions there are'), ['proto']);
      else if (value.alpn.length === 1)
        add(advise('h3 needs h2 or http/1.1 beside it', 'clients come over TCP first, and are told of HTTP/3 there'), ['alpn']);
      if (value['accept-proxy'] !== false)
        add(advise('accept-proxy and h3 do not go together', 'HAProxy 3.0 knows no PROXY protocol over QUIC'), ['alpn']);
      if (value.transparent) add(advise('transparent and h3 do not go together', 'only TCP to addresses of others is taken'), ['alpn']);
      if (value['ssl-max-ver'] !== undefined && value['ssl-max-ver'] !== 'TLSv1.3') add('h3 needs TLSv1.3', ['ssl-max-ver']);
    }
    if (ssl !== undefined && value['ca-file'] === undefined) {
      for (const key of NEEDS_CA)
        if (isGiven(key)) add(advise(`${key} needs a ca-file`, 'name the file of the CA that signs client certificates'), [key]);
    }
  });
