import type { Demand } from '../../tuning/demand.ts';
import type { Hardware, Nic } from '../../tuning/hardware.ts';
import { nicKnobs } from '../../tuning/nic-knobs.ts';
import type { Profile } from '../../tuning/profile.ts';
import { cpu, cpuPlan, demand, machine, range } from './machine.ts';

/** What is planned for the only NIC of a machine: paths without its bus address, each with its value; and what was left out. */
export interface Told {
  readonly set: readonly string[];
  readonly left: readonly string[];
}

/** How a test's machine and document differ from the usual. */
export interface Case {
  readonly hardware?: Partial<Hardware>;
  readonly irqCpus: readonly number[];
  readonly haproxyCpus?: readonly number[];
  readonly profile?: Profile;
  readonly demand?: Partial<Demand>;
}

/** Plans for a machine with one NIC. */
export function plan(one: Nic, { hardware = {}, irqCpus, haproxyCpus = [], profile = 'balanced', demand: asked = {} }: Case): Told {
  const all = machine({ ...hardware, nics: [one] });
  const { knobs, omitted } = nicKnobs(all, cpuPlan({ [one.bus]: irqCpus }, haproxyCpus), profile, demand(asked));
  const short = (path: string) => path.replace(`${one.bus}/`, '').replace(/^ethtool:|:$/g, '');
  const symbols = { 'at-least': '>=', exactly: '=', 'at-most': '<=' };
  return {
    set: knobs
      .filter(({ path }) => !path.startsWith('service:'))
      .map(({ path, value, rule }) => `${short(path)} ${symbols[rule]} ${value}`),
    left: omitted.map(({ path, why }) => `${path.replace(one.bus, '*')}: ${why}`),
  };
}

/** So many cores, each with two threads numbered as Linux does on Intel's: siblings in a second block. */
export function smt(cores: number): Partial<Hardware> {
  return {
    cpus: range(2 * cores).map((id) => cpu(id, { core: id % cores })),
    memoryBytes: 64 * 2 ** 30,
    nodes: [{ id: 0, memoryBytes: 64 * 2 ** 30, distances: [10] }],
  };
}

/** So many vCPUs of a hypervisor that tells of no caches. */
export function vm(virtualization: string, cpus: number, gib = 16): Partial<Hardware> {
  return {
    virtualization,
    cpus: range(cpus).map((id) => cpu(id, { l3: null })),
    memoryBytes: gib * 2 ** 30,
    nodes: [{ id: 0, memoryBytes: gib * 2 ** 30, distances: [10] }],
  };
}

/** Channels of both directions in one: the most, and those that are there. */
export function channels(max: number, current: number): Nic['channels'] {
  const of = (combined: number) => ({ rx: null, tx: null, other: null, combined });
  return { max: of(max), current: of(current) };
}

const offloads = [
  'generic-receive-offload',
  'generic-segmentation-offload',
  'rx-checksumming',
  'scatter-gather',
  'tcp-segmentation-offload',
  'tx-checksumming',
];
/** What is kept of a NIC that offloads all of it. */
export const kept = offloads.map((name) => `feature/${name} = on`);
