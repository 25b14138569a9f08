import { createHash } from 'node:crypto';
import type { Backend, Server } from '../model.ts';

/** Most characters of a guid (configuration manual, 4.2 "guid"), less those of the number that HAProxy adds for a listener. */
const longestGuid = 127 - 6;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The name under which the counters of a frontend, backend or server are handed to the next worker (configuration manual, 4.2 and 5.2 "guid"): its kind
 * and its names. Names have no colon, so no two things share one; where that would be too long, a digest stands for the names.
 */
export function guid(kind: 'frontend' | 'backend' | 'server' | 'bind', ...names: readonly string[]): string {
  const said = [kind, ...names].join(':');
  return said.length <= longestGuid ? said : `${kind}:${digest(said).toString('hex').slice(0, 32)}`;
}

/** Ids are below this: `hash-type consistent` and stick tables need them distinct within a backend, people like them short. */
const ids = 1_000_000;

/** The id that a server's name gives it at a try, from 1. */
function idOf(name: string, attempt: number): number {
  return (digest(attempt === 0 ? name : `${name} ${attempt}`).readUInt32BE() % (ids - 1)) + 1;
}

/**
 * The ids of a backend's servers, by name (configuration manual, 5.2 "id"): from the name alone, so that a server keeps its place on a consistent hash
 * ring and its entries in a stick table whatever comes and goes beside it, in a reload and on the other node. Of names that meet at one id (two of 100
 * servers do so in one of 200 backends), the first in the alphabet keeps it, the others try again, outside what the names of all take.
 */
export function serverIds({ servers, balance }: Pick<Backend, 'servers' | 'balance'>): ReadonlyMap<Server['name'], number> {
  // `balance first` takes servers in the order of their ids, which is meant to be that of the document
  if (balance.algorithm === 'first') return new Map(servers.map(({ name }, index) => [name, index + 1]));
  const byName = servers.map(({ name }) => name).toSorted();
  const found = new Map<string, number>();
  const taken = new Set<number>();
  const crowded: string[] = [];
  for (const name of byName) {
    const id = idOf(name, 0);
    if (taken.has(id)) crowded.push(name);
    else found.set(name, id);
    taken.add(id);
  }
  for (const name of crowded) {
    let attempt = 1;
    while (taken.has(idOf(name, attempt))) attempt += 1;
    const id = idOf(name, attempt);
    found.set(name, id);
    taken.add(id);
  }
  return found;
}
