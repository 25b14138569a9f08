import type { Host } from '../host/host.ts';
import { contentOf, type Held, type HostState, isBytes, largestText, type Path, plain, secret } from '../state/host-state.ts';
import { isKernelPath, normalValue } from '../state/kernel-path.ts';
import { isNamedFile } from '../state/named-files.ts';

/** What these paths hold now. Secrets come back wrapped, kernel values in their normal form. */
export async function observe(host: Host, paths: Iterable<Path>): Promise<HostState> {
  const state = new Map<Path, Held | null>();
  for (const path of paths) state.set(path, await observeOne(host, path));
  return state;
}

/** What one path holds now. A kernel value that cannot be read is one that is not there. */
export async function observeOne(host: Host, path: Path): Promise<Held | null> {
  if (!isKernelPath(path)) return readHeld(host, path, path);
  const held = await host.read(path).catch(() => null);
  return held === null ? null : { content: normalValue(plain(held.content)), mode: 0o644, owner: 'root:root' };
}

/** What a path that is no kernel value holds, read where it stands or where a copy of it does: in the form in which a state has it. */
export async function readHeld(host: Host, path: Path, at: Path): Promise<Held | null> {
  if (!isNamedFile(path)) {
    const held = await host.read(at);
    return held !== null && isSecretPath(path) ? { ...held, content: secret(plain(held.content)) } : held;
  }
  const held = await host.digest(at);
  if (held === null || !isBytes(held.content) || held.content.size > largestText) return held;
  const bytes = await host.readBytes(at, largestText);
  return bytes === null ? null : { ...held, content: contentOf(bytes, isSecretPath(path)) };
}

/** Whether what a path holds must never be shown: keys and password hashes. */
export function isSecretPath(path: Path): boolean {
  return path === '/run/weir/shadow' || path.startsWith('/run/weir/certificates/') || path.startsWith('/run/weir/secrets/');
}
