import type { Host } from '../host/host.ts';
import { plain, textFile } from '../state/host-state.ts';
import { type RuntimeChange, runtimeIn, runtimeText } from '../state/runtime.ts';
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
