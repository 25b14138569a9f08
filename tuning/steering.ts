import { queueCount } from './channels.ts';
import type { CpuPlan } from './cpu-plan.ts';
import type { Cpu, Knob } from './hardware.ts';
import { cpuOfQueue } from './irq.ts';
import { queuePath } from './knob-path.ts';
import { firstValue, isFast, type NicSituation } from './nic-situation.ts';
import { formatNumberList } from './number-list.ts';
import type { Planned } from './planned.ts';
import type { Steering } from './sysctl/entry.ts';

/** Flows that the machine remembers the CPU of: perftune.py's and scaling.rst's number for a moderate load. */
const flows = 32_768;

/** With fewer CPUs than these all share the interrupts and HAProxy, and steering would only move work around (weir: to be measured). */
const fewestCpus = 5;

/** A receive queue whose packets the kernel spreads over further CPUs, ascending. */
export interface SteeredQueue {
  readonly queue: number;
  readonly cpus: readonly number[];
}

/**
 * The queues that the kernel must help to spread (RPS): those of a NIC that has fewer than CPUs are planned for its interrupts. A queue's packets go to the
 * planned CPUs of its cache (or node), without the CPU that takes its interrupts and that CPU's SMT siblings.
 */
export function steeredQueues(situation: NicSituation): readonly SteeredQueue[] {
  const { hardware, nic, role, irqCpus } = situation;
  const queues = queueCount(situation, 'rx');
  const isSmall = new Set(hardware.cpus.map(({ core }) => core)).size < fewestCpus;
  const areIrqsKnown = nic.irqs.some((irq) => irq.role === 'queue');
  if (role !== 'service' || queues === null || queues >= irqCpus.length || isSmall || !areIrqsKnown || !isFast(situation)) return [];
  const byId = new Map(hardware.cpus.map((cpu) => [cpu.id, cpu]));
  return Array.from({ length: queues }, (_, queue) => {
    const own = byId.get(cpuOfQueue(situation, queue));
    const others = irqCpus.filter((id) => isBeside(byId.get(id), own));
    return { queue, cpus: others.toSorted((a, b) => a - b) };
  }).filter(({ cpus }) => cpus.length > 0);
}

/** Another core of the same cache, or of the same node where caches are not known. */
function isBeside(cpu: Cpu | undefined, own: Cpu | undefined): boolean {
  if (cpu === undefined || own === undefined || cpu.core === own.core) return false;
  return own.l3 === null ? cpu.node === own.node : cpu.l3 === own.l3;
}

/**
 * RPS for the queues that need it; and where interrupts and HAProxy share CPUs, RFS, which takes a packet to the CPU of the thread that waits for it. Where they
 * have CPUs of their own RFS would bring the kernel's work to HAProxy's.
 */
export function steeringKnobs(situation: NicSituation): Planned {
  const { nic, irqCpus, haproxyCpus } = situation;
  const steered = steeredQueues(situation);
  if (steered.length === 0) return { knobs: [], omitted: [] };
  const queues = queueCount(situation, 'rx') ?? steered.length;
  const knobs = steered.flatMap(({ queue, cpus }): readonly Knob[] => {
    const reason = `${queues} ${queues === 1 ? 'queue' : 'queues'} for ${irqCpus.length} CPUs: what queue ${queue} receives on CPU ${cpuOfQueue(situation, queue)} goes on to ${formatNumberList(cpus)}`;
    const rps: Knob = {
      path: queuePath(nic, `rx-${queue}`, 'rps_cpus'),
      value: formatNumberList(cpus),
      rule: 'exactly',
      reason,
      source: 'kernel Documentation/networking/scaling.rst, "RPS"; ENA_Linux_Best_Practices.rst: same node, no SMT sibling',
    };
    if (!irqCpus.some((cpu) => haproxyCpus.includes(cpu))) return [rps];
    const path = queuePath(nic, `rx-${queue}`, 'rps_flow_cnt');
    const share = 2 ** Math.floor(Math.log2(flows / queues));
    const rfs: Knob = {
      path,
      value: `${Math.max(share, Number(firstValue(situation, path, '0')))}`,
      rule: 'at-least',
      reason: `${flows} flows of the machine over ${queues} ${queues === 1 ? 'queue' : 'queues'}, a power of two`,
      source: 'kernel Documentation/networking/scaling.rst, "RFS"',
    };
    return [rps, rfs];
  });
  return { knobs, omitted: [] };
}

/** What the NICs' knobs and the plan of the CPUs mean for the kernel's values. */
export function steeringOf(knobs: readonly Knob[], { threads, haproxyCpus, irqCpus }: CpuPlan): Steering {
  const interrupted = new Set([...irqCpus.values()].flat());
  const isPinned = threads.cpuMap.length > 0;
  return {
    usesRps: knobs.some(({ path }) => path.endsWith('/rps_cpus')),
    flows: knobs.some(({ path }) => path.endsWith('/rps_flow_cnt')) ? flows : 0,
    isPinned,
    isApart: isPinned && interrupted.size > 0 && !haproxyCpus.some((cpu) => interrupted.has(cpu)),
  };
}
