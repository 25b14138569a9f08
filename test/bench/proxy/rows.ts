import type { Load } from './load.ts';

/** A row of the table: what is asked, and what is known of why somebody is better at it than weir. */
export interface Row {
  readonly what: string;
  readonly load: Load;
  readonly note?: string;
}

const kept = { tool: 'wrk', port: 'clear', path: '/1k', connections: 64, closes: 'none' } as const;
const handshake = { tool: 'tls-time', path: '/1k', connections: 8 } as const;

/** The rows of the table but for open loops and idle connections, which are measured in another way. */
export const rows: Readonly<Record<RowName, Row>> = {
  connection: { what: 'one request a connection, 1 kB', load: { ...kept, closes: 'all' } },
  'keep-alive': { what: 'keep-alive, 1 kB', load: kept },
  mixed: { what: '90 % keep-alive, 10 % one request a connection, 1 kB', load: { ...kept, closes: 'each tenth' } },
  'tls-full-ecdsa': { what: 'TLS, full handshake, ECDSA P-256', load: { ...handshake, port: 'ecdsa', resumes: false } },
  'tls-full-rsa': { what: 'TLS, full handshake, RSA 2048', load: { ...handshake, port: 'rsa', resumes: false } },
  'tls-resumed-ecdsa': { what: 'TLS, resumed handshake, ECDSA P-256', load: { ...handshake, port: 'ecdsa', resumes: true } },
  'tls-resumed-rsa': { what: 'TLS, resumed handshake, RSA 2048', load: { ...handshake, port: 'rsa', resumes: true } },
  h2: {
    what: 'HTTP/2 over TLS, 16 connections of 16 streams, 1 kB',
    load: { tool: 'h2load', port: 'ecdsa', path: '/1k', protocol: 'h2', connections: 16, streams: 16, perSecond: null },
  },
  '100kb': { what: 'keep-alive, 100 kB', load: { ...kept, path: '/100k', connections: 32 } },
  '10mb': { what: 'keep-alive, 10 MB', load: { ...kept, path: '/10m', connections: 8 } },
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

/** The clients of the open loops, whose rate is a share of what the slowest proxy can carry of them. */
export function openLoop(perSecond: number | null): Load {
  return { tool: 'h2load', port: 'clear', path: '/1k', protocol: 'http/1.1', connections: 64, streams: 1, perSecond };
}
