import { createHash } from 'node:crypto';
import type { Origins } from '../../proxy/haproxy/line.ts';
import type { Knob } from '../../tuning/hardware.ts';
import type { Asked } from '../../tuning/tune.ts';
import type { Files } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { type Folder, folders, perFolder } from '../state/folder.ts';
import { type Held, type HostState, isBytes, isLink, linkTo, type Path, plain, textFile } from '../state/host-state.ts';
import { heldByKnob } from '../state/kernel-path.ts';
import { keepBlob, readBlob } from './blobs.ts';
import { filesOf, readManifest } from './ledger.ts';
import { readHeld } from './observe.ts';
import { places } from './places.ts';

/** What is known of a generation without its contents: `meta.json`. */
export interface Meta {
  readonly version: 1;
  /** `<number>-<node>`. */
  readonly id: string;
  readonly number: number;
  readonly node: string;
  readonly parent: string | null;
  /** SHA-256 of the document's text, hexadecimal. */
  readonly hash: string;
  readonly by: string;
  /** When it was made, ISO 8601 in UTC. */
  readonly at: string;
  /** The version of weir that rendered it. */
  readonly weir: string;
  /** SHA-256 of the files beside the document, by folder and name; their contents are in the blobs. A folder that an older weir did not know is missing. */
  readonly files: Readonly<Partial<Record<Folder, Readonly<Record<string, string>>>>>;
}

/** A document and all it becomes on this node. */
export interface Document {
  readonly node: string;
  readonly config: string;
  readonly files: Files;
  readonly state: HostState;
  readonly knobs: readonly Knob[];
  /** What they were planned from, but for the hardware; null: nothing that could be planned again. */
  readonly asked: Asked | null;
  /** For each line of HAProxy's files, the part of the document that asked for it. */
  readonly origins: Origins;
}

/** Generations that are kept; older ones go when a new one is confirmed. */
const kept = 100;

/** The id of the confirmed generation, or null. */
export async function confirmedId(host: Host): Promise<string | null> {
  const link = await host.read(places.confirmed);
  return link === null ? null : plain(link.content).replace(/^generations\//, '');
}

/** What the confirmed generation lays and sets, from its rendered files; nothing when nothing is confirmed. */
export async function confirmedState(host: Host): Promise<HostState> {
  const id = await confirmedId(host);
  const state = new Map<Path, Held | null>();
  if (id === null) return state;
  const rendered = `${places.generations}/${id}/rendered`;
  for (const path of await readManifest(host, `${rendered}/manifest`)) state.set(path, await readHeld(host, path, `${rendered}${path}`));
  for (const [path, held] of await confirmedKnobs(host, id)) state.set(path, held);
  return state;
}

/** The kernel values of a generation. */
export async function confirmedKnobs(host: Host, id: string): Promise<ReadonlyMap<Path, Held>> {
  const knobs = await host.read(`${places.generations}/${id}/rendered/knobs.json`);
  return new Map((JSON.parse(plain(knobs?.content ?? '[]')) as Knob[]).map((knob) => [knob.path, heldByKnob(knob)]));
}

/** What a generation's kernel values were planned from; null where it does not say, as one of an older weir. */
export async function confirmedAsked(host: Host, id: string): Promise<Asked | null> {
  const held = await host.read(`${places.generations}/${id}/rendered/asked.json`);
  return held === null ? null : (JSON.parse(plain(held.content)) as Asked | null);
}

/** What the confirmed generation lays at a path; null: nothing. */
export async function confirmedHeld(host: Host, path: Path): Promise<Held | null> {
  const id = await confirmedId(host);
  return id === null ? null : readHeld(host, path, `${places.generations}/${id}/rendered${path}`);
}

/** What is known of every kept generation, newest first; those that cannot be read are left out. */
export async function readHistory(host: Host): Promise<readonly Meta[]> {
  const names = (await host.list(places.generations)) ?? [];
  const metas = await Promise.all(names.map((id) => readMeta(host, id)));
  return metas.filter((meta): meta is Meta => meta !== null).sort((a, b) => b.number - a.number);
}

/** What is known of one generation, or null when there is none of this id. */
export async function readMeta(host: Host, id: string): Promise<Meta | null> {
  if (!/^\d+-[\w.-]+$/.test(id)) return null;
  const held = await host.read(`${places.generations}/${id}/meta.json`);
  try {
    const meta = held === null ? null : (JSON.parse(plain(held.content)) as Meta);
    return meta?.version === 1 && meta.id === id ? meta : null;
  } catch {
    return null;
  }
}

/** The document of a generation and the files beside it as they were. @throws Error when a part is missing. */
export async function readDocument(host: Host, meta: Meta): Promise<{ readonly config: string; readonly files: Files }> {
  const config = await host.read(`${places.generations}/${meta.id}/config.yaml`);
  if (config === null) throw new Error(`generation ${meta.id} has lost its config.yaml`);
  const blobs = async (kind: Folder) => {
    const entries = Object.entries(meta.files[kind] ?? {}).map(async ([name, hash]) => {
      const bytes = await readBlob(host, hash).catch(() => {
        throw new Error(`generation ${meta.id} has lost ${kind}/${name}: put the file back and apply its config.yaml`);
      });
      return [name, bytes] as const;
    });
    return new Map(await Promise.all(entries));
  };
  return {
    config: plain(config.content),
    files: await settled(perFolder(blobs)),
  };
}

async function settled<Of>(of: Readonly<Record<Folder, Promise<Of>>>): Promise<Readonly<Record<Folder, Of>>> {
  const entries = await Promise.all(folders.map(async (folder) => [folder, await of[folder]] as const));
  const found = new Map(entries);
  return perFolder((folder) => found.get(folder) as Of);
}

/** Who makes a generation, when, and with which weir. */
export interface Author {
  readonly by: string;
  readonly weir: string;
}

/** Writes a generation, complete and on the disk, where the boot tools do not look yet. */
export async function prepare(host: Host, document: Document, author: Author): Promise<Meta> {
  const parent = await confirmedId(host);
  const number = 1 + Math.max(0, ...((await host.list(places.generations)) ?? []).map((id) => Number.parseInt(id, 10) || 0));
  const id = `${number}-${document.node}`;
  const keep = async (kind: Folder) => {
    const hashes: Record<string, string> = {};
    for (const [name, bytes] of document.files[kind]) hashes[name] = await keepBlob(host, bytes);
    return hashes;
  };
  const meta: Meta = {
    version: 1,
    id,
    number,
    node: document.node,
    parent,
    hash: sha256(document.config),
    at: new Date(host.now()).toISOString(),
    ...author,
    files: await settled(perFolder(keep)),
  };
  const { files, links } = contentsOf(document, meta);
  await host.remove(places.pending);
  await host.putFolder(`${places.pending}/${id}`, files, links);
  return meta;
}

/**
 * Makes a prepared generation the confirmed one: it gets its place, then one symbolic link is replaced, which is the moment of the change.
 */
export async function confirm(host: Host, id: string): Promise<void> {
  await host.move(`${places.pending}/${id}`, `${places.generations}/${id}`);
  await host.write(places.confirmed, linkTo(`generations/${id}`));
}

/** Takes away what a change that was not confirmed left in the store. */
export async function discard(host: Host, id: string): Promise<void> {
  await host.remove(places.pending);
  await withdraw(host, id);
  await pruneBlobs(host, await readHistory(host));
}

/** Takes a generation that is not the confirmed one out of the sight of the boot tools, which take the newest where no link names one. */
export async function withdraw(host: Host, id: string): Promise<void> {
  if ((await confirmedId(host)) !== id) await host.remove(`${places.generations}/${id}`);
}

/** Removes generations beyond those kept, and blobs that no generation names. */
export async function prune(host: Host): Promise<void> {
  const [history, confirmed] = [await readHistory(host), await confirmedId(host)];
  const keep = history.filter((meta, index) => index < kept || meta.id === confirmed);
  for (const meta of history.filter((one) => !keep.includes(one))) await host.remove(`${places.generations}/${meta.id}`);
  await pruneBlobs(host, keep);
}

/** Removes the blobs that none of these generations names. */
async function pruneBlobs(host: Host, generations: readonly Meta[]): Promise<void> {
  const named = new Set(generations.flatMap((meta) => folders.flatMap((folder) => Object.values(meta.files[folder] ?? {}))));
  for (const blob of (await host.list(places.blobs)) ?? []) if (!named.has(blob)) await host.remove(`${places.blobs}/${blob}`);
}

/** Hexadecimal SHA-256. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** What a generation's folder holds; what is held by its hash is a further name of its blob, so that a hundred generations of a large map take its space once. */
function contentsOf({ config, state, knobs, asked }: Document, meta: Meta) {
  const manifest = [...filesOf(state)].sort();
  const rendered: [string, Held][] = [
    ...manifest.map((path): [string, Held] => [`rendered${path}`, state.get(path) as Held]),
    ['rendered/manifest', textFile(manifest.map((path: Path) => `${path}\n`).join(''))],
    ['rendered/knobs.json', textFile(`${JSON.stringify(knobs, null, 2)}\n`)],
    // which servers there are is the document's, and it may hold what not everybody is to read
    ['rendered/asked.json', { content: `${JSON.stringify(asked)}\n`, mode: 0o600, owner: 'root:root' }],
  ];
  // sha256sum follows symbolic links, and ours point out of the generation.
  const sums = rendered
    .filter(([, held]) => !isLink(held))
    .map(([name, { content }]) => `${isBytes(content) ? content.sha256 : sha256(plain(content))}  ${name}\n`);
  return {
    files: new Map([
      ...rendered.filter(([, { content }]) => !isBytes(content)),
      ['rendered.sha256', textFile(sums.join(''))],
      ['config.yaml', { content: config, mode: 0o600, owner: 'root:root' }],
      ['meta.json', textFile(`${JSON.stringify(meta, null, 2)}\n`)],
    ]),
    links: new Map(rendered.flatMap(([name, { content }]) => (isBytes(content) ? [[name, `${places.blobs}/${content.sha256}`]] : []))),
  };
}
