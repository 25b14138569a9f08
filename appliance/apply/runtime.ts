import { withEntry } from '../../proxy/haproxy/map.ts';
import { addressIn, withAddress } from '../../proxy/haproxy/server-address.ts';
import type { Host } from '../host/host.ts';
import { contentOf, type Held, type HostState, isBytes, plain, textFile } from '../state/host-state.ts';
import { moves } from '../state/moved.ts';
import { type MapChange, type RuntimeChange, runtimeIn, runtimeText } from '../state/runtime.ts';
import { withBytes } from './blobs.ts';
import { places } from './places.ts';

/** What of the machine was changed while it runs, the oldest change first. */
export async function readRuntime(host: Host): Promise<readonly RuntimeChange[]> {
  const held = await host.read(places.runtime);
  return held === null ? [] : runtimeIn(plain(held.content));
}

/** Keeps the changes of what runs; none is no file. */
export async function writeRuntime(host: Host, changes: readonly RuntimeChange[]): Promise<void> {
  await host.write(places.runtime, changes.length === 0 ? null : textFile(runtimeText(changes)));
}

/** The changes of maps among all. */
export function mapChanges(changes: readonly RuntimeChange[]): readonly MapChange[] {
  return changes.filter((change) => change.kind === 'map');
}

/**
 * What a document makes of a machine, with what was changed of its maps and of where its servers are while it runs: HAProxy reads their files at a reload,
 * which must not take the changes back, and none of them is drift. Where the document itself says something new of a server, the document counts.
 */
export async function withRuntime(host: Host, state: HostState): Promise<HostState> {
  const all = await readRuntime(host);
  const changed = new Map(state);
  const config = state.get(places.haproxyConfig);
  if (config && moves(all).length > 0) changed.set(places.haproxyConfig, configWith(config, all));
  const changes = mapChanges(all);
  for (const path of new Set(changes.map((change) => change.path))) {
    const held = state.get(path);
    if (held)
      changed.set(
        path,
        await mapWith(
          host,
          held,
          changes.filter((change) => change.path === path),
        ),
      );
  }
  return changed;
}

/** The haproxy.cfg of a document with servers where they were moved to, those that it does not say anew. */
function configWith(held: Held, changes: readonly RuntimeChange[]): Held {
  let config = plain(held.content);
  for (const { backend, server, value, document } of moves(changes))
    if (addressIn(config, backend, server) === document) config = withAddress(config, backend, server, value);
  return { ...held, content: config };
}

/** A map's file with these changes. */
export async function mapWith(host: Host, held: Held, changes: readonly MapChange[]): Promise<Held> {
  const text = changes.reduce((before, { key, value }) => withEntry(before, key, value), await textOf(host, held));
  return { ...held, content: contentOf(Buffer.from(text), false) };
}

/** The text of a map's file, from the store of blobs where it is large. */
export async function textOf(host: Host, held: Held): Promise<string> {
  const { content } = (await withBytes(host, held)) ?? held;
  return isBytes(content) ? Buffer.from(content.reveal?.() ?? []).toString('utf8') : plain(content);
}
