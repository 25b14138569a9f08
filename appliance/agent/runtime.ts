import { addressIn } from '../../proxy/haproxy/server-address.ts';
import type { ServerState } from '../../proxy/haproxy/server-state.ts';
import { places } from '../apply/places.ts';
import { readRuntime, writeRuntime } from '../apply/runtime.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { endpointOf } from '../state/moved.ts';
import { isMeant, nameOf, type ServerChange, withoutChange, wordOf } from '../state/runtime.ts';
import { changeMap, forgetMap, settleMaps } from './maps.ts';
import type { Requests } from './request.ts';
import { type Running, refused } from './running.ts';
import { carryOut, changeServer, confirmedConfigText, findServer, openFirewall, serverStates } from './servers.ts';
import { outlive } from './workers.ts';

/** A reload of the largest configurations takes that long; a change of what runs waits for its end. */
const reloadMs = 120_000;

/** The changes of what runs on one machine, one after the other. */
export interface Runtime {
  readonly server: (request: Requests['server']) => Promise<Running>;
  readonly map: (request: Requests['map']) => Promise<Running>;
  readonly forget: (request: Requests['runtimeForget']) => Promise<Running>;
  /** When none is under way. */
  readonly settled: () => Promise<unknown>;
}

/** The runtime changes of the machine behind a host. */
export function runtimeOf(host: Host): Runtime {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = (by: string, work: () => Promise<Running>): Promise<Running> => {
    const done = turn.then(() => betweenReloads(host, by, work));
    turn = done.catch(() => {});
    return done;
  };
  return {
    server: async (request) => heard(host, await inTurn(request.by, () => changeServer(host, request))),
    map: (request) => inTurn(request.by, () => changeMap(host, request)),
    settled: () => turn,
    forget: async (request) => heard(host, await inTurn(request.by, () => forget(host, request))),
  };
}

/** A change when no worker does otherwise any more: whoever is told that a server is drained may stop it. Others may reload meanwhile. */
async function heard(host: Host, running: Running): Promise<Running> {
  if (running.kind !== 'done') return running;
  const { unheard = [], ...rest } = running;
  return { ...rest, notes: [...rest.notes, ...(await outlive(host, unheard))] };
}

/** Works while no worker takes over from another: the new one would not hear what the old one is told. */
async function betweenReloads(host: Host, by: string, work: () => Promise<Running>): Promise<Running> {
  const lock = await host.lock(places.reloadLock, `${by}: a change of what runs`, reloadMs);
  if (lock.kind === 'busy') return refused(`HAProxy reloads (${lock.holder}): say it again when it has`);
  try {
    return await work();
  } finally {
    await lock.release().catch(() => {});
  }
}

/**
 * After a change of the document, or of the machine by somebody else: makes HAProxy again what was said while it ran, forgets what the document says now
 * too, and what it says anew, or of what is there no more. Answers with what was lost by that, in sentences.
 */
export async function settleRuntime(host: Host): Promise<readonly string[]> {
  const before = await readRuntime(host);
  if (before.length === 0) return [];
  const notes: string[] = [];
  const answer = await betweenReloads(host, 'weir-agent', async () => {
    const states = await serverStates(host, null);
    if (states.length === 0) return refused('HAProxy does not answer');
    notes.push(...(await settleMaps(host)));
    const config = await confirmedConfigText(host);
    for (const change of before.filter((one) => one.kind === 'server')) {
      const now = states.find(({ backend, server }) => backend === change.backend && server === change.server);
      const document = now === undefined ? null : documentOf(change, now, config);
      const isAnew = document !== change.document;
      if (isAnew) {
        await writeRuntime(host, withoutChange(await readRuntime(host), change));
        if (document !== change.value)
          notes.push(`${nameOf(change)}: ${change.what} ${change.value} is forgotten, the document says it anew`);
      }
      const wanted = isAnew ? ({ ...change, document, value: document } as ServerChange) : change;
      if (now === undefined || document === null || runningOf(change, now) === wanted.value) continue;
      const told = await carryOut(host, wanted, []);
      if (told.kind !== 'done') notes.push(...told.reasons);
    }
    const deaf = await openFirewall(host, await readRuntime(host));
    return { kind: 'done', changed: [], changes: [], notes: deaf === null ? [] : [deaf] };
  });
  return answer.kind === 'done' ? [...notes, ...answer.notes] : answer.reasons;
}

/** What the document says now of what was changed; null where it has no such server with an address of its own. */
function documentOf({ what, backend, server }: ServerChange, now: ServerState, config: string): ServerChange['document'] | null {
  switch (what) {
    case 'state':
      return now.configuredAdmin;
    case 'weight':
      return now.configuredWeight;
    case 'address':
      return addressIn(config, backend, server);
  }
}

function runningOf({ what }: ServerChange, now: ServerState): ServerChange['value'] {
  switch (what) {
    case 'state':
      return now.admin;
    case 'weight':
      return now.weight;
    case 'address':
      return endpointOf(now.address, now.port) ?? now.address;
  }
}

/** Brings back what the document says, of what is named or of all. */
async function forget(host: Host, { what, by }: Requests['runtimeForget']): Promise<Running> {
  const before = await readRuntime(host);
  const meant = what === null ? before : before.filter((change) => isMeant(change, what));
  if (meant.length === 0 && what !== null)
    return refused(`nothing of "${what}" is otherwise than the document says`, suggestion(what, before.map(wordOf)));
  let changes = before;
  const notes: string[] = [];
  const unheard: number[] = [];
  for (const change of meant) {
    if (change.kind === 'map') {
      const left = await forgetMap(host, change);
      if (left !== null) return left;
      changes = await readRuntime(host);
      continue;
    }
    const found = await findServer(host, change.backend, change.server);
    if (found.kind === 'refused' && found.reasons.some((reason) => reason.startsWith('there is no'))) {
      changes = withoutChange(await readRuntime(host), change);
      await writeRuntime(host, changes);
      await openFirewall(host, changes);
      continue;
    }
    if (found.kind !== 'found') return found;
    const back = { ...change, by, value: change.document } as ServerChange;
    const done = await carryOut(host, back, []);
    if (done.kind !== 'done') return done;
    changes = done.changes;
    notes.push(...done.notes);
    unheard.push(...(done.unheard ?? []));
  }
  return { kind: 'done', changed: meant, changes, notes, unheard };
}
