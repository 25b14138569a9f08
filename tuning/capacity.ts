import { planCpus } from './cpu-plan.ts';
import type { Demand } from './demand.ts';
import { connectionsFor, fileLimit, filesEach, keptFiles } from './descriptors.ts';
import type { Hardware } from './hardware.ts';
import { busyBytes, idleBytesOf, sessionsPerGigabyte } from './session.ts';

/** What a machine can carry of what a document asks: HAProxy's size, the limits of it, and the one that decides. */
export interface Capacity {
  /** HAProxy's threads: as many as the plan of CPUs has. */
  readonly threads: number;
  /** HAProxy's `maxconn`: what is asked, if memory and files carry it with their margins, else what they carry. */
  readonly maxconn: number;
  /** The frontends that say their `maxconn`, the largest first. */
  readonly asked: readonly { readonly frontend: string; readonly maxconn: number }[];
  /** Whether a frontend says none, and takes what there is. */
  readonly takesRest: boolean;
  /** Sessions that the machine carries at once, whatever they do. */
  readonly possible: number;
  /**
   * Half of them: "a good rule of thumb on software load balancers is to consider an average practical performance of half of maximal session and data rates
   * for average sized objects" (haproxy.org, "Performance").
   */
  readonly practical: number;
  /** Memory left for the kernel, its sockets' buffers above all, when as many sessions as `maxconn` are busy; bytes, none where it does not suffice. */
  readonly kernelBytes: number;
  /** The lowest of the limits. */
  readonly bound: LimitKind;
  readonly limits: readonly Limit[];
}

/** What bounds sessions: memory with all buffers full, memory with nothing going on, open files, local ports towards servers. */
export type LimitKind = 'memory' | 'idle-memory' | 'files' | 'source-ports';

/** How many sessions one thing permits, and by which arithmetic, for people. */
export interface Limit {
  readonly kind: LimitKind;
  readonly sessions: number;
  readonly arithmetic: string;
}

/** Bytes of a GB, as memory is counted here. */
export const gigabyte = 2 ** 30;

/** Kept for the system, logs and weir itself, whose own processes take 80 MB, and up to 560 for a moment when they check the largest documents. */
const reservedBytes = 0.5 * gigabyte;

/** A machine that is too small still starts, and says so in its load. */
const leastMaxconn = 100;

/** Judges a machine: threads are those of the plan of CPUs, connections what its limits allow and never more than the document wants. */
export function capacity(hardware: Hardware, demand: Demand): Capacity {
  const [memory, files] = [memoryLimit(hardware, demand), filesLimit(hardware, demand)];
  const limits = [memory, idleMemoryLimit(hardware, demand), files, ...sourcePortsLimit(demand)];
  const lowest = limits.reduce((least, limit) => (limit.sessions < least.sessions ? limit : least));
  const most = Math.max(leastMaxconn, Math.min(memory.sessions, files.sessions));
  const maxconn = Math.min(demand.maxconn ?? most, most);
  const asked = demand.frontends.flatMap(({ name, maxconn: own }) => (own === null ? [] : [{ frontend: name, maxconn: own }]));
  return {
    threads: planCpus(hardware, demand).threads.nbthread,
    maxconn,
    asked: asked.toSorted((a, b) => b.maxconn - a.maxconn),
    takesRest: demand.maxconn === null,
    possible: lowest.sessions,
    practical: Math.floor(lowest.sessions / 2),
    kernelBytes: Math.max(0, hardware.memoryBytes - setAsideBytes(demand) - maxconn * busyBytes[demand.tls]),
    bound: lowest.kind,
    limits,
  };
}

/**
 * What is no session's: caches and rings, which HAProxy allocates when it starts (configuration manual, 3.9 "size", 6.2.1 "total-max-size"), and stick tables,
 * which fill as keys come and are full in the end.
 */
export function setAsideBytes({ setAside: { caches, rings, tables } }: Pick<Demand, 'setAside'>): number {
  return caches + rings + tables;
}

/** What of it a document has, in words: `caches and stick tables`. */
export function setAsideWords({ setAside: { caches, rings, tables } }: Pick<Demand, 'setAside'>): string {
  const some = [caches > 0 ? 'caches' : '', rings > 0 ? 'rings' : '', tables > 0 ? 'stick tables' : ''].filter((each) => each !== '');
  return new Intl.ListFormat('en').format(some);
}

function memoryLimit({ memoryBytes }: Hardware, demand: Demand): Limit {
  const { tls } = demand;
  const aside = setAsideBytes(demand);
  const left = Math.max(0, memoryBytes - reservedBytes - aside);
  const ofAside = `${inGigabytes(aside)} of ${setAsideWords(demand)}`;
  const perGigabyte = sessionsPerGigabyte[tls];
  const speaks = { none: 'no TLS', clients: 'TLS', both: 'TLS on both sides' }[tls];
  return {
    kind: 'memory',
    sessions: Math.max(leastMaxconn, round((left / gigabyte) * perGigabyte)),
    arithmetic: `${inGigabytes(memoryBytes)}${left === 0 ? ', which the system needs' : ` less 0.5 GB${aside === 0 ? '' : `, ${ofAside}`}`}; ${count(perGigabyte)} a GB (${speaks})`,
  };
}

/** What all of the memory could hold if nothing else were in it: sessions that do nothing, of the frontend whose sessions take least. */
function idleMemoryLimit({ memoryBytes }: Hardware, demand: Demand): Limit {
  const { frontends } = demand;
  const aside = setAsideBytes(demand);
  const bytes = frontends.reduce((least, frontend) => Math.min(least, idleBytesOf(frontend)), idleBytesOf({ mode: 'tcp', isTls: true }));
  return {
    kind: 'idle-memory',
    sessions: round(Math.max(0, memoryBytes - aside) / bytes),
    arithmetic: `${inGigabytes(memoryBytes)}${aside === 0 ? '' : ` less ${inGigabytes(aside)} of ${setAsideWords(demand)}`}; ${inKilobytes(bytes)} each`,
  };
}

function filesLimit(hardware: Hardware, demand: Demand): Limit {
  const files = fileLimit(hardware);
  return {
    kind: 'files',
    sessions: Math.max(0, round(connectionsFor(files, demand))),
    arithmetic: `${count(files)} less ${count(keptFiles(files, demand))}; ${filesEach(demand)} each`,
  };
}

/** Nothing where a frontend's sessions need no port of their own. */
function sourcePortsLimit({ frontends, sourcePorts }: Demand): readonly Limit[] {
  if (frontends.length === 0 || frontends.some(({ destinations }) => destinations === null)) return [];
  const servers = new Set(frontends.flatMap(({ destinations }) => destinations ?? [])).size;
  const to = servers === 1 ? 'the one server address' : `each of ${count(servers)} server addresses`;
  return [{ kind: 'source-ports', sessions: sourcePorts * servers, arithmetic: `${count(sourcePorts)} to ${to}` }];
}

/** A whole number as people read it. */
export function count(number: number): string {
  return number.toLocaleString('en');
}

/** Bytes as GB of 2^30, two digits below 10. */
export function inGigabytes(bytes: number): string {
  const figure = bytes / gigabyte;
  return `${figure >= 10 ? count(Math.round(figure)) : figure >= 1 ? figure.toFixed(1) : figure.toFixed(2)} GB`;
}

/** Bytes as kB of 2^10, so that a million of them are about a GB. */
export function inKilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} kB`;
}

/** Two digits are as exact as the rules above are. */
function round(connections: number): number {
  if (!Number.isFinite(connections) || connections < 100) return Math.floor(connections);
  const unit = 10 ** (Math.floor(Math.log10(connections)) - 1);
  return Math.floor(connections / unit) * unit;
}
