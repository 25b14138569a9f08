import { parseProcesses, showProcesses, toProcess } from '../../proxy/haproxy/runtime.ts';
import { places } from '../apply/places.ts';
import type { Host } from '../host/host.ts';

/** What the worker that serves answers to a command, without white space around it, and which others could not be told. */
export interface Said {
  readonly said: string;
  readonly notes: readonly string[];
}

/** Tells HAProxy's worker, and where that takes it, the old ones that still serve, so that none does otherwise than the next one would. */
export async function tellWorkers(host: Host, command: string): Promise<Said> {
  const answer = await host.ask(places.haproxy, command);
  if (answer.kind === 'silence') return { said: 'HAProxy does not answer', notes: [] };
  const processes = await host.ask(places.haproxyMaster, showProcesses);
  const old = processes.kind === 'answer' ? (parseProcesses(processes.text)?.old ?? []) : [];
  const notes: string[] = [];
  for (const { pid } of old)
    if ((await host.ask(places.haproxyMaster, toProcess(pid, command))).kind === 'silence')
      notes.push(`an old worker (${pid}) that still serves does not answer`);
  return { said: answer.text.trim(), notes };
}
