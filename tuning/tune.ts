import { capacity } from './capacity.ts';
import { type CpuPlan, planCpus } from './cpu-plan.ts';
import type { Demand } from './demand.ts';
import type { Hardware, Knob } from './hardware.ts';
import { type LinkProblem, type LinkTuning, refuseLinkTuning } from './link-tuning.ts';
import { nicKnobs } from './nic-knobs.ts';
import { type Profile, profiles } from './profile.ts';
import { steeringOf } from './steering.ts';
import { checkSysctl, type SysctlProblem } from './sysctl/check.ts';
import { unsteered } from './sysctl/entry.ts';
import { planSysctls, type SysctlPlan } from './sysctl/plan.ts';
import { normalForm } from './sysctl.ts';
import { isVirtualMachine } from './virtualization.ts';

/** A kernel value of the document that cannot be: has the shape of the document's problems. */
export type TuningProblem = SysctlProblem | (LinkProblem & { readonly on?: 'key' });

/** What the kernel should hold, what was left out because of the machine, and what is left as the kernel has it; and what is wrong with the document's own values. */
export interface Tuned extends SysctlPlan {
  readonly problems: readonly TuningProblem[];
  /** How CPUs are divided; null where the machine is not known. */
  readonly cpuPlan: CpuPlan | null;
}

/** What a document asks of the kernel, apart from the machine: enough to plan again when that changes. Values by sysctl name, and by link. */
export interface Asked {
  readonly profile: Profile;
  readonly demand: Demand;
  readonly overrides: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, LinkTuning>>;
}

/**
 * The kernel values of a machine for what is asked of it, its NICs' by stable keys, sorted by path. Values of the document (`overrides` by sysctl name, `links` by link) win. Without hardware (null) what needs
 * it is omitted; with it, an `at-least` value is the larger of the wanted one and the original, so nothing is lowered that a person set higher.
 */
export function tune(
  hardware: Hardware | null,
  profile: Profile,
  demand: Demand,
  overrides: Readonly<Record<string, string>>,
  links: Readonly<Record<string, LinkTuning>> = {},
): Tuned {
  const own = new Map(Object.entries(overrides).map(([name, value]) => [name, normalForm(value)]));
  const problems = [...own].map(([name, value]) => checkSysctl(name, value, demand)).filter((problem) => problem !== null);
  for (const { at } of problems) own.delete(at[2]);
  const maxconn = hardware === null ? demand.maxconn : capacity(hardware, demand).maxconn;
  const nics = hardware === null ? null : nicKnobs(hardware, planCpus(hardware, demand), profile, demand, links);
  const steering = nics === null ? unsteered : steeringOf(nics.knobs, nics.cpuPlan);
  const sysctls = planSysctls({ figures: profiles[profile], demand, maxconn, hardware, steering }, own);
  return {
    knobs: [...sysctls.knobs, ...(nics?.knobs ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1)),
    problems: [...problems, ...refuseLinkTuning(links, demand), ...(nics?.problems ?? [])],
    omitted: [...sysctls.omitted, ...(nics?.omitted ?? [])],
    left: sysctls.left,
    cpuPlan: nics?.cpuPlan ?? null,
  };
}

/**
 * What of a plan is applied. On virtual machines that is the kernel's sysctls so far: their cards keep what the hypervisor and the driver gave them until a power cut
 * in the middle of an apply has been shown to settle there; `weir tune plan` shows the rest.
 */
export function appliedKnobs(knobs: readonly Knob[], hardware: Hardware | null): readonly Knob[] {
  return hardware === null || !isVirtualMachine(hardware) ? knobs : knobs.filter(({ path }) => path.startsWith('/proc/sys/'));
}
