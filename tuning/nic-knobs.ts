import { channelKnobs } from './channels.ts';
import { coalescingKnobs } from './coalescing.ts';
import type { CpuPlan } from './cpu-plan.ts';
import type { Demand } from './demand.ts';
import type { Hardware, Knob } from './hardware.ts';
import { irqKnobs } from './irq.ts';
import { checkLinkTuning, cpusOf, type LinkProblem, type LinkTuning, ownKnobs } from './link-tuning.ts';
import { type ChosenNic, chooseNics, isNamed, reasonToLeave } from './nic-choice.ts';
import type { NicSituation } from './nic-situation.ts';
import { offloadKnobs } from './offload.ts';
import type { Omitted, Planned } from './planned.ts';
import type { Profile } from './profile.ts';
import { ringKnobs } from './ring.ts';
import { rivalKnobs } from './rivals.ts';
import { rssKnobs } from './rss.ts';
import { steeringKnobs } from './steering.ts';
import { isContainer } from './virtualization.ts';
import { xpsKnobs } from './xps.ts';

/** What the machine's NICs should hold, with what is wrong with the document's own values. */
export interface PlannedNics extends Planned {
  readonly problems: readonly LinkProblem[];
  /** The CPU plan with the CPUs of interrupts that the document says. */
  readonly cpuPlan: CpuPlan;
}

/**
 * Everything that is set for the NICs of a machine, each path once, and the services that would undo it. `links` are the document's own values by link; they
 * win where the NIC can have them. The values of the NIC by which people manage the machine are the last.
 */
export function nicKnobs(
  hardware: Hardware,
  plan: CpuPlan,
  profile: Profile,
  demand: Demand,
  links: Readonly<Record<string, LinkTuning>> = {},
): PlannedNics {
  const { chosen, omitted } = chooseNics(hardware, demand);
  const problems: LinkProblem[] = [...cableProblems(hardware, demand, links)];
  const situations = chosen.map((each): NicSituation => {
    const own = ownValues(hardware, each, links);
    problems.push(...own.problems);
    return {
      hardware,
      nic: each.nic,
      role: each.role,
      isManagement: each.isManagement,
      irqCpus: cpusOf(own.values?.values.irqCpus ?? null) ?? existing(hardware, plan.irqCpus.get(each.nic.bus) ?? []),
      haproxyCpus: plan.haproxyCpus,
      profile,
      demand,
      own: own.values,
    };
  });
  const cpuPlan = withOwnCpus(plan, situations);
  const parts = [...situations.map(nicPart), rivalKnobs(hardware, cpuPlan)];
  const knobs = parts.flatMap((part) => part.knobs);
  return {
    knobs: onceEach(knobs),
    omitted: [...omitted, ...parts.flatMap((part) => part.omitted)],
    problems: firstOfEach(problems),
    cpuPlan,
  };
}

/** A NIC's own knobs. One that carries no traffic of the service keeps its queues; its interrupts alone are kept off HAProxy's CPUs. */
function nicPart(situation: NicSituation): Planned {
  const { nic, role, isManagement } = situation;
  const own = ownKnobs(situation);
  const parts =
    role === 'service'
      ? [channelKnobs, ringKnobs, rssKnobs, coalescingKnobs, offloadKnobs, irqKnobs, xpsKnobs, steeringKnobs].map((part) => part(situation))
      : [
          irqKnobs(situation),
          {
            knobs: [],
            omitted: [{ path: `ethtool:${nic.bus}`, why: `${nic.name}: a ${role} link carries too little for its NIC to be tuned` }],
          },
        ];
  const isOwn = new Set(own.map(({ path }) => path));
  const isFree = ({ path }: Knob | Omitted) => !isOwn.has(path);
  const knobs = [...own, ...parts.flatMap((part) => part.knobs).filter(isFree)];
  return {
    knobs: isManagement ? knobs.map((knob) => ({ ...knob, isLast: true as const })) : knobs,
    omitted: parts.flatMap((part) => part.omitted).filter(isFree),
  };
}

/** The document's values for a NIC, as far as it can have them. */
function ownValues(
  hardware: Hardware,
  { nic, links: standing }: ChosenNic,
  links: Readonly<Record<string, LinkTuning>>,
): { readonly values: NicSituation['own']; readonly problems: readonly LinkProblem[] } {
  const [first, ...others] = standing.filter((link) => Object.hasOwn(links, link));
  const values = first === undefined ? undefined : links[first];
  if (first === undefined || values === undefined) return { values: null, problems: [] };
  const checked = checkLinkTuning(hardware, nic, first, values);
  const twice = others.map(
    (link): LinkProblem => ({
      at: ['tuning', 'links', link],
      message: `${link} stands on the NIC of ${first} (${nic.name}), which has values of its own here`,
      hint: 'say everything of one NIC in one place',
    }),
  );
  return { values: { link: first, values: checked.values }, problems: [...checked.problems, ...twice] };
}

/** Values for links whose NICs cannot be tuned at all. That a container has none to tune is left out, and no mistake. */
function cableProblems(hardware: Hardware, { links: named }: Demand, links: Readonly<Record<string, LinkTuning>>): readonly LinkProblem[] {
  if (isContainer(hardware)) return [];
  return Object.keys(links).flatMap((link) => {
    const nics = hardware.nics.filter((nic) => named?.some((each) => each.link === link && isNamed(nic, each.nic)));
    const whys = nics.map((nic) => reasonToLeave(nic, hardware));
    const [why] = whys;
    if (why === undefined || why === null || whys.includes(null)) return [];
    return [{ at: ['tuning', 'links', link] as const, message: `the NIC of ${link} cannot be tuned: it ${why}`, hint: 'leave it out' }];
  });
}

function withOwnCpus(plan: CpuPlan, situations: readonly NicSituation[]): CpuPlan {
  const told = situations.filter(({ own }) => own?.values.irqCpus != null);
  if (told.length === 0) return plan;
  const warnings = told.flatMap(({ nic, irqCpus }) => {
    const shared = plan.threads.cpuMap.length === 0 ? [] : irqCpus.filter((cpu) => plan.haproxyCpus.includes(cpu));
    return shared.length === 0 ? [] : [`the document puts interrupts of ${nic.name} on CPUs of HAProxy's threads: ${shared.join(', ')}`];
  });
  return {
    ...plan,
    irqCpus: new Map([...plan.irqCpus, ...told.map(({ nic, irqCpus }) => [nic.bus, irqCpus] as const)]),
    warnings: [...plan.warnings, ...warnings],
  };
}

function existing({ cpus }: Hardware, planned: readonly number[]): readonly number[] {
  return planned.filter((id) => cpus.some((cpu) => cpu.id === id));
}

/** Ports of one device may share its bus address, and so the keys of their interrupts. */
function onceEach(knobs: readonly Knob[]): readonly Knob[] {
  const byPath = new Map(knobs.toReversed().map((knob) => [knob.path, knob]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One problem for each place: the NICs of a bond are alike. */
function firstOfEach(problems: readonly LinkProblem[]): readonly LinkProblem[] {
  return [...new Map(problems.toReversed().map((problem) => [JSON.stringify(problem.at), problem])).values()].reverse();
}
