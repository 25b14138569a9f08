import type { Host } from '../host/host.ts';
import { type Held, type HostState, type Path, plain } from '../state/host-state.ts';
import { isKernelPath } from '../state/kernel-path.ts';
import { type Disagreement, type Plan, plan } from '../state/plan.ts';
import { readManifest, readOriginals, targetOf } from './ledger.ts';
import { observe } from './observe.ts';
import type { Verdict } from './outcome.ts';
import { withRuntime } from './runtime.ts';
import { disagreements } from './verify.ts';

/** What a host holds, what it should hold, and what of that it can: the three that every plan is made from. */
export interface Situation {
  /** Every file that was laid before. */
  readonly manifest: readonly string[];
  readonly target: HostState;
  readonly observed: HostState;
  /** What runs and is not what the desired files say, whether these are there already or not. */
  readonly differing: readonly Disagreement[];
  readonly steps: Plan;
}

/** Observes a host, files and what runs, and plans the way to a desired state; kernel values with a verdict stay out of the plan. Changes nothing. */
export async function survey(host: Host, desired: HostState, verdicts: readonly Verdict[]): Promise<Situation> {
  const manifest = await readManifest(host);
  const target = targetOf(await withRuntime(host, desired), manifest, await readOriginals(host));
  const observed = await observe(host, target.keys());
  const differing = await disagreements(host, target);
  return { manifest, target, observed, differing, steps: plan(observed, attainable(target, observed, verdicts), differing) };
}

/** A target without what this machine does not take: kernel values that have no path here, and those that it refused before. */
export function attainable(target: HostState, observed: HostState, verdicts: readonly Verdict[]): HostState {
  const refused = new Map(verdicts.map(({ path, wanted }) => [path, wanted]));
  const isAttainable = ([path, held]: [Path, Held | null]) =>
    !isKernelPath(path) || held === null || (observed.get(path) !== null && refused.get(path) !== plain(held.content));
  return new Map([...target].filter(isAttainable));
}

/** The verdicts on kernel values that have no path on this machine. */
export function absences(target: HostState, observed: HostState): readonly Verdict[] {
  return [...target].flatMap(([path, held]) =>
    isKernelPath(path) && held !== null && observed.get(path) === null
      ? [{ path, wanted: plain(held.content), holds: null, kind: 'absent' as const, reason: '' }]
      : [],
  );
}
