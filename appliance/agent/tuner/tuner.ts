import type { Hardware } from '../../../tuning/hardware.ts';
import { confirmedAsked, confirmedId, confirmedKnobs } from '../../apply/generations.ts';
import { hasJournal } from '../../apply/journal.ts';
import { readOriginals, targetOf } from '../../apply/ledger.ts';
import { kernelPlan, mend } from '../../apply/mend.ts';
import type { Verdict } from '../../apply/outcome.ts';
import { readReset } from '../../apply/reset.ts';
import { causeOf as reasonOf } from '../../host/cause.ts';
import type { Host } from '../../host/host.ts';
import { type Held, type HostState, type Path, plain, textFile } from '../../state/host-state.ts';
import { heldByKnob } from '../../state/kernel-path.ts';
import type { Log } from '../log.ts';
import { lastVerdicts, mergedVerdicts, writeVerdicts } from '../verdicts.ts';
import { type Cause, causeOf } from './cause.ts';
import { type Fights, fight, leave, peace, warnings } from './fights.ts';
import type { Happening } from './happening.ts';
import { overruling, settings } from './settings-file.ts';
import { findSuspects } from './suspects.ts';

const memoryFile = '/run/weir/tuning.json';

/** Who keeps the kernel's values as the confirmed generation says. */
export interface Tuner {
  /** Looks at all kernel values once, and puts back what nobody wanted otherwise. What happened since the last round tells why they differ. */
  readonly round: (happenings: readonly Happening[]) => Promise<void>;
  /** What a person should know, a sentence each: of the last round. */
  readonly warnings: () => readonly string[];
}

/** A difference that was found, and why. */
interface Found {
  readonly path: Path;
  readonly holds: string | null;
  readonly cause: Cause;
}

/** The tuner of the machine behind a host. Remembers whom it leaves alone in `/run/weir/tuning.json`, so that an agent that starts anew does so too. */
export function createTuner(host: Host, log: Log, probe: () => Promise<Hardware>): Tuner {
  let said: readonly string[] = [];
  /** Paths that held weir's value after the last round. */
  let set: ReadonlySet<Path> = new Set();
  /** The kernel values of a generation, as this machine is to have them. */
  let planned: { readonly generation: string; readonly knobs: ReadonlyMap<Path, Held> } = { generation: '', knobs: new Map() };
  /** The machine as it was probed last; null: not yet. */
  let machine: Hardware | null = null;
  /** Settings of other files that win at the next boot; looked at when one of them changes. */
  let overruledBy: readonly string[] | null = null;
  /** What the machine did not take, of this generation, until something happens to it. */
  let refused: { readonly generation: string; readonly verdicts: readonly Verdict[] } = { generation: '', verdicts: [] };

  const round = async (happenings: readonly Happening[]): Promise<void> => {
    const id = await confirmedId(host);
    if (id === null || (await hasJournal(host)) || (await readReset(host)) !== null) return;
    const isAnew = happenings.some(({ kind }) => kind === 'driver' || kind === 'cpu');
    if (refused.generation !== id || isAnew) refused = { generation: id, verdicts: [] };
    if (planned.generation !== id || happenings.some(remakes))
      planned = { generation: id, knobs: await plan(id, happenings.some(remakes)) };
    // what a change that was taken back by the shell tools has set of a NIC is nobody else's to put back
    const target = targetOf(planned.knobs, [], await readOriginals(host));
    const verdicts = [...(await lastVerdicts(host)), ...refused.verdicts];
    const steps = await kernelPlan(host, target, verdicts);
    let fights = await recall(host, id);
    const before = fights;
    const found = await explain(steps, happenings, fights);
    const wanted: Path[] = [];
    for (const one of found) {
      const judged = judge(fights, one, host.now());
      fights = judged.fights;
      if (judged.mayPutBack) wanted.push(one.path);
    }
    if (fights !== before) await host.write(memoryFile, textFile(`${JSON.stringify(fights)}\n`));
    const differing = new Set(found.map(({ path }) => path));
    set = new Set([...target.keys()].filter((path) => !differing.has(path)));
    if (overruledBy === null || happenings.some(({ kind }) => kind === 'settings')) overruledBy = await overruled(target);
    said = [...warnings(fights), ...overruledBy];
    if (wanted.length === 0) return;
    const mended = await mend(host, new Map(wanted.map((path) => [path, target.get(path) ?? null])), verdicts);
    if (mended.kind === 'busy') return;
    refused = { generation: id, verdicts: [...refused.verdicts, ...mended.verdicts] };
    // status and plans leave out what this machine does not take
    if (mended.verdicts.length > 0 && machine !== null)
      await writeVerdicts(host, machine, mergedVerdicts(await lastVerdicts(host), mended.verdicts));
    set = new Set([...set, ...mended.written.map(({ path }) => path)]);
    const causes = new Map(found.map(({ path, cause }) => [path, cause]));
    for (const { path, before: was, after } of mended.written)
      log.info({ path, held: heldValue(was), holds: heldValue(after), cause: causes.get(path) ?? null }, 'kernel value put back');
    if (mended.left.length > 0) log.warn({ paths: mended.left }, 'kernel values do not stay as they are written');
  };

  /** The values of a generation for the machine as it is now: its interrupts are known only while links are up. */
  const plan = async (id: string, isAnew: boolean): Promise<ReadonlyMap<Path, Held>> => {
    const confirmed = await confirmedKnobs(host, id);
    const asked = isAnew ? await confirmedAsked(host, id) : null;
    if (asked === null) return confirmed;
    const { appliedKnobs, tune } = await import('../../../tuning/tune.ts');
    machine = await probe();
    const { knobs } = tune(machine, asked.profile, asked.demand, asked.overrides, asked.links);
    return new Map([...confirmed, ...appliedKnobs(knobs, machine).map((knob) => [knob.path, heldByKnob(knob)] as const)]);
  };

  const explain = async (steps: Awaited<ReturnType<typeof kernelPlan>>, happenings: readonly Happening[], { left }: Fights) => {
    const writes = steps.flatMap((step) => (step.kind === 'write' ? [step] : [])).filter(({ path }) => left[path] === undefined);
    if (writes.length === 0) return [];
    // asked only where something differs: a round in which all is well costs no program
    const suspects = await findSuspects(host);
    return writes.map(({ path, before }): Found => {
      const holds = heldValue(before);
      return { path, holds, cause: causeOf({ path, holds, wasSet: set.has(path) }, happenings, suspects) };
    });
  };

  const overruled = async (target: HostState): Promise<readonly string[]> => {
    const wanted = new Map([...target].flatMap(([path, held]) => (held === null ? [] : [[path, plain(held.content)] as const])));
    return overruling(await settings(host), wanted).map(
      ({ file, path, value }) =>
        `${file} sets ${path} to ${value} at each boot, after weir's own: weir puts it back; take the line out, or say it in the document (tuning.sysctl)`,
    );
  };

  return {
    round: async (happenings) => {
      try {
        await round(happenings);
      } catch (error) {
        // What could not be looked at now is looked at in the next round; nothing in the traffic's way depends on it.
        log.error({ err: error }, 'cannot look at the kernel values');
        said = [`the kernel values cannot be looked at: ${reasonOf(error)}`];
      }
    },
    warnings: () => said,
  };
}

/** Whether a NIC may have other queues and interrupts since, or the machine other CPUs. */
function remakes({ kind }: Happening): boolean {
  return kind !== 'time' && kind !== 'settings';
}

/** What becomes of a difference. */
function judge(fights: Fights, { path, holds, cause }: Found, nowMs: number): { readonly fights: Fights; readonly mayPutBack: boolean } {
  switch (cause.kind) {
    case 'new':
    case 'kernel':
      return { fights, mayPutBack: true };
    case 'person':
      return { fights: leave(fights, path, cause.who, holds, nowMs), mayPutBack: false };
    case 'program':
      return fight(fights, path, cause.who, holds, nowMs);
  }
}

async function recall(host: Host, generation: string): Promise<Fights> {
  const held = await host.read(memoryFile);
  try {
    const fights = held === null ? null : (JSON.parse(plain(held.content)) as Fights);
    return fights?.version === 1 && fights.generation === generation ? fights : peace(generation);
  } catch {
    return peace(generation);
  }
}

function heldValue(held: Held | null): string | null {
  return held === null ? null : plain(held.content);
}
