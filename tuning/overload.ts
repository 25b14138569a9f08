import { type Capacity, count, inGigabytes, inKilobytes, setAsideBytes, setAsideWords } from './capacity.ts';
import type { Demand, FrontendDemand } from './demand.ts';
import { fileLimit, maxsock } from './descriptors.ts';
import type { Hardware } from './hardware.ts';
import { idleBytesOf } from './session.ts';

/** Something of the document that a machine cannot carry, or may not: has the shape of the document's problems. */
export interface Overload {
  readonly at: readonly ['frontends', string, 'maxconn'] | readonly ['backends' | 'caches' | 'rings' | 'stick-tables'];
  readonly message: string;
  readonly hint: string;
  /** It is carried as long as not all of it is used at once. */
  readonly severity?: 'warning';
}

/**
 * What a document asks beyond a machine, by how much. An error is what cannot be: connections of one frontend that would not fit even if they did nothing,
 * HAProxy's refusal to start without files, a connection to a server without a port. What may be too much only when all of it is in use is a warning.
 */
export function overloads(hardware: Hardware, demand: Demand, size: Capacity): readonly Overload[] {
  const files = fileLimit(hardware);
  const idle = maxsock(Math.min(size.maxconn, 100), demand, size.threads);
  if (idle > files) return [checksAlone(idle, files)];
  if (setAsideBytes(demand) > hardware.memoryBytes) return [nothingLeft(demand, hardware.memoryBytes)];
  const asked = demand.frontends.filter((frontend): frontend is Asking => frontend.maxconn !== null);
  const impossible = asked.flatMap((frontend) => [
    ...tooMuchMemory(frontend, hardware.memoryBytes, demand),
    ...tooManyFiles(frontend, maxsock(frontend.maxconn, demand, size.threads), files),
    ...tooManyPorts(frontend, demand.sourcePorts),
  ]);
  return impossible.length > 0 ? impossible : tooMuchAtOnce(asked, size);
}

type Asking = FrontendDemand & { readonly maxconn: number };

function checksAlone(needed: number, files: number): Overload {
  return {
    at: ['backends'],
    message: `HAProxy needs ${count(needed)} open files for binds and the checks of servers alone; this machine gives it ${count(files)}, ${count(needed - files)} too few`,
    hint: 'leave out checks (check: false), or raise the limit of open files of the machine',
  };
}

function nothingLeft(demand: Demand, memory: number): Overload {
  const needed = setAsideBytes(demand);
  const { caches, rings, tables } = demand.setAside;
  const most = Math.max(caches, rings, tables);
  return {
    at: [most === tables ? 'stick-tables' : most === caches ? 'caches' : 'rings'],
    message: `${setAsideWords(demand)} need ${inGigabytes(needed)} of memory; this machine has ${inGigabytes(memory)}, ${inGigabytes(needed - memory)} too little`,
    hint: 'make them smaller: total-max-size of a cache is in megabytes, size of a ring in bytes, size of a table in entries',
  };
}

function tooMuchMemory(frontend: Asking, memory: number, demand: Demand): readonly Overload[] {
  const aside = setAsideBytes(demand);
  const each = idleBytesOf(frontend);
  const needed = each * frontend.maxconn;
  const left = memory - aside;
  if (needed <= left) return [];
  const has = `${inGigabytes(memory)}${aside === 0 ? '' : `, ${inGigabytes(aside)} of them for ${setAsideWords(demand)}`}`;
  const message = `${count(frontend.maxconn)} sessions need ${inGigabytes(needed)} of memory even while they are idle (${inKilobytes(each)} each); this machine has ${has}, ${inGigabytes(needed - left)} too little`;
  return [{ at: at(frontend), message, hint: `it holds ${count(Math.floor(left / each))} at most, and far fewer that are busy` }];
}

function tooManyFiles(frontend: Asking, needed: number, files: number): readonly Overload[] {
  if (needed <= files) return [];
  const message = `HAProxy needs ${count(needed)} open files for ${count(frontend.maxconn)} sessions; this machine gives it ${count(files)}, ${count(needed - files)} too few`;
  return [{ at: at(frontend), message, hint: 'a session has two sockets, and every fourth a pipe for splicing: ask fewer' }];
}

function tooManyPorts(frontend: Asking, sourcePorts: number): readonly Overload[] {
  const { destinations, maxconn, mode } = frontend;
  if (destinations === null || maxconn <= sourcePorts * destinations.length) return [];
  const ports = sourcePorts * destinations.length;
  const to = destinations.length === 1 ? 'the one address of its servers' : `the ${count(destinations.length)} addresses of its servers`;
  const message = `${count(maxconn)} sessions ${mode === 'tcp' ? 'need' : 'may need'} as many connections to ${to}; this machine has source ports for ${count(ports)}, ${count(maxconn - ports)} too few`;
  return [{ at: at(frontend), message, hint: queueing, ...(mode === 'tcp' ? {} : { severity: 'warning' }) }];
}

/** Said at the frontend that asks most. */
function tooMuchAtOnce(asked: readonly Asking[], { possible, bound, maxconn }: Capacity): readonly Overload[] {
  const total = asked.reduce((sum, frontend) => sum + frontend.maxconn, 0);
  const [largest] = asked.toSorted((a, b) => b.maxconn - a.maxconn);
  if (largest === undefined || total <= possible) return [];
  const all = asked.length === 1 ? `${count(total)} sessions` : `the ${count(total)} sessions of all frontends`;
  const message = `this machine does not carry ${all} when all are busy: ${boundWords[bound]} for ${count(possible)}, ${count(total - possible)} fewer`;
  const hint = total > maxconn ? `HAProxy takes ${count(maxconn)} at a time; more wait in the kernel` : queueing;
  return [{ at: at(largest), message, hint, severity: 'warning' }];
}

const boundWords = {
  memory: 'its memory is',
  'idle-memory': 'its memory is',
  files: 'its limit of open files is',
  'source-ports': 'it has source ports towards its servers',
} as const satisfies Record<Capacity['bound'], string>;

const queueing = 'add servers, or give each a maxconn, so that what is too much waits';

function at({ name }: Asking): readonly ['frontends', string, 'maxconn'] {
  return ['frontends', name, 'maxconn'];
}
