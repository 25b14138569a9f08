import type { Host } from '../host/host.ts';
import { contentOf, type Held, type HostState, isBytes, largestText, type Path, plain, secret } from '../state/host-state.ts';
import { isKernelPath, isKey, normalValue } from '../state/kernel-path.ts';
import { isNamedFile } from '../state/named-files.ts';

/** What these paths hold now. Secrets come back wrapped, kernel values in their normal form. */
export async function observe(host: Host, paths: Iterable<Path>): Promise<HostState> {
  const state = new Map<Path, Held | null>();
  const all = [...paths];
  const keys = all.filter(isKey);
  const values = keys.length === 0 ? new Map<Path, string | null>() : await host.readKeys(keys).catch(() => new Map<Path, string | null>());
  for (const path of all) {
    const value = values.get(path) ?? null;
    state.set(path, isKey(path) ? (value === null ? null : kernelValue(value)) : await observeOne(host, path));
  }
  return state;
}

function kernelValue(text: string): Held {
  return { content: normalValue(text), mode: 0o644, owner: 'root:root' };
}

/** What one path holds now. A kernel value that cannot be read is one that is not there. */
export async function observeOne(host: Host, path: Path): Promise<Held | null> {
  if (!isKernelPath(path)) return readHeld(host, path, path);
  const held = await host.read(path).catch(() => null);
  return held === null ? null : kernelValue(plain(held.content));
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
