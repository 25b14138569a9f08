import { causeOf } from '../host/cause.ts';
import type { Host } from '../host/host.ts';
import type { Path } from '../state/host-state.ts';
import { isKey } from '../state/kernel-path.ts';
import { knobRank, remakesQueues } from '../state/knob-order.ts';

/** Channels, then rings, then what stands on them, which a driver may change once more while the last of it is written. */
const rounds = 5;

/**
 * Gives keys the values that they had, whatever they hold now, and answers with those that do not take them, a sentence each. What is not there (a NIC that is gone, an
 * interrupt that fewer channels leave out) is left; doing it again changes nothing. Channels and rings come first: with them a NIC makes anew what holds the rest.
 */
export async function bringBack(host: Host, values: ReadonlyMap<Path, string>): Promise<readonly string[]> {
  // a table that nobody can say is made anew by its driver with the channels
  const wanted = new Map([...values].filter(([path, value]) => isKey(path) && value !== 'other'));
  let troubles: readonly string[] = [];
  for (let round = 1; round <= rounds && wanted.size > 0; round += 1) {
    const held = await host.readKeys([...wanted.keys()]);
    const differing = [...wanted.keys()].filter((path) => (held.get(path) ?? null) !== null && held.get(path) !== wanted.get(path));
    if (differing.length === 0) return [];
    const remaking = differing.filter(remakesQueues);
    // what a NIC refuses to take must not keep the rest of it from being written
    const now = remaking.length > 0 && round < rounds - 1 ? remaking : differing;
    troubles = await writeAll(
      host,
      now.toSorted((a, b) => knobRank(a) - knobRank(b) || (a < b ? -1 : 1)),
      wanted,
    );
  }
  const held = wanted.size === 0 ? new Map<Path, string | null>() : await host.readKeys([...wanted.keys()]);
  const left = [...wanted].filter(([path, value]) => (held.get(path) ?? value) !== value).map(([path]) => path);
  return left.map((path) => troubles.find((trouble) => trouble.startsWith(`${path} `)) ?? `${path} does not hold what it held before`);
}

async function writeAll(host: Host, paths: readonly Path[], values: ReadonlyMap<Path, string>): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const path of paths) {
    const content = values.get(path) ?? '';
    await host
      .write(path, { content, mode: 0o644, owner: 'root:root' })
      .catch((error) => void troubles.push(`${path} cannot be put back: ${causeOf(error, path)}`));
  }
  return troubles;
}
