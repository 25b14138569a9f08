import { addressText } from '../../proxy/haproxy/address.ts';
import { toWorker } from '../../proxy/haproxy/runtime.ts';
import { addressIn, withAddress } from '../../proxy/haproxy/server-address.ts';
import {
  isMoved,
  parseServerStates,
  type ServerState,
  setAddress,
  setState,
  setWeight,
  showServerStates,
} from '../../proxy/haproxy/server-state.ts';
import type { Stat } from '../../proxy/haproxy/stats.ts';
import { confirmedHeld } from '../apply/generations.ts';
import { places } from '../apply/places.ts';
import { readRuntime, writeRuntime } from '../apply/runtime.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { isSame, plain, textFile } from '../state/host-state.ts';
import { endpointOf, type Move, movedText, moves, remoteOf } from '../state/moved.ts';
import { nameOf, type RuntimeChange, type ServerChange, withChange } from '../state/runtime.ts';
import type { Requests } from './request.ts';
import { type NotDone, type Running, refused } from './running.ts';
import { readStats } from './traffic.ts';
import { tellWorkers } from './workers.ts';

/** Changes a server while HAProxy serves: its state, its weight or its address. */
export async function changeServer(host: Host, { backend, server, by, yes, ...asked }: Requests['server']): Promise<Running> {
  const found = await findServer(host, backend, server);
  if (found.kind !== 'found') return found;
  const { stats, state } = found;
  const wish = await wishOf(host, asked, state);
  if ('kind' in wish) return wish;
  if (!yes && takesOut(wish) && isLastUp(stats, server))
    return refused(`${backend}/${server} is the last server of its backend that is up: say --yes to take it out all the same`);
  const change: ServerChange = { kind: 'server', backend, server, by, since: new Date(host.now()).toISOString(), ...wish };
  const isWeightless = asked.state === 'ready' && state.weight === 0;
  return carryOut(host, change, isWeightless ? [`its weight is 0: weir server weight ${backend}/${server} gives it a share`] : []);
}

type Wish = ServerChange extends infer Change ? (Change extends ServerChange ? Pick<Change, 'what' | 'value' | 'document'> : never) : never;

/** What a request asks of a server, and what its document says of that. */
async function wishOf(
  host: Host,
  asked: Pick<Requests['server'], 'state' | 'weight' | 'address'>,
  now: ServerState,
): Promise<Wish | NotDone> {
  if (asked.state !== null) return { what: 'state', value: asked.state, document: now.configuredAdmin };
  if (asked.weight !== null) return { what: 'weight', value: asked.weight, document: now.configuredWeight };
  if (asked.address === null) return refused('say what shall change: its state, its weight or its address');
  if (now.name !== null)
    return refused(`this server is looked up by its name, ${now.name}, which would bring its address back`, 'change the document');
  const document = addressIn(await confirmedConfigText(host), now.backend, now.server);
  if (document === null || endpointOf(now.address, now.port) === null)
    return refused('this server has no address of its own: it is a UNIX socket, or one of a server-template', 'change the document');
  return { what: 'address', value: addressText({ address: asked.address.host, port: asked.address.port ?? now.port }), document };
}

function takesOut({ what, value }: Wish): boolean {
  return (what === 'state' && value !== 'ready') || (what === 'weight' && value === 0);
}

/** Whether somebody may wait for it that nobody asks this server any more. */
function leaves(change: Wish): boolean {
  return takesOut(change) || change.what === 'address';
}

const isServing = ({ status, weight }: Stat): boolean => /^(UP|no check)/.test(status) && weight !== 0;

function isLastUp(stats: readonly Stat[], server: string): boolean {
  const up = stats.filter((stat) => stat.kind === 'server' && isServing(stat));
  return up.length === 1 && up[0]?.name === server;
}

/** A server as HAProxy has it, with its backend; or why it is not to be had. */
export async function findServer(
  host: Host,
  backend: string,
  server: string,
): Promise<{ readonly kind: 'found'; readonly stats: readonly Stat[]; readonly state: ServerState } | NotDone> {
  const read = await readStats(host, backend);
  if (read.kind === 'refused') return refused(read.message, read.hint);
  const { stats } = read.read;
  const states = await serverStates(host, backend);
  const state = states.find((one) => one.server === server);
  if (state !== undefined) return { kind: 'found', stats, state };
  const names = states.map((one) => one.server);
  return refused(`there is no server "${server}" in the backend "${backend}"`, suggestion(server, names));
}

/** The servers of a backend as HAProxy has them, or of all; none where it does not answer. */
export async function serverStates(host: Host, backend: string | null): Promise<readonly ServerState[]> {
  const answer = await host.ask(places.haproxyMaster, toWorker(showServerStates(backend)));
  return answer.kind === 'answer' ? parseServerStates(answer.text) : [];
}

/** Tells all workers, so that none that is leaving sends a request where the next one would not; then keeps it for what starts later. */
export async function carryOut(host: Host, change: ServerChange, notes: readonly string[]): Promise<Running> {
  const before = await readRuntime(host);
  const changes = withChange(before, change);
  // replies must pass before anybody is asked
  const deaf = change.what === 'address' ? await openFirewall(host, changes) : null;
  if (deaf !== null) return { kind: 'failed', reasons: [deaf] };
  const { said, notes: left, unheard } = await tellWorkers(host, commandOf(change));
  // HAProxy has no words for what it does, but where a server moves
  if (change.what === 'address' ? !isMoved(said) : said !== '') {
    if (change.what === 'address') await openFirewall(host, before);
    return { kind: 'failed', reasons: [`${nameOf(change)}: ${said}`] };
  }
  await writeRuntime(host, changes);
  if (change.what === 'address') await layAddress(host, change);
  const kept = await host.run(places.keepHaproxy, []);
  const unkept = kept.exitCode === 0 ? [] : [`a crash of HAProxy would lose this: ${kept.stderr.trim() || `exit code ${kept.exitCode}`}`];
  return { kind: 'done', changed: [change], changes, notes: [...notes, ...left, ...unkept], unheard: leaves(change) ? unheard : [] };
}

function commandOf({ backend, server, ...change }: ServerChange): string {
  switch (change.what) {
    case 'state':
      return setState(backend, server, change.value);
    case 'weight':
      return setWeight(backend, server, change.value);
    case 'address': {
      const { address, port } = remoteOf(change.value);
      return setAddress(backend, server, address, port);
    }
  }
}

/** The haproxy.cfg of the confirmed document; empty where there is none. */
export async function confirmedConfigText(host: Host): Promise<string> {
  const held = await confirmedHeld(host, places.haproxyConfig);
  return held === null ? '' : plain(held.content);
}

/** Has the firewall let replies of moved servers in; a sentence where it did not. */
export async function openFirewall(host: Host, changes: readonly RuntimeChange[]): Promise<string | null> {
  const moved = moves(changes);
  const wanted = moved.length === 0 ? null : textFile(movedText(moved, await confirmedConfigText(host)));
  if (isSame(await host.read(places.moved), wanted)) return null;
  await host.write(places.moved, wanted);
  const { exitCode, stderr } = await host.run(places.activate, ['moved']);
  return exitCode === 0 ? null : `the firewall does not let the replies in: ${stderr.trim() || `exit code ${exitCode}`}`;
}

/** The next worker reads its addresses in haproxy.cfg alone. */
async function layAddress(host: Host, { backend, server, value }: Pick<Move, 'backend' | 'server' | 'value'>): Promise<void> {
  const held = await host.read(places.haproxyConfig);
  if (held !== null) await host.write(places.haproxyConfig, { ...held, content: withAddress(plain(held.content), backend, server, value) });
}
