import type { CpuPlan } from './cpu-plan.ts';
import type { Cpu, Hardware, Irq, Nic } from './hardware.ts';
import { irqPath } from './knob-path.ts';
import { formatNumberList } from './number-list.ts';

/** Where packets and threads are: each node of a machine with its caches, its NICs' queues, and HAProxy. */
export interface TuneMap {
  readonly nodes: readonly NodeMap[];
  /** What is otherwise than it should be, a sentence each; rows that have one are marked. */
  readonly conflicts: readonly string[];
}

/** One NUMA node. */
export interface NodeMap {
  readonly id: number;
  readonly cores: number;
  readonly cpus: readonly number[];
  /** The CPUs that share each level 3 cache; empty where the kernel tells of none. */
  readonly caches: readonly (readonly number[])[];
  readonly nics: readonly NicMap[];
  /** HAProxy's threads: `group 1` and the CPUs that they are bound to; no group where they float. */
  readonly threads: readonly { readonly group: number | null; readonly count: number; readonly cpus: readonly number[] }[];
  /** CPUs that nothing is planned for. */
  readonly idle: readonly number[];
}

/** One NIC with the way of its queues. */
export interface NicMap {
  readonly name: string;
  readonly driver: string | null;
  readonly bus: string;
  readonly speedMbit: number | null;
  readonly queues: readonly QueueMap[];
  /** Why there are none; null where there are. */
  readonly why: string | null;
}

/** An interrupt of a queue: what it serves, its number, the CPU that is planned, and those that it goes to. */
export interface QueueMap {
  /** `rx`, `tx`, or `rx+tx`. */
  readonly serves: string;
  readonly queue: number;
  readonly irq: number;
  readonly planned: number | null;
  /** Null: not known. */
  readonly goesTo: readonly number[] | null;
  readonly isConflict: boolean;
}

/** Draws the plan of a machine over what it does now. */
export function tuneMap(hardware: Hardware, plan: CpuPlan, wanted: ReadonlyMap<string, string>): TuneMap {
  const conflicts: string[] = [];
  const cpus = new Map(hardware.cpus.map((cpu) => [cpu.id, cpu]));
  const bound = new Set(plan.threads.cpuMap.length === 0 ? [] : plan.haproxyCpus.map((id) => cpus.get(id)?.core));
  const nics = hardware.nics.map((nic) => ({ nic, map: nicMap(nic, plan, wanted, { cpus, bound, conflicts }) }));
  const first = hardware.cpus[0]?.node ?? 0;
  const used = new Set([...plan.haproxyCpus, ...[...plan.irqCpus.values()].flat()]);
  const ids = [...new Set(hardware.cpus.map(({ node }) => node))].sort((a, b) => a - b);
  const nodes = ids.map((id): NodeMap => {
    const own = hardware.cpus.filter(({ node }) => node === id);
    return {
      id,
      cores: new Set(own.map(({ core }) => core)).size,
      cpus: own.map((cpu) => cpu.id),
      caches: cachesOf(own),
      nics: nics.filter(({ nic }) => (ids.includes(nic.numaNode ?? first) ? (nic.numaNode ?? first) : first) === id).map(({ map }) => map),
      threads: threadsOn(plan, own),
      idle: own.map((cpu) => cpu.id).filter((cpu) => !used.has(cpu)),
    };
  });
  return { nodes, conflicts };
}

interface Situation {
  readonly cpus: ReadonlyMap<number, Cpu>;
  /** Cores that HAProxy's threads are bound to. */
  readonly bound: ReadonlySet<number | undefined>;
  readonly conflicts: string[];
}

function nicMap(nic: Nic, plan: CpuPlan, wanted: ReadonlyMap<string, string>, { cpus, bound, conflicts }: Situation): NicMap {
  const irqs = nic.irqs.filter(({ role }) => role === 'queue');
  const planned = plan.irqCpus.get(nic.bus) ?? [];
  const queues = irqs.map((irq): QueueMap => {
    const wish = wanted.get(irqPath(nic, irq));
    const goesTo = goesToOf(irq);
    const row = { serves: irq.serves === 'both' || irq.serves === null ? 'rx+tx' : irq.serves, queue: irq.index, irq: irq.number };
    const target = wish !== undefined && /^\d+$/.test(wish) ? Number(wish) : null;
    const trouble = goesTo === null ? null : troubleOf(nic, goesTo, target, { cpus, bound });
    if (trouble !== null)
      conflicts.push(
        `${nic.name} ${row.serves} ${row.queue}, interrupt ${row.irq}, goes to CPU ${formatNumberList(goesTo ?? [])}: ${trouble}`,
      );
    return { ...row, planned: target, goesTo, isConflict: trouble !== null };
  });
  const stacked = stackedOn(queues, planned);
  if (stacked !== null) conflicts.push(`${nic.name}: ${stacked}`);
  return {
    name: nic.name,
    driver: nic.driver,
    bus: nic.bus,
    speedMbit: nic.speedMbit,
    queues,
    why: queues.length > 0 ? null : withoutQueues(nic),
  };
}

function goesToOf({ effective, affinity }: Irq): readonly number[] | null {
  return effective !== null && effective.length > 0 ? effective : affinity;
}

function troubleOf(
  nic: Nic,
  goesTo: readonly number[],
  planned: number | null,
  { cpus, bound }: Omit<Situation, 'conflicts'>,
): string | null {
  if (planned !== null && !(goesTo.length === 1 && goesTo[0] === planned)) return `CPU ${planned} is planned`;
  const far = goesTo.find((id) => nic.numaNode !== null && cpus.get(id) !== undefined && cpus.get(id)?.node !== nic.numaNode);
  if (far !== undefined) return `node ${cpus.get(far)?.node}, and its card is on node ${nic.numaNode}`;
  const shared = goesTo.find((id) => bound.has(cpus.get(id)?.core));
  return shared === undefined ? null : `a core that a thread of HAProxy is bound to`;
}

/** Several queues on one CPU while one that is planned for them has none. */
function stackedOn(queues: readonly QueueMap[], planned: readonly number[]): string | null {
  const receiving = queues.filter(({ serves, goesTo }) => serves !== 'tx' && goesTo?.length === 1);
  const counts = new Map<number, number>();
  for (const { goesTo } of receiving) counts.set(goesTo?.[0] ?? 0, (counts.get(goesTo?.[0] ?? 0) ?? 0) + 1);
  const [busiest] = [...counts].sort((a, b) => b[1] - a[1]);
  const free = planned.filter((cpu) => !counts.has(cpu));
  if (busiest === undefined || busiest[1] < 2 || free.length === 0) return null;
  return `${busiest[1]} queues are on CPU ${busiest[0]}, and CPU ${formatNumberList(free)} has none`;
}

function withoutQueues({ driver, hasCarrier, irqs }: Nic): string {
  if (driver === 'hv_netvsc') return 'its queues are channels of the VMBus, whose interrupts nobody can place';
  if (hasCarrier === false) return 'it is down: it has interrupts only while it is up';
  return irqs.length === 0 ? 'no interrupts of it were found' : 'it has interrupts, but none of a queue';
}

function cachesOf(cpus: readonly Cpu[]): readonly (readonly number[])[] {
  const caches = [...new Set(cpus.map(({ l3 }) => l3))];
  return caches.includes(null) ? [] : caches.map((l3) => cpus.filter((cpu) => cpu.l3 === l3).map(({ id }) => id));
}

function threadsOn({ threads, haproxyCpus }: CpuPlan, own: readonly Cpu[]): NodeMap['threads'] {
  const here = new Set(own.map(({ id }) => id));
  const onNode = haproxyCpus.filter((id) => here.has(id));
  if (onNode.length === 0) return [];
  if (threads.cpuMap.length === 0) return [{ group: null, count: threads.nbthread, cpus: onNode }];
  const each = threads.nbthread / threads.threadGroups;
  return threads.cpuMap.flatMap(({ cpus }, index) => {
    const group = cpus.split(',').flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    });
    const there = group.filter((id) => here.has(id));
    return there.length === 0 ? [] : [{ group: index + 1, count: Math.min(each, there.length), cpus: there }];
  });
}
