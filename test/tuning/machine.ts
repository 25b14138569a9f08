import type { CpuPlan } from '../../tuning/cpu-plan.ts';
import type { Demand, FrontendDemand } from '../../tuning/demand.ts';
import type { Cpu, Hardware, Nic } from '../../tuning/hardware.ts';
import { knobPaths } from '../../tuning/sysctl.ts';

/** A machine of 4 CPUs and 8 GB whose kernel has its own defaults, with what a test says differently. */
export function machine(different: Partial<Hardware> = {}, originals: Readonly<Record<string, string | null>> = {}): Hardware {
  return {
    version: 1,
    kernel: '6.12.0',
    virtualization: 'none',
    memoryBytes: 8 * 2 ** 30,
    openFiles: 1_048_576,
    clocksource: 'tsc',
    cpus: [0, 1, 2, 3].map((id) => cpu(id)),
    nodes: [{ id: 0, memoryBytes: 8 * 2 ** 30, distances: [10] }],
    nics: [],
    rivals: [],
    ...different,
    originals: { ...Object.fromEntries(knobPaths.map((path) => [path.replace('*', '0'), '0'])), ...originals },
  };
}

/** A CPU that is a core of its own on the only socket, with what a test says differently. */
export function cpu(id: number, different: Partial<Cpu> = {}): Cpu {
  return { id, core: id, socket: 0, node: 0, l3: 0, kind: null, isIsolated: false, governor: null, ...different };
}

/** A NIC of which nothing is known but its name and MAC, with what a test says differently. */
export function nic(different: Partial<Nic> = {}): Nic {
  return {
    name: 'front',
    mac: '52:54:00:00:00:01',
    pci: null,
    bus: different.pci ?? different.name ?? 'front',
    driver: null,
    speedMbit: null,
    hasCarrier: null,
    master: null,
    numaNode: null,
    queues: null,
    channels: null,
    rings: null,
    coalescing: null,
    features: null,
    rss: null,
    irqs: [],
    ...different,
  };
}

/** A document with a VIP on ports 80 and 8443, with what a test says differently. */
export function demand(different: Partial<Demand> = {}): Demand {
  return {
    maxconn: null,
    ports: [80, 8443],
    hasVips: true,
    bindsAddresses: true,
    splices: true,
    maxpipes: null,
    pipesize: 65_536,
    isTransparent: false,
    fastOpen: false,
    quic: false,
    idleFiles: 20,
    setAside: { caches: 0, rings: 0, tables: 0 },
    tls: 'none',
    sourcePorts: 64_000,
    frontends: [],
    mtu: 1500,
    neighbours: 254,
    links: null,
    ...different,
  };
}

/** A frontend in the clear with one server, with what a test says differently. */
export function frontendDemand(different: Partial<FrontendDemand> = {}): FrontendDemand {
  return { name: 'web', maxconn: null, mode: 'http', isTls: false, destinations: ['10.20.0.11 8080'], ...different };
}

/** A plan that gives CPUs to the interrupts of NICs by bus address, and others to HAProxy's threads. */
export function cpuPlan(irqCpus: Readonly<Record<string, readonly number[]>>, haproxyCpus: readonly number[]): CpuPlan {
  return {
    irqCpus: new Map(Object.entries(irqCpus)),
    haproxyCpus,
    threads: { nbthread: haproxyCpus.length, threadGroups: 1, cpuMap: [] },
    reasons: [],
    warnings: [],
  };
}

/** Numbers from 0, so many of them. */
export function range(count: number, first = 0): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
