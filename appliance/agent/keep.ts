import { basename } from 'node:path';
import { withEntry } from '../../proxy/haproxy/map.ts';
import { mapChanges, readRuntime } from '../apply/runtime.ts';
import { suggestion } from '../config/nearest.ts';
import type { Host } from '../host/host.ts';
import { keptServers } from '../state/kept.ts';
import { isMeant, type MapChange, wordOf } from '../state/runtime.ts';
import { confirmedSource, type Source } from './draft.ts';

/**
 * The confirmed document with what was changed while it runs, all of it or what is named: servers in its text, entries of maps in their files. A sentence
 * where that cannot be.
 */
export async function keptSource(host: Host, what: string | null): Promise<Source | string> {
  const changes = await readRuntime(host);
  const meant = what === null ? changes : changes.filter((change) => isMeant(change, what));
  const source = await confirmedSource(host);
  if (meant.length === 0 || source === null) {
    const hint = what === null ? undefined : suggestion(what, changes.map(wordOf));
    return `nothing${what === null ? '' : ` of "${what}"`} is otherwise than the document says${hint === undefined ? '' : `: ${hint}`}`;
  }
  const { edits, reasons } = keptServers(meant.filter((change) => change.kind === 'server'));
  if (reasons.length > 0) return reasons.join('; ');
  const files = { ...source.files, maps: withEntries(source.files.maps, mapChanges(meant)) };
  if (edits.length === 0) return { ...source, files };
  const { withServerWords } = await import('../config/server-edit.ts');
  const edited = withServerWords(source.text, edits);
  return edited.kind === 'refused' ? edited.reasons.join('; ') : { ...source, text: edited.text, files };
}

/** The files of maps with these changes. */
function withEntries(maps: ReadonlyMap<string, Uint8Array>, changes: readonly MapChange[]): ReadonlyMap<string, Uint8Array> {
  const changed = new Map(maps);
  for (const name of new Set(changes.map(({ path }) => basename(path)))) {
    const entries = changes.filter(({ path }) => basename(path) === name);
    const text = entries.reduce((before, { key, value }) => withEntry(before, key, value), new TextDecoder().decode(changed.get(name)));
    changed.set(name, new TextEncoder().encode(text));
  }
  return changed;
}
