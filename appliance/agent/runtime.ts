import { parseServerStates, type ServerState, setState, setWeight, showServerStates } from '../../proxy/haproxy/server-state.ts';
import type { Stat } from '../../proxy/haproxy/stats.ts';
import { places } from '../apply/places.ts';
import { readRuntime, writeRuntime } from '../apply/runtime.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { nameOf, type RuntimeChange, type ServerChange, withChange } from '../state/runtime.ts';
import { changeMap, forgetMap, settleMaps } from './maps.ts';
import type { Requests } from './request.ts';
import { type Running, refused } from './running.ts';
import { readStats } from './traffic.ts';
import { outlive, tellWorkers } from './workers.ts';

/** A reload of the largest configurations takes that long; a change of what runs waits for its end. */
const reloadMs = 120_000;

/** The changes of what runs on one machine, one after the other. */
export interface Runtime {
  readonly server: (request: Requests['server']) => Promise<Running>;
  readonly map: (request: Requests['map']) => Promise<Running>;
  readonly forget: (request: Requests['runtimeForget']) => Promise<Running>;
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

async function changeServer(host: Host, { backend, server, by, yes, ...asked }: Requests['server']): Promise<Running> {
  const found = await find(host, backend, server);
  if (found.kind !== 'found') return found;
  const { stats, state } = found;
  const wish = wishOf(asked, state);
  if ('kind' in wish) return wish;
  if (!yes && takesOut(wish) && isLastUp(stats, server))
    return refused(`${backend}/${server} is the last server of its backend that is up: say --yes to take it out all the same`);
  const change: ServerChange = { kind: 'server', backend, server, by, since: new Date(host.now()).toISOString(), ...wish };
  return carryOut(host, change, []);
}

type Wish = ServerChange extends infer Change ? (Change extends ServerChange ? Pick<Change, 'what' | 'value' | 'document'> : never) : never;

/** What a request asks of a server, and what its document says of that. */
function wishOf(asked: Pick<Requests['server'], 'state' | 'weight'>, now: ServerState): Wish | Running {
  if (asked.state !== null) return { what: 'state', value: asked.state, document: now.configuredAdmin };
  if (asked.weight !== null) return { what: 'weight', value: asked.weight, document: now.configuredWeight };
  return refused('say what shall change: its state or its weight');
}

function takesOut({ what, value }: Wish): boolean {
  return (what === 'state' && value !== 'ready') || (what === 'weight' && value === 0);
}

const isServing = ({ status, weight }: Stat): boolean => /^(UP|no check)/.test(status) && weight !== 0;

function isLastUp(stats: readonly Stat[], server: string): boolean {
  const up = stats.filter((stat) => stat.kind === 'server' && isServing(stat));
  return up.length === 1 && up[0]?.name === server;
}

/** A server as HAProxy has it, with its backend. */
async function find(
  host: Host,
  backend: string,
  server: string,
): Promise<{ readonly kind: 'found'; readonly stats: readonly Stat[]; readonly state: ServerState } | Running> {
  const read = await readStats(host, backend);
  if (read.kind === 'refused') return refused(read.message, read.hint);
  const { stats } = read.read;
  const states = parseServerStates(await answerOf(host, showServerStates(backend)));
  const state = states.find((one) => one.server === server);
  if (state !== undefined) return { kind: 'found', stats, state };
  const names = states.map((one) => one.server);
  return refused(`there is no server "${server}" in the backend "${backend}"`, suggestion(server, names));
}

/** Tells all workers, so that none that is leaving sends a request where the next one would not; then keeps it for what starts later. */
async function carryOut(host: Host, change: ServerChange, notes: readonly string[]): Promise<Running> {
  const command = commandOf(change);
  // HAProxy has no words for what it does
  const { said, notes: left, unheard } = await tellWorkers(host, command);
  if (said !== '') return { kind: 'failed', reasons: [`${nameOf(change)}: ${said}`] };
  const changes = withChange(await readRuntime(host), change);
  await writeRuntime(host, changes);
  const kept = await host.run(places.keepHaproxy, []);
  const unkept = kept.exitCode === 0 ? [] : [`a crash of HAProxy would lose this: ${kept.stderr.trim() || `exit code ${kept.exitCode}`}`];
  return { kind: 'done', changed: [change], changes, notes: [...notes, ...left, ...unkept], unheard: takesOut(change) ? unheard : [] };
}

function commandOf({ backend, server, ...change }: ServerChange): string {
  switch (change.what) {
    case 'state':
      return setState(backend, server, change.value);
    case 'weight':
      return setWeight(backend, server, change.value);
  }
}

/**
 * After a change of the document, or of the machine by somebody else: makes HAProxy again what was said while it ran, and forgets what the document says
 * anew, or of what is there no more. Answers with what was forgotten, in sentences.
 */
export async function settleRuntime(host: Host): Promise<readonly string[]> {
  const before = await readRuntime(host);
  if (before.length === 0) return [];
  const notes: string[] = [];
  const answer = await betweenReloads(host, 'weir-agent', async () => {
    const states = parseServerStates(await answerOf(host, showServerStates(null)));
    if (states.length === 0) return refused('HAProxy does not answer');
    notes.push(...(await settleMaps(host)));
    for (const change of before.filter((one) => one.kind === 'server')) {
      const now = states.find(({ backend, server }) => backend === change.backend && server === change.server);
      if (now === undefined || (change.what === 'weight' && now.configuredWeight !== change.document)) {
        notes.push(`${nameOf(change)}: ${change.what} ${change.value} is forgotten, the document says it anew`);
        await writeRuntime(
          host,
          (await readRuntime(host)).filter((one) => nameOf(one) !== nameOf(change) || one.kind !== 'server' || one.what !== change.what),
        );
      } else if (runningOf(change, now) !== change.value) {
        const told = await carryOut(host, change, []);
        if (told.kind !== 'done') notes.push(...told.reasons);
      }
    }
    return { kind: 'done', changed: [], changes: [], notes: [] };
  });
  return answer.kind === 'done' ? notes : answer.reasons;
}

function runningOf({ what }: ServerChange, now: ServerState): ServerChange['value'] {
  return what === 'state' ? now.admin : now.weight;
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
    const found = await find(host, change.backend, change.server);
    if (found.kind === 'refused' && found.reasons.some((reason) => reason.startsWith('there is no'))) {
      changes = changes.filter((one) => one !== change);
      await writeRuntime(host, changes);
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

/** How a person names what a change is of: `shop/app1`, or the map `blocked`. */
function wordOf(change: RuntimeChange): string {
  return change.kind === 'server' ? nameOf(change) : change.map;
}

function isMeant(change: RuntimeChange, what: string): boolean {
  return wordOf(change) === what || nameOf(change) === what;
}

async function answerOf(host: Host, command: string, socket: string = places.haproxy): Promise<string> {
  const answer = await host.ask(socket, command);
  return answer.kind === 'answer' ? answer.text : '';
}
