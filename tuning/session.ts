import type { Demand, FrontendDemand } from './demand.ts';

type Tls = Demand['tls'];

/**
 * Busy connections that a GB of memory carries, the system's socket buffers included (HAProxy introduction, "Sizing"): 54, 134 and 215 kB each. The image's
 * HAProxy 3.0.11 with OpenSSL 3.5 takes less, by `npm run bench capacity` on Linux 6.18: 34, 82 and 128 kB where the answer fills all buffers (HTTP/2 with
 * one stream: 87 kB), two empty sockets included; the rest is for what their buffers hold. Where request and answer do so at once it takes 55, 121 and 172 kB,
 * so that in the clear nothing is left then but the system's own half a GB.
 */
export const sessionsPerGigabyte = { none: 20_000, clients: 8_000, both: 5_000 } as const satisfies Record<Tls, number>;

/** Bytes of a session whose answer fills all buffers, by the same bench, rounded up; with TLS one of HTTP/2, which takes more than one of HTTP/1.1. */
export const busyBytes = { none: 36_000, clients: 90_000, both: 132_000 } as const satisfies Record<Tls, number>;

/**
 * Bytes that a client's connection takes while nothing happens on it: no buffer, one socket. The same bench: 1.0 kB in the worker and 3.9 kB in the kernel;
 * 25 kB more where it speaks TLS (HTTP/2: 32 kB); in mode tcp 6 kB more, as its connection to the server is there too. Rounded down.
 */
const idleBytes = { connection: 4_500, tls: 24_000, server: 6_000 } as const;

/** The least memory that a session of a frontend takes, in bytes. */
export function idleBytesOf({ mode, isTls }: Pick<FrontendDemand, 'mode' | 'isTls'>): number {
  return idleBytes.connection + (isTls ? idleBytes.tls : 0) + (mode === 'tcp' ? idleBytes.server : 0);
}
