/**
 * The words of HAProxy's sockets and what it answers (management guide, 9.3 "Unix Socket commands", 9.4 "Master CLI"): text only, the asking is the
 * host's. Each command is one line; the asker ends its side of the connection after it, or the master waits for the next.
 */

/** On the admin socket of a worker: what it is and how it does, `parseInfo`. */
export const showInfo = 'show info\n';

/** On the master's socket: the processes, `parseProcesses`. */
export const showProcesses = 'show proc\n';

/** On the master's socket: load the configuration anew; answers when the new worker serves, or has refused, `parseReload`. */
export const reload = 'reload\n';

/** On the master's socket: a command for its current worker. */
export function toWorker(command: string): string {
  return `@1 ${command}`;
}

/** On the master's socket: a command for one of its workers, an old one too. */
export function toProcess(pid: number, command: string): string {
  return `@!${pid} ${command}`;
}

/** How a worker moves bytes that stay in the kernel. */
export interface Splicing {
  /** Pipes that hold bytes now, and those that wait for some. */
  readonly pipesUsed: number;
  readonly pipesFree: number;
  /** Bytes that have left through pipes since the worker began. */
  readonly bytes: number;
}

/** What a worker says of itself. */
export interface WorkerInfo {
  readonly pid: number;
  readonly version: string;
  /** The mark of the generation it runs (`generationMark`), or null where its configuration is not ours. */
  readonly mark: string | null;
  readonly uptimeSeconds: number;
  readonly threads: number;
  /** The most connections it accepts at once, and how many there are. */
  readonly maxconn: number;
  readonly connections: number;
  /** File descriptors: the most it may have open. */
  readonly maxsock: number;
  readonly droppedLogs: number;
  readonly splicing: Splicing;
  /** It is leaving: no longer listening, waiting for its last connections. */
  readonly isStopping: boolean;
}

function fields(answer: string): ReadonlyMap<string, string> {
  const pairs = answer.split('\n').map((line) => /^([^:]+): ?(.*)$/.exec(line.trim()));
  return new Map(pairs.flatMap((pair) => (pair?.[1] === undefined ? [] : [[pair[1], pair[2] ?? '']])));
}

/** Reads the answer to `showInfo`; null where it is none, e.g. the connection was cut. */
export function parseInfo(answer: string): WorkerInfo | null {
  const info = fields(answer);
  const number = (key: string) => Number(info.get(key) ?? Number.NaN);
  if (info.get('Name') !== 'HAProxy' || Number.isNaN(number('Pid'))) return null;
  return {
    pid: number('Pid'),
    version: info.get('Version') ?? '',
    mark: /^weir ([0-9a-f]{12})$/.exec(info.get('description') ?? '')?.[1] ?? null,
    uptimeSeconds: number('Uptime_sec'),
    threads: number('Nbthread'),
    maxconn: number('Maxconn'),
    connections: number('CurrConns'),
    maxsock: number('Maxsock'),
    droppedLogs: number('DroppedLogs'),
    splicing: { pipesUsed: number('PipesUsed'), pipesFree: number('PipesFree'), bytes: number('TotalSplicedBytesOut') },
    isStopping: number('Stopping') === 1,
  };
}

/**
 * Seconds (`close-spread-time`) in which a worker that a reload has replaced ends the connections that clients keep. On those it serves meanwhile with
 * what it knew: HAProxy takes no command for a server of a stopped proxy, and such a worker checks nothing any more. So: not longer than it takes to lose
 * no request. Six reloads under 100 busy keep-alive clients lost 6 of 84,000 with 1 s, 1 of 80,000 with 5 s, none with 30 s.
 */
export const closeSpreadSeconds = 30;

/** A process under the master. */
export interface Process {
  readonly pid: number;
  /** How many reloads ago it was started. */
  readonly reloads: number;
  readonly uptimeSeconds: number;
}

/** The master and its workers. `old` are those that a reload has replaced and that still have connections. */
export interface Processes {
  readonly master: Process & { readonly failedReloads: number };
  readonly workers: readonly Process[];
  readonly old: readonly Process[];
}

function seconds(uptime: string): number {
  const [, days = 0, hours = 0, minutes = 0, rest = 0] = /^(\d+)d(\d+)h(\d+)m(\d+)s$/.exec(uptime) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(rest);
}

const row = /^(\d+)\s+(master|worker)\s+(\d+)(?: \[failed: (\d+)\])?\s+(\d+d\d+h\d+m\d+s)/;

/** Reads the answer to `showProcesses`; null where it is none. */
export function parseProcesses(answer: string): Processes | null {
  const found = { master: [] as Processes['master'][], workers: [] as Process[], old: [] as Process[] };
  let list = found.workers;
  for (const line of answer.split('\n')) {
    if (line.startsWith('# workers')) list = found.workers;
    else if (line.startsWith('# old workers')) list = found.old;
    const [, pid, kind, reloads, failed, uptime] = row.exec(line) ?? [];
    if (pid === undefined || uptime === undefined) continue;
    const process = { pid: Number(pid), reloads: Number(reloads), uptimeSeconds: seconds(uptime) };
    if (kind === 'master') found.master.push({ ...process, failedReloads: Number(failed ?? 0) });
    else list.push(process);
  }
  const [master] = found.master;
  return master === undefined ? null : { master, workers: found.workers, old: found.old };
}

/** What became of a reload: whether the new worker serves, and what HAProxy wrote meanwhile. On failure the old worker goes on as before. */
export interface ReloadAnswer {
  readonly isDone: boolean;
  readonly log: readonly string[];
}

/** Reads the answer to `reload`; an answer that was cut off is a failure. */
export function parseReload(answer: string): ReloadAnswer {
  const [first = '', ...rest] = answer.split('\n');
  const log = rest.map((line) => line.trim()).filter((line) => line !== '' && line !== '--');
  return { isDone: first.trim() === 'Success=1', log };
}
