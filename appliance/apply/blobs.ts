import type { Host } from '../host/host.ts';
import { bytesOf, type Held, isBytes, type Path, privateFile } from '../state/host-state.ts';
import { places } from './places.ts';

/** Most that all files beside a document may hold together, certificates, secrets and maps: what an apply needs beside them fits into the agent's slice. */
export const largestFiles = 64 * 1024 * 1024;

/** What the store of blobs holds under a hash. @throws Error when it is not there, or is something else. */
export async function readBlob(host: Host, sha256: string): Promise<Uint8Array> {
  const bytes = await host.readBytes(`${places.blobs}/${sha256}`, largestFiles);
  if (bytes === null || bytesOf(bytes).sha256 !== sha256) throw new Error(`${places.blobs}/${sha256} is lost or damaged`);
  return bytes;
}

/** Keeps bytes in the store under their hash, on the disk when this returns; a damaged blob of that name is mended. Answers with the hash. */
export async function keepBlob(host: Host, bytes: Uint8Array): Promise<string> {
  const content = bytesOf(bytes);
  if (!(await isKept(host, content.sha256))) await host.write(`${places.blobs}/${content.sha256}`, privateFile(content));
  return content.sha256;
}

/** Keeps what a path holds by its hash, so that it can be put back: the rest of what it holds stands in the state itself. */
export async function keepHeld(host: Host, path: Path, { content }: Held): Promise<void> {
  if (!isBytes(content) || (await isKept(host, content.sha256))) return;
  const bytes = await host.readBytes(path, largestFiles);
  if (bytes !== null) await keepBlob(host, bytes);
}

/** What a path shall hold with its bytes at hand, from the store where they are not. */
export async function withBytes(host: Host, held: Held | null): Promise<Held | null> {
  if (held === null || !isBytes(held.content) || held.content.reveal !== undefined) return held;
  return { ...held, content: bytesOf(await readBlob(host, held.content.sha256)) };
}

async function isKept(host: Host, sha256: string): Promise<boolean> {
  const kept = await host.digest(`${places.blobs}/${sha256}`);
  return kept !== null && isBytes(kept.content) && kept.content.sha256 === sha256;
}
