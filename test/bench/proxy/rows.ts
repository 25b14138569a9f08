import type { Load } from './load.ts';

/** What was found of why somebody is better than weir in a row, and what was tried, by the other's name; ratios are of the ranges of five rounds. */
export type Notes = Readonly<Partial<Record<string, string>>>;

/** Stock that also does what weir does about headers of clients: with equal features. */
export const equalStock = 'stock + headers';

/** A row of the table. */
export interface Row {
  readonly what: string;
  readonly load: Load;
  readonly notes: Notes;
}

// HAProxy 3.0.11 and nginx 1.26.3, in turns on two cores
const headers =
  'it tells servers nothing of clients and lets these say of themselves what they like; the row below does as weir does. X-Forwarded-For, Forwarded and ' +
  'X-Forwarded-Proto are 7,900 of the 46,600 instructions that HAProxy itself takes for a request';
const logged =
  'a log line took HAProxy 4.0 us and nginx 2.9 us; without logs nginx did 1.19 times as much as weir. Lines through a ring and a stream were 1.17 times ' +
  'as much, but HAProxy 3.0 sends nothing of a ring once it stops: of 200 requests that a stopping worker answered, none was logged, by datagrams all';
const firstRequest =
  'it sends the first request of a client over a connection that others used; so does `http-reuse always` (1.58 times as much), which loses requests ' +
  'where servers close idle connections; with a server connection for each client nginx did 1.02 times as much as weir';
const handshakes =
  'a connection to the server for each client is part of it (`http-reuse always`: 1.13 times as much); without, nginx did 1.15 times as much';

const kept = { tool: 'wrk', port: 'clear', path: '/1k', connections: 64, closes: 'none' } as const;
const handshake = { tool: 'tls-time', path: '/1k', connections: 8 } as const;

/** The rows of the table but for open loops and idle connections, which are measured in another way. */
export const rows: Readonly<Record<RowName, Row>> = {
  connection: { what: 'one request a connection, 1 kB', load: { ...kept, closes: 'all' }, notes: { nginx: firstRequest, stock: headers } },
  'keep-alive': { what: 'keep-alive, 1 kB', load: kept, notes: { nginx: logged, stock: headers } },
  mixed: {
    what: '90 % keep-alive, 10 % one request a connection, 1 kB',
    load: { ...kept, closes: 'each tenth' },
    notes: { nginx: logged, stock: headers },
  },
  'tls-full-ecdsa': {
    what: 'TLS, full handshake, ECDSA P-256',
    load: { ...handshake, port: 'ecdsa', resumes: false },
    notes: { nginx: handshakes },
  },
  'tls-full-rsa': {
    what: 'TLS, full handshake, RSA 2048',
    load: { ...handshake, port: 'rsa', resumes: false },
    notes: { nginx: handshakes },
  },
  'tls-resumed-ecdsa': {
    what: 'TLS, resumed handshake, ECDSA P-256',
    load: { ...handshake, port: 'ecdsa', resumes: true },
    notes: { nginx: handshakes },
  },
  'tls-resumed-rsa': {
    what: 'TLS, resumed handshake, RSA 2048',
    load: { ...handshake, port: 'rsa', resumes: true },
    notes: { nginx: handshakes },
  },
  h2: {
    what: 'HTTP/2 over TLS, 16 connections of 16 streams, 1 kB',
    load: { tool: 'h2load', port: 'ecdsa', path: '/1k', protocol: 'h2', connections: 16, streams: 16, perSecond: null },
    notes: { nginx: logged, stock: headers },
  },
  '100kb': { what: 'keep-alive, 100 kB', load: { ...kept, path: '/100k', connections: 32 }, notes: { nginx: logged } },
  '10mb': { what: 'keep-alive, 10 MB', load: { ...kept, path: '/10m', connections: 8 }, notes: {} },
};

/** Names of rows, as the command line has them. */
export type RowName =
  | 'connection'
  | 'keep-alive'
  | 'mixed'
  | 'tls-full-ecdsa'
  | 'tls-full-rsa'
  | 'tls-resumed-ecdsa'
  | 'tls-resumed-rsa'
  | 'h2'
  | '100kb'
  | '10mb';

/** What is known of the open loops, which are the row of keep-alive at another rate. */
export const openNotes: Notes = rows['keep-alive'].notes;

/** The clients of the open loops, whose rate is a share of what the slowest proxy can carry of them. */
export function openLoop(perSecond: number | null): Load {
  return { tool: 'h2load', port: 'clear', path: '/1k', protocol: 'http/1.1', connections: 64, streams: 1, perSecond };
}
