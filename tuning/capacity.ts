import type { Demand } from './demand.ts';
import type { Hardware } from './hardware.ts';

/** What HAProxy can be given on a machine, and which limit decided. */
export interface Capacity {
  readonly threads: number;
  readonly maxconn: number;
  readonly limitedBy: 'document' | 'memory' | 'files';
}

const gigabyte = 2 ** 30;

/** Busy connections per GB of memory, the system's socket buffers included (HAProxy introduction, 3.5 "Sizing"). */
const connectionsPerGigabyte = { none: 20_000, clients: 8_000, both: 5_000 } as const;

/** Kept for the system, logs and weir itself, whose own processes are limited to 400 MB. */
const reservedBytes = 0.5 * gigabyte;

/** Descriptors for logs, sockets, epoll and old files during a reload; with a margin of a tenth on all (HAProxy src/limits.c: maxsock). */
const spareFiles = 1_000;

const fileMargin = 1.1;

/** A connection has two sockets; with splicing there is a pipe, which has two ends, for every fourth (configuration manual, "maxpipes"). */
const filesPerConnection = { spliced: 2.5, plain: 2 } as const;

/** More threads would need a second thread group, each at most 64 on 64-bit machines (configuration manual 3.0, "nbthread"). */
const maxThreads = 64;

/**
 * HAProxy's `nbthread` and `maxconn`. Threads: one for each CPU. Connections: what memory allows and what the limit of open files allows, whichever is less,
 * and never more than the document wants. At least 100, so that a machine that is too small still starts and says so in its load.
 */
export function capacity(hardware: Hardware, demand: Demand): Capacity {
  const threads = Math.min(Math.max(hardware.cpus.length, 1), maxThreads);
  const memory = Math.max(0, hardware.memoryBytes - reservedBytes);
  const byMemory = round((memory / gigabyte) * connectionsPerGigabyte[demand.tls]);
  const files = (hardware.openFiles ?? Number.POSITIVE_INFINITY) / fileMargin - spareFiles - demand.idleFiles;
  const byFiles = round(files / filesPerConnection[demand.splices ? 'spliced' : 'plain']);
  const most = Math.max(100, Math.min(byMemory, byFiles));
  if (demand.maxconn !== null && demand.maxconn <= most) return { threads, maxconn: demand.maxconn, limitedBy: 'document' };
  return { threads, maxconn: most, limitedBy: byFiles < byMemory ? 'files' : 'memory' };
}

/** File descriptors that HAProxy needs for so many connections, its listeners and checks included. */
export function filesFor(maxconn: number, demand: Demand): number {
  return Math.ceil((maxconn * filesPerConnection[demand.splices ? 'spliced' : 'plain'] + spareFiles + demand.idleFiles) * fileMargin);
}

/** Pages of pipe buffers that HAProxy's worker needs: a pipe of 64 kB (16 pages) for every fourth connection (pipe(7), "fs.pipe-user-pages-soft"). */
export function pipePagesFor(maxconn: number): number {
  return Math.ceil(maxconn / 4) * 16;
}

/** Two digits are as exact as the rules above are. */
function round(connections: number): number {
  if (!Number.isFinite(connections) || connections < 100) return connections;
  const unit = 10 ** (Math.floor(Math.log10(connections)) - 1);
  return Math.floor(connections / unit) * unit;
}
