import { closeSpreadSeconds, type Processes, parseProcesses, showProcesses, toProcess } from '../../proxy/haproxy/runtime.ts';
import { places } from '../apply/places.ts';
import type { Host } from '../host/host.ts';

/** What the workers answer to a command. */
export interface Said {
  /** What the worker that serves says, without white space around it. */
  readonly said: string;
  /** Which others could not be told, in sentences. */
  readonly notes: readonly string[];
  /** Process ids of old workers that refuse the command, as those of stopped proxies do what is said of their servers. */
  readonly unheard: readonly number[];
}

/**
 * Tells HAProxy's worker, and the old ones that still serve, so that none does otherwise than the next one would. Through the master, each by its process:
 * on the workers' own socket, an old one may still answer for a moment after a reload.
 */
export async function tellWorkers(host: Host, command: string): Promise<Said> {
  const processes = await processesOf(host);
  // one that is about to be old stands among the workers still
  const [current, ...others] = [...(processes?.workers ?? []), ...(processes?.old ?? [])].toSorted(
    (one, other) => one.reloads - other.reloads,
  );
  const silent = { said: 'HAProxy does not answer', notes: [], unheard: [] };
  if (current === undefined) return silent;
  const answer = await host.ask(places.haproxyMaster, toProcess(current.pid, command));
  if (answer.kind === 'silence') return silent;
  const notes: string[] = [];
  const unheard: number[] = [];
  for (const { pid } of others) {
    const told = await host.ask(places.haproxyMaster, toProcess(pid, command));
    if (told.kind === 'silence') notes.push(`an old worker (${pid}) that still serves does not answer`);
    else if (told.text.trim() !== answer.text.trim()) unheard.push(pid);
  }
  return { said: answer.text.trim(), notes, unheard };
}

/**
 * Waits until old workers that would not hear of a change have no client any more who could send another request to them: until they are gone, or the
 * time (`closeSpreadSeconds`) is over in which they end the connections that clients keep. Answers with what may still come, in sentences.
 */
export async function outlive(host: Host, unheard: readonly number[]): Promise<readonly string[]> {
  const limit = host.now() + (closeSpreadSeconds + 1) * 1000;
  for (let left = unheard; ; await host.sleep(100)) {
    const processes = await processesOf(host);
    const there = new Set([...(processes?.workers ?? []), ...(processes?.old ?? [])].map(({ pid }) => pid));
    left = left.filter((pid) => there.has(pid));
    if (left.length === 0) return [];
    const sinceReload = Math.min(...(processes?.workers ?? []).map(({ uptimeSeconds }) => uptimeSeconds));
    if (sinceReload > closeSpreadSeconds || host.now() > limit)
      return left.map((pid) => `an old worker (${pid}) still has connections: on each of those, one more request may be served as before`);
  }
}

async function processesOf(host: Host): Promise<Processes | null> {
  const listed = await host.ask(places.haproxyMaster, showProcesses);
  return listed.kind === 'answer' ? parseProcesses(listed.text) : null;
}
