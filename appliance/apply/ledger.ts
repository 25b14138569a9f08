import type { Host } from '../host/host.ts';
import { type Held, type HostState, type Path, plain, textFile } from '../state/host-state.ts';
import { isKernelPath } from '../state/kernel-path.ts';
import { places } from './places.ts';

/** The files that a manifest lists: that of the machine (all that weir has laid there) unless told; empty when there is none. */
export async function readManifest(host: Host, manifest: Path = places.manifest): Promise<readonly Path[]> {
  return lines(await host.read(manifest));
}

/** Writes the manifest; there is none when nothing is laid. It must name a file before the file is laid, so that a restore finds all there may be. */
export async function writeManifest(host: Host, paths: Iterable<Path>): Promise<void> {
  const files = [...new Set(paths)].filter((path) => !isKernelPath(path)).sort();
  await host.write(places.manifest, files.length === 0 ? null : textFile(files.map((path) => `${path}\n`).join('')));
}

/** The files of a state that are there, as a manifest has them. */
export function filesOf(state: HostState): readonly Path[] {
  return [...state].filter(([path, held]) => held !== null && !isKernelPath(path)).map(([path]) => path);
}

/** First values of this boot of the kernel values that weir has set, by path; or those of another such list. */
export async function readOriginals(host: Host, list: Path = places.originals): Promise<ReadonlyMap<Path, string>> {
  const rows = lines(await host.read(list)).map((line) => line.split('\t'));
  return new Map(rows.flatMap(([path, value]) => (path !== undefined && value !== undefined ? [[path, value] as const] : [])));
}

/** Adds the values of kernel paths that are about to be set for the first time in this boot; those known are kept as they are. */
export async function recordOriginals(host: Host, observed: HostState, paths: Iterable<Path>): Promise<void> {
  const known = await readOriginals(host);
  const fresh = [...paths].filter((path) => isKernelPath(path) && !known.has(path) && observed.get(path));
  if (fresh.length === 0) return;
  const all = [...known, ...fresh.map((path) => [path, plain((observed.get(path) as Held).content)] as const)];
  await host.write(places.originals, textFile(all.map(([path, value]) => `${path}\t${value}\n`).join('')));
}

/** Adds what keys held that are about to be lost to the list of those, unless it is known already what they held first. */
export async function recordKept(host: Host, values: Readonly<Record<Path, string>>): Promise<void> {
  const known = await readOriginals(host, places.kept);
  const fresh = Object.entries(values).filter(([path]) => !known.has(path));
  if (fresh.length === 0) return;
  await host.write(places.kept, textFile([...known, ...fresh].map(([path, value]) => `${path}\t${value}\n`).join('')));
}

/**
 * What the host should hold after a change: the desired state, nothing where weir laid a file that is not desired any more, and the original where it
 * set a kernel value that is not.
 */
export function targetOf(desired: HostState, manifest: readonly Path[], originals: ReadonlyMap<Path, string>): HostState {
  const departed = manifest.map((path) => [path, null] as const);
  const restored = [...originals].map(([path, content]) => [path, { content, mode: 0o644, owner: 'root:root' }] as const);
  return new Map<Path, Held | null>([...departed, ...restored, ...desired]);
}

function lines(held: Held | null): readonly string[] {
  return held === null
    ? []
    : plain(held.content)
        .split('\n')
        .filter((line) => line !== '');
}
