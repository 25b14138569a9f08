import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { type Path, plain, textFile } from '../state/host-state.ts';
import { isKey, normalValue } from '../state/kernel-path.ts';
import { bringBack } from './bring-back.ts';
import { readOriginals } from './ledger.ts';
import { observeOne } from './observe.ts';
import { places } from './places.ts';

/** That a person gave the kernel's values back, until the next confirmed apply or boot. */
export interface Reset {
  readonly version: 1;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** False while it is under way: whoever finds it so goes on with it. */
  readonly done: boolean;
}

/** How a reset ended: so many values hold what they held first, and these do not, a sentence each. Or a change was under way. */
export type ResetOutcome =
  | { readonly kind: 'reset'; readonly values: number; readonly left: readonly string[] }
  | { readonly kind: 'busy'; readonly holder: string };

/** The reset that holds on this machine; null: none. */
export async function readReset(host: Host): Promise<Reset | null> {
  const held = await host.read(places.reset);
  try {
    const reset = held === null ? null : (JSON.parse(plain(held.content)) as Reset);
    return reset?.version === 1 ? reset : null;
  } catch {
    return null;
  }
}

/**
 * Gives everything that weir set in the kernel and on NICs its first value of this boot, and what NICs lost beside it. Begun before, it goes on; done before, it changes
 * nothing. A kill in the middle leaves a note by which the next start of the agent ends it.
 */
export async function reset(host: Host, by: string): Promise<ResetOutcome> {
  const lock = await host.lock(places.lock, `${by}: tune reset, since ${new Date(host.now()).toISOString()}`, 0);
  if (lock.kind === 'busy') return { kind: 'busy', holder: lock.holder };
  try {
    const begun = (await readReset(host)) ?? { version: 1, by, at: new Date(host.now()).toISOString(), done: false };
    await write(host, { ...begun, done: false });
    const originals = await readOriginals(host);
    const values = new Map([...(await readOriginals(host, places.kept)), ...originals]);
    const keys = new Map([...originals].filter(([path]) => isKey(path)));
    await bringBack(host, values);
    const left = [...(await bringBack(host, keys)), ...(await bringPathsBack(host, originals))];
    await write(host, { ...begun, done: true });
    return { kind: 'reset', values: originals.size - left.length, left };
  } finally {
    await lock.release().catch(() => {});
  }
}

async function bringPathsBack(host: Host, originals: ReadonlyMap<Path, string>): Promise<readonly string[]> {
  const left: string[] = [];
  for (const [path, original] of originals) {
    if (isKey(path)) continue;
    const held = await observeOne(host, path);
    if (held === null || plain(held.content) === normalValue(original)) continue;
    await host.write(path, { content: original, mode: 0o644, owner: 'root:root' }).catch((error) => {
      if (errno(error) === null) throw error;
      left.push(`${path} cannot be put back: ${causeOf(error, path)}`);
    });
  }
  return left;
}

async function write(host: Host, value: Reset): Promise<void> {
  await host.write(places.reset, textFile(`${JSON.stringify(value)}\n`));
}
