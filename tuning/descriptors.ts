import type { Demand } from './demand.ts';
import type { Hardware } from './hardware.ts';

/** The most that HAProxy's unit asks for, `LimitNOFILE=`; where the machine gives less, it takes that. */
const unitLimit = 10_485_760;

/** Descriptors for logs, sockets, epoll and old files during a reload; with a margin of a tenth on all. */
const spareFiles = 1_000;

const fileMargin = 1.1;

/** A connection has two sockets; with splicing there is a pipe, which has two ends, for every fourth unless it is said (configuration manual, "maxpipes"). */
const filesPerConnection = { spliced: 2.5, plain: 2 } as const;

/**
 * What HAProxy counts beside connections, checks and binds: `show info` of 3.0.11 as weir renders it gives `Maxsock` 45 above them, whatever else the
 * document holds (a test asks it). Its `epoll` and the two ends of its waking pipe come once a thread (HAProxy src/haproxy.c).
 */
const fixedFiles = { process: 45, thread: 3 } as const;

/** Bytes of a page on amd64. */
const pageBytes = 4096;

/** The most files that HAProxy can have open on a machine. */
export function fileLimit({ openFiles }: Hardware): number {
  return Math.min(openFiles ?? unitLimit, unitLimit);
}

/** The files of one connection. */
export function filesEach({ splices, maxpipes }: Demand): number {
  return filesPerConnection[splices && maxpipes === null ? 'spliced' : 'plain'];
}

/** Of so many files, those that are not for connections. */
export function keptFiles(files: number, { idleFiles, maxpipes }: Demand): number {
  return Math.ceil(files - files / fileMargin + spareFiles + idleFiles + 2 * (maxpipes ?? 0));
}

/** Connections for which the files suffice; less than nothing where they do not suffice for the checks. */
export function connectionsFor(files: number, demand: Demand): number {
  return (files - keptFiles(files, demand)) / filesEach(demand);
}

/** File descriptors that HAProxy needs for so many connections, its listeners and checks included, and room for reloads and logs. */
export function filesFor(maxconn: number, demand: Demand): number {
  return Math.ceil((maxconn * filesEach(demand) + spareFiles + demand.idleFiles + 2 * (demand.maxpipes ?? 0)) * fileMargin);
}

/** HAProxy's own `Maxsock`: with one less it does not start (configuration manual, "strict-limits"). */
export function maxsock(maxconn: number, { splices, maxpipes, idleFiles }: Demand, threads: number): number {
  const pipes = maxpipes ?? (splices ? (maxconn >= 4 ? Math.floor(maxconn / 4) : maxconn) : 0);
  return 2 * maxconn + 2 * pipes + fixedFiles.thread * threads + fixedFiles.process + idleFiles;
}

/** Pages of pipe buffers that HAProxy's worker needs: all of its pipes full, one for every fourth connection unless it is said (pipe(7), "fs.pipe-user-pages-soft"). */
export function pipePagesFor(maxconn: number, { maxpipes, pipesize }: Demand): number {
  return (maxpipes ?? Math.ceil(maxconn / 4)) * Math.ceil(pipesize / pageBytes);
}
