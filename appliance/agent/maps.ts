import { isDeepStrictEqual } from 'node:util';
import {
  addMap,
  delMap,
  isUnknownKey,
  isUnknownMap,
  type MapEntry,
  parseMap,
  setMap,
  showMap,
  valuesIn,
  wrongEntry,
} from '../../proxy/haproxy/map.ts';
import { toWorker } from '../../proxy/haproxy/runtime.ts';
import type { PatternMap } from '../../proxy/model.ts';
import { confirmedHeld } from '../apply/generations.ts';
import { readHeld } from '../apply/observe.ts';
import { places } from '../apply/places.ts';
import { mapChanges, mapWith, readRuntime, textOf, writeRuntime } from '../apply/runtime.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { isSame } from '../state/host-state.ts';
import { type MapChange, type RuntimeChange, withChange, withoutChange } from '../state/runtime.ts';
import { confirmedConfig } from './draft.ts';
import type { Requests } from './request.ts';
import { type NotDone, type Running, refused } from './running.ts';
import type { Reading } from './traffic.ts';
import { tellWorkers } from './workers.ts';

/** A map of the confirmed document, or why there is none. */
async function find(host: Host, name: string): Promise<PatternMap | NotDone> {
  const confirmed = await confirmedConfig(host);
  const maps = confirmed?.config.proxy.maps ?? [];
  return (
    maps.find((map) => map.name === name) ??
    refused(
      `there is no map "${name}"`,
      suggestion(
        name,
        maps.map((map) => map.name),
      ),
    )
  );
}

/** The entries of a map as HAProxy has them now. */
export async function readMap(host: Host, name: string): Promise<Reading<{ readonly entries: readonly MapEntry[] }>> {
  const map = await find(host, name);
  if ('kind' in map)
    return { kind: 'refused', status: 404, message: map.reasons.join('; '), ...(map.hint === undefined ? {} : { hint: map.hint }) };
  const answer = await host.ask(places.haproxyMaster, toWorker(showMap(map.file)), 20_000);
  if (answer.kind === 'silence')
    return { kind: 'refused', status: 503, message: 'HAProxy does not answer', hint: 'weir status says how this machine is' };
  if (isUnknownMap(answer.text)) return { kind: 'refused', status: 404, message: `no rule uses the map "${name}"` };
  return { kind: 'read', read: { entries: parseMap(answer.text) } };
}

/** Sets the value of a key, or takes the key away (value null). */
export async function changeMap(host: Host, { map: name, key, value, by }: Requests['map']): Promise<Running> {
  const wrong = wrongEntry(key, value);
  if (wrong !== null) return refused(wrong);
  const map = await find(host, name);
  if ('kind' in map) return map;
  const told = await tell(host, map.file, key, value === null ? [] : [value]);
  if (told.kind === 'unknown')
    return value === null ? refused(`there is no key "${key}" in the map "${name}"`) : refused(`no rule uses the map "${name}"`);
  if (told.kind === 'refused') return refused(`HAProxy does not take "${key}" for a map that is matched by ${map.match}: ${told.words}`);
  const change: MapChange = { kind: 'map', map: name, path: map.file, key, value, by, since: new Date(host.now()).toISOString() };
  const changes = withChange(await readRuntime(host), change);
  await writeRuntime(host, changes);
  await lay(host, map.file, changes);
  return { kind: 'done', changed: [change], changes, notes: told.notes };
}

/** Brings back what the document's file says of a key; or why HAProxy did not take that. */
export async function forgetMap(host: Host, change: MapChange): Promise<NotDone | null> {
  const file = await confirmedHeld(host, change.path);
  if (file !== null) {
    const told = await tell(host, change.path, change.key, valuesIn(await textOf(host, file), change.key));
    if (told.kind === 'refused') return { kind: 'failed', reasons: [`map ${change.map} ${change.key}: ${told.words}`] };
  }
  const changes = (await readRuntime(host)).filter((one) => JSON.stringify(one) !== JSON.stringify(change));
  await writeRuntime(host, changes);
  if (file !== null) await lay(host, change.path, changes);
  return null;
}

/** Makes the maps again what was said while HAProxy ran, where somebody laid the document's file; forgets what that says now too, and maps that are no more. */
export async function settleMaps(host: Host): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const change of mapChanges(await readRuntime(host))) {
    const file = await confirmedHeld(host, change.path);
    if (file === null || isDeepStrictEqual(valuesIn(await textOf(host, file), change.key), change.value === null ? [] : [change.value])) {
      await writeRuntime(host, withoutChange(await readRuntime(host), change));
      if (file === null) notes.push(`map ${change.map} ${change.key} is forgotten, the map is there no more`);
      continue;
    }
    const wanted = await mapWith(
      host,
      file,
      mapChanges(await readRuntime(host)).filter(({ path }) => path === change.path),
    );
    if (isSame(await readHeld(host, change.path, change.path), wanted)) continue;
    await tell(host, change.path, change.key, change.value === null ? [] : [change.value]);
    await host.write(change.path, wanted);
  }
  return notes;
}

type Told =
  | { readonly kind: 'done'; readonly notes: readonly string[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly words: string };

/** Tells all workers that a key has these values and no other. */
async function tell(host: Host, path: string, key: string, values: readonly string[]): Promise<Told> {
  const [only] = values;
  const first = await tellWorkers(host, values.length === 1 && only !== undefined ? setMap(path, key, only) : delMap(path, key));
  const isThere = !isUnknownKey(first.said);
  if (isUnknownMap(first.said)) return { kind: 'unknown' };
  if (isThere && first.said !== '')
    return first.said.includes('Key deleted') ? { kind: 'done', notes: first.notes } : { kind: 'refused', words: first.said };
  if (values.length === 0) return isThere ? { kind: 'done', notes: first.notes } : { kind: 'unknown' };
  if (values.length === 1 && isThere) return { kind: 'done', notes: first.notes };
  for (const value of values) {
    const { said } = await tellWorkers(host, addMap(path, key, value));
    if (said !== '') return { kind: 'refused', words: said };
  }
  return { kind: 'done', notes: first.notes };
}

/** What HAProxy reads at its next start. */
async function lay(host: Host, path: string, changes: readonly RuntimeChange[]): Promise<void> {
  const file = await confirmedHeld(host, path);
  if (file !== null)
    await host.write(
      path,
      await mapWith(
        host,
        file,
        mapChanges(changes).filter((change) => change.path === path),
      ),
    );
}
