import type { CpuPlan } from './cpu-plan.ts';
import type { Hardware, Knob } from './hardware.ts';
import { servicePath } from './knob-path.ts';
import type { Planned } from './planned.ts';
import { isContainer } from './virtualization.ts';

const rivals = [
  {
    unit: 'irqbalance',
    what: 'moves interrupts every ten seconds',
    source:
      'HAProxy management guide, 7, and HAProxy issue 1194: stop it. The ENA guide of AWS keeps it; weir stops it only where it plans each interrupt itself',
  },
  {
    unit: 'tuned',
    what: 'sets the same kernel values, and may slow down a NIC that it finds idle',
    source: 'redhat-performance/tuned, issue 816 and its dynamic tuning of NICs',
  },
] as const;

/** Services that run and would undo the plan, stopped while there is one: on reset they run again. In a container they are the host's. */
export function rivalKnobs(hardware: Hardware, plan: Pick<CpuPlan, 'irqCpus'>): Planned {
  if (isContainer(hardware) || plan.irqCpus.size === 0) return { knobs: [], omitted: [] };
  const nics = `${plan.irqCpus.size} ${plan.irqCpus.size === 1 ? 'NIC' : 'NICs'}`;
  const running = rivals.filter(({ unit }) => hardware.rivals.includes(unit));
  const knobs = running.map(
    ({ unit, what, source }): Knob => ({
      path: servicePath(unit),
      value: 'inactive',
      rule: 'exactly',
      reason: `the interrupts of ${nics} are planned, and ${unit} ${what}`,
      source,
    }),
  );
  return { knobs, omitted: [] };
}
