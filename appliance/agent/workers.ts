import { parseProcesses, showProcesses, toProcess } from '../../proxy/haproxy/runtime.ts';
import { places } from '../apply/places.ts';
import type { Host } from '../host/host.ts';

/** What the worker that serves answers to a command, without white space around it, and which others could not be told. */
export interface Said {
  readonly said: string;
  readonly notes: readonly string[];
}

/**
 * Tells HAProxy's worker, and the old ones that still serve, so that none does otherwise than the next one would. Through the master, each by its process:
 * on the workers' own socket, an old one may still answer for a moment after a reload.
 */
export async function tellWorkers(host: Host, command: string): Promise<Said> {
  const listed = await host.ask(places.haproxyMaster, showProcesses);
  const processes = listed.kind === 'answer' ? parseProcesses(listed.text) : null;
  // one that is about to be old stands among the workers still
  const [current, ...others] = [...(processes?.workers ?? []), ...(processes?.old ?? [])];
  if (current === undefined) return { said: 'HAProxy does not answer', notes: [] };
  const answer = await host.ask(places.haproxyMaster, toProcess(current.pid, command));
  if (answer.kind === 'silence') return { said: 'HAProxy does not answer', notes: [] };
  const notes: string[] = [];
  for (const { pid } of others)
    if ((await host.ask(places.haproxyMaster, toProcess(pid, command))).kind === 'silence')
      notes.push(`an old worker (${pid}) that still serves does not answer`);
  return { said: answer.text.trim(), notes };
}
