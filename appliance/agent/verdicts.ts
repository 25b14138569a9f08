import type { Hardware } from '../../tuning/hardware.ts';
import { sha256 } from '../apply/generations.ts';
import type { Verdict } from '../apply/outcome.ts';
import type { Host } from '../host/host.ts';
import { plain, textFile } from '../state/host-state.ts';

const path = '/data/weir/verdicts.json';

interface Kept {
  readonly version: 1;
  /** Which machine they are about: another kernel or other hardware is asked anew. */
  readonly machine: string;
  readonly verdicts: readonly Verdict[];
}

/** What this machine is known to refuse; nothing when the hardware or the kernel has changed since, or the file cannot be read. */
export async function readVerdicts(host: Host, hardware: Hardware): Promise<readonly Verdict[]> {
  const kept = await readKept(host);
  return kept !== null && kept.machine === machineOf(hardware) ? kept.verdicts : [];
}

/** What the last apply found, whatever the hardware is now: for the report of an agent that only watches. */
export async function lastVerdicts(host: Host): Promise<readonly Verdict[]> {
  return (await readKept(host))?.verdicts ?? [];
}

/** Keeps verdicts. Values that have no path here are left out: whether they have one is seen at every plan. */
export async function writeVerdicts(host: Host, hardware: Hardware, verdicts: readonly Verdict[]): Promise<void> {
  const kept: Kept = { version: 1, machine: machineOf(hardware), verdicts: verdicts.filter(({ kind }) => kind !== 'absent') };
  await host.write(path, textFile(`${JSON.stringify(kept)}\n`));
}

/** Verdicts with newer ones in the place of those on the same values. */
export function mergedVerdicts(known: readonly Verdict[], newer: readonly Verdict[]): readonly Verdict[] {
  const isNewer = new Set(newer.map((verdict) => verdict.path));
  return [...known.filter((verdict) => !isNewer.has(verdict.path)), ...newer];
}

async function readKept(host: Host): Promise<Kept | null> {
  const held = await host.read(path);
  try {
    const kept = held === null ? null : (JSON.parse(plain(held.content)) as Kept);
    return kept?.version === 1 && Array.isArray(kept.verdicts) ? kept : null;
  } catch {
    return null;
  }
}

function machineOf({ kernel, virtualization, memoryBytes, cpus }: Hardware): string {
  return sha256(JSON.stringify({ kernel, virtualization, memoryBytes, cpus: cpus.length }));
}
