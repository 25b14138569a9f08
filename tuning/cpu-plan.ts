import type { Demand } from './demand.ts';
import type { Cpu, Hardware, Nic } from './hardware.ts';
import { type Core, coreCount, coresOf, irqCores, share } from './irq-core.ts';
import { type ChosenNic, chooseNics } from './nic-choice.ts';
import { queuesPossible } from './nic-queues.ts';
import { formatNumberList } from './number-list.ts';
import { float, mapped, type Threads } from './threads.ts';
import { isContainer, isVirtualMachine } from './virtualization.ts';

/** How a machine's CPUs are divided between the interrupts of its NICs and HAProxy's threads. */
export interface CpuPlan {
  /** For each planned NIC by its bus address: the CPUs of its queues' interrupts. Queue i is of the CPU i modulo their number. */
  readonly irqCpus: ReadonlyMap<string, readonly number[]>;
  /** The CPUs that HAProxy's threads run on, ascending; all that are allowed where `threads.cpuMap` is empty. */
  readonly haproxyCpus: readonly number[];
  readonly threads: Threads;
  /** The decisions with their numbers, a sentence each, for people. */
  readonly reasons: readonly string[];
  /** What it costs, or who else could make it better (the hypervisor): a sentence each. */
  readonly warnings: readonly string[];
}

/** The NIC that decides where HAProxy runs is one of service, the fastest. */
const order = { service: 0, pair: 1, management: 2 } as const;

/** On a machine of so few cores, interrupts and HAProxy share all of them. */
const fewCores = 4;

/**
 * Divides the CPUs. Bare metal with more than four cores on the node of its fastest NIC: some cores for interrupts, the others for HAProxy, never a core for both
 * ("different cores that share the same L3 cache", HAProxy management guide, 7). A virtual machine keeps its queues, one for each CPU, and lets HAProxy's threads
 * float: which real core is behind a virtual CPU is not known. A container's interrupts are its host's.
 */
export function planCpus(hardware: Hardware, demand: Demand): CpuPlan {
  const usable = usableCpus(hardware);
  const kept = hardware.cpus.filter(({ isIsolated }) => isIsolated).map(({ id }) => id);
  const warnings =
    kept.length === 0
      ? []
      : usable.length === hardware.cpus.length
        ? [`all CPUs are isolated (${formatNumberList(kept)}): weir uses them all the same`]
        : [`CPU ${formatNumberList(kept)} kept free by the kernel's command line: neither interrupts nor HAProxy go there`];
  const nics = chooseNics(hardware, demand).chosen.toSorted(
    (a, b) => order[a.role] - order[b.role] || (b.nic.speedMbit ?? 0) - (a.nic.speedMbit ?? 0),
  );
  const made = isContainer(hardware)
    ? sharedPlan(usable, [], [`a container (${hardware.virtualization}): interrupts are its host's, HAProxy's threads float`])
    : isVirtualMachine(hardware)
      ? virtualPlan(hardware, usable, nics)
      : metalPlan(usable, nics, demand);
  return { ...made, warnings: [...warnings, ...made.warnings] };
}

/** CPUs that the kernel's command line does not keep free; all, where it keeps all. */
function usableCpus({ cpus }: Hardware): readonly Cpu[] {
  const free = cpus.filter(({ isIsolated }) => !isIsolated);
  return free.length === 0 ? cpus : free;
}

/** All CPUs for everything: interrupt i goes to CPU i. */
function sharedPlan(
  usable: readonly Cpu[],
  nics: readonly ChosenNic[],
  reasons: readonly string[],
  warnings: readonly string[] = [],
): CpuPlan {
  const ids = idsOf(usable);
  return {
    irqCpus: new Map(nics.map(({ nic }) => [nic.bus, ids])),
    haproxyCpus: ids,
    threads: float(ids.length),
    reasons,
    warnings,
  };
}

function virtualPlan({ virtualization }: Hardware, usable: readonly Cpu[], nics: readonly ChosenNic[]): CpuPlan {
  const count = usable.length;
  const reasons = [
    `a virtual machine (${virtualization}) of ${counted(count, 'CPU')}: queue i of a NIC to CPU i, HAProxy's ${counted(float(count).nbthread, 'thread')} float over all`,
  ];
  const warnings = nics
    .filter(({ role }) => role === 'service')
    .flatMap(({ nic }) => {
      const queues = queuesPossible(nic);
      return queues === null || queues >= count ? [] : [tooFewQueues(nic, queues, count)];
    });
  return sharedPlan(usable, nics, reasons, warnings);
}

function tooFewQueues({ name, driver }: Nic, queues: number, cpus: number): string {
  const ask = driver === 'virtio_net' ? `queues=${cpus}` : `${cpus} queues`;
  return `${name} has ${counted(queues, 'queue')} for ${cpus} CPUs: ask the hypervisor for ${ask}`;
}

/** Of bare metal: everything near the fastest NIC, other NICs on their own nodes. */
function metalPlan(usable: readonly Cpu[], nics: readonly ChosenNic[], demand: Demand): CpuPlan {
  const first = usable[0]?.node ?? 0;
  const front = nics[0];
  const wantedNode = front?.nic.numaNode ?? first;
  const node = usable.some((cpu) => cpu.node === wantedNode) ? wantedNode : first;
  const here = coresOf(usable.filter((cpu) => cpu.node === node));
  const nodes = new Set(usable.map((cpu) => cpu.node)).size;
  const where = nodes === 1 ? '' : ` of node ${node}${front === undefined ? '' : `, where ${front.nic.name} is`}`;
  // one on a node whose CPUs are all kept free is served from here
  const hasCpus = new Set(usable.map((cpu) => cpu.node));
  const isRemote = ({ nic: { numaNode } }: ChosenNic) => numaNode !== null && numaNode !== node && hasCpus.has(numaNode);
  const [ofHere, remote] = [nics.filter((one) => !isRemote(one)), nics.filter(isRemote)];
  if (here.length <= fewCores || ofHere.length + remote.length === 0) {
    const cpus = here.flatMap(({ cpus: threads }) => threads);
    const ids = idsOf(nodes === 1 ? usable : cpus);
    // one queue for each core: its siblings add nothing to what interrupts do
    const irqCpus = here.map(({ first: cpu }) => cpu);
    const why =
      nics.length === 0
        ? 'no NIC is planned'
        : `${counted(here.length, 'core')}${where}: too few to keep some for interrupts, so both share them`;
    return {
      irqCpus: new Map([...ofHere.map(({ nic }) => [nic.bus, irqCpus] as const), ...remoteCpus(remote, usable, demand)]),
      haproxyCpus: ids,
      threads: nodes === 1 ? float(ids.length) : mapped(ids),
      reasons: [why],
      warnings: remote.map((each) => farAway(each, node)),
    };
  }
  const { ratio, why } = share(demand);
  const queues = most(ofHere.map(({ nic }) => queuesPossible(nic)));
  const wanted = coreCount(here.length, ratio);
  const chosen = irqCores(here, Math.min(wanted, queues ?? wanted));
  const own = new Set(chosen.flatMap(({ cpus }) => cpus));
  const haproxy = here.filter((core) => !chosen.includes(core)).flatMap(({ cpus }) => cpus);
  const irqIds = chosen.map(({ first: cpu }) => cpu);
  const siblings =
    own.size > irqIds.length ? `; their siblings ${formatNumberList([...own].filter((cpu) => !irqIds.includes(cpu)))} stay idle` : '';
  return {
    irqCpus: new Map([...ofHere.map(({ nic }) => [nic.bus, irqIds] as const), ...remoteCpus(remote, usable, demand)]),
    haproxyCpus: haproxy.toSorted((a, b) => a - b),
    threads: mapped(haproxy),
    reasons: [
      `${counted(chosen.length, 'core')} of ${here.length}${where} for interrupts: CPU ${formatNumberList(irqIds)} (${why}: ${ratio} of them${
        queues !== null && queues < wanted ? `, and no NIC there has more than ${counted(queues, 'queue')}` : ''
      }; weir's own ratio, to be measured)${kindWords(chosen)}${siblings}`,
      `HAProxy on the others${where}: CPU ${formatNumberList(haproxy)}, ${counted(mapped(haproxy).nbthread, 'thread')}`,
    ],
    warnings: remote.map((each) => farAway(each, node)),
  };
}

function kindWords(cores: readonly Core[]): string {
  return cores.every(({ kind }) => kind === 'efficiency') ? ', efficiency cores first' : '';
}

/** NICs of other nodes have their interrupts there: on the topmost cores, as many as that node would give. */
function remoteCpus(
  remote: readonly ChosenNic[],
  usable: readonly Cpu[],
  demand: Demand,
): readonly (readonly [string, readonly number[]])[] {
  return remote.map(({ nic }) => {
    const own = coresOf(usable.filter(({ node }) => node === nic.numaNode));
    const queues = queuesPossible(nic);
    const wanted = own.length <= fewCores ? own.length : coreCount(own.length, share(demand).ratio);
    return [nic.bus, irqCores(own, Math.min(wanted, queues ?? wanted)).map(({ first }) => first)];
  });
}

function farAway({ nic }: ChosenNic, node: number): string {
  return `${nic.name} is on node ${nic.numaNode}, HAProxy on node ${node}: all of its packets cross between them; a slot of node ${node} would be nearer`;
}

function idsOf(cpus: readonly Cpu[] | readonly number[]): readonly number[] {
  return cpus.map((cpu) => (typeof cpu === 'number' ? cpu : cpu.id)).toSorted((a, b) => a - b);
}

/** The largest; null where one is not known, which may be larger. */
function most(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length < counts.length || known.length === 0 ? null : Math.max(...known);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
