import { errno, type Host } from '../host/host.ts';
import type { HostState, Path } from '../state/host-state.ts';
import { firstPhase, type Plan, plan, type Step } from '../state/plan.ts';
import { attainable } from './attain.ts';
import { recordOriginals } from './ledger.ts';
import { observe } from './observe.ts';
import { Stopped, type Verdict } from './outcome.ts';
import { places } from './places.ts';
import { pathsOf, writeOne } from './steps.ts';

type Write = Extract<Step, { kind: 'write' }>;

/** Kernel values that were put back: the writes that were made, what the machine did not take, and what still does not hold its value. */
export interface Mended {
  readonly kind: 'mended';
  readonly written: readonly Write[];
  readonly verdicts: readonly Verdict[];
  readonly left: readonly Path[];
}

/** Channels that are made anew lose what stands on them: rings, tables, affinities, each seen once the one before is there. */
const maxRounds = 6;

/** The kernel values that are otherwise than wanted, in the order in which they are written; those that this machine refused are left out. */
export async function kernelPlan(host: Host, target: HostState, verdicts: readonly Verdict[]): Promise<Plan> {
  const observed = await observe(host, target.keys());
  return plan(observed, attainable(target, observed, verdicts));
}

/**
 * Puts kernel values back to what the confirmed generation says. Needs no journal: what is written is what is confirmed, and a kill in the middle leaves
 * fewer differences than there were. `busy`: a change is under way, which writes them itself.
 */
export async function mend(host: Host, target: HostState, verdicts: readonly Verdict[]): Promise<Mended | { readonly kind: 'busy' }> {
  const lock = await host.lock(places.lock, 'weir-agent: puts kernel values back', 0);
  if (lock.kind === 'busy') return lock;
  try {
    const written: Write[] = [];
    let found = verdicts;
    for (let round = 1; ; round += 1) {
      const steps = await kernelPlan(host, target, found);
      // After a boot nobody has set what stands in no file of sysctl.d(5): what is there now is the original.
      await recordOriginals(
        host,
        new Map(steps.flatMap((step) => (step.kind === 'write' ? [[step.path, step.before]] : []))),
        pathsOf(steps),
      );
      if (steps.length === 0 || round > maxRounds)
        return { kind: 'mended', written, verdicts: found.slice(verdicts.length), left: pathsOf(steps) };
      for (const step of firstPhase(steps)) {
        if (step.kind !== 'write') continue;
        const verdict = await writeIfStill(host, step);
        if (verdict === null) written.push(step);
        else if (verdict !== 'moving') found = [...found, verdict];
      }
    }
  } finally {
    await lock.release().catch(() => {});
  }
}

/** Null: it was written. `moving`: it changed since it was observed, or its device has gone; the next round looks again. */
async function writeIfStill(host: Host, step: Write): Promise<Verdict | 'moving' | null> {
  try {
    return await writeOne(host, step);
  } catch (error) {
    if (error instanceof Stopped || errno(error) !== null) return 'moving';
    throw error;
  }
}
