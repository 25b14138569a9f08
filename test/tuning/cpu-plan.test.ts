import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planCpus } from '../../tuning/cpu-plan.ts';
import type { Demand } from '../../tuning/demand.ts';
import type { Cpu, Hardware, Nic } from '../../tuning/hardware.ts';
import { coresOf } from '../../tuning/irq-core.ts';
import { float, mapped } from '../../tuning/threads.ts';
import { cpu, demand, frontendDemand, machine, nic } from './machine.ts';

const http = demand({ frontends: [frontendDemand({})] });

/** Cores with these threads each, on one socket of one node, numbered as Intel does: all first threads, then all second ones. */
function cores(count: number, threads = 1, of: (core: number) => Partial<Cpu> = () => ({})): readonly Cpu[] {
  return Array.from({ length: count * threads }, (_, id) => cpu(id, { core: id % count, ...of(id % count) }));
}

const channels = (most: number, current = most) => ({
  max: { rx: null, tx: null, other: null, combined: most },
  current: { rx: null, tx: null, other: null, combined: current },
});

const planOf = (different: Partial<Hardware>, asked: Demand = http) => {
  const { irqCpus, ...plan } = planCpus(machine(different), asked);
  return { ...plan, irqCpus: Object.fromEntries(irqCpus) };
};

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the worked examples of the decision rules', () => {
  test('1: 2 virtual CPUs, one virtio queue: all is shared, and the hypervisor is asked for queues', () => {
    const plan = planOf({
      virtualization: 'kvm',
      cpus: cores(2),
      nics: [nic({ driver: 'virtio_net', pci: '0000:00:03.0', channels: channels(1) })],
    });
    expect(plan.threads).toEqual({ nbthread: 2, threadGroups: 1, cpuMap: [] });
    expect(plan.warnings).toEqual(['front has 1 queue for 2 CPUs: ask the hypervisor for queues=2']);
  });

  test('2: 4 virtual CPUs, ena: 4 queues, interrupt i to CPU i, 4 threads', () => {
    const plan = planOf({
      virtualization: 'amazon',
      cpus: cores(4),
      nics: [nic({ driver: 'ena', pci: '0000:00:05.0', channels: channels(4) })],
    });
    expect(plan.irqCpus).toEqual({ '0000:00:05.0': [0, 1, 2, 3] });
    expect(plan).toMatchObject({ threads: { nbthread: 4, cpuMap: [] }, warnings: [] });
  });

  test('3: 8 cores of 2 threads, ixgbe: 2 cores for interrupts, 12 threads on the others', () => {
    const plan = planOf({
      cpus: cores(8, 2),
      nics: [nic({ driver: 'ixgbe', pci: '0000:04:00.0', speedMbit: 10_000, channels: channels(63) })],
    });
    expect(plan.irqCpus).toEqual({ '0000:04:00.0': [6, 7] });
    expect(plan.haproxyCpus).toEqual([...range(0, 5), ...range(8, 13)]);
    expect(plan.threads).toEqual({ nbthread: 12, threadGroups: 1, cpuMap: [{ threads: 'auto:1/1-12', cpus: '0-5,8-13' }] });
    expect(plan.reasons.join('\n')).toContain('their siblings 14-15 stay idle');
  });

  test('4: two nodes, a NIC on each: HAProxy beside the first, the other has its interrupts at home, and what it costs is said', () => {
    // as the samples of this machine have it: `lscpu -p` of two E5-2640
    const text = readFileSync(join(import.meta.dirname, '../hosts/samples/ixgbe-2numa-lscpu-p.txt'), 'utf8');
    const rows = text.split('\n').filter((line) => /^\d/.test(line));
    const cpus = rows.map((row) => {
      const [id = 0, node = 0] = row.trim().split(/\s+/).map(Number);
      return cpu(id, { core: id % 16, node, socket: node, l3: node });
    });
    const eth4 = nic({ name: 'eth4', driver: 'ixgbe', pci: '0000:04:00.1', numaNode: 0, speedMbit: 10_000, channels: channels(63) });
    const eth2 = nic({ name: 'eth2', driver: 'ixgbe', pci: '0000:81:00.0', numaNode: 1, speedMbit: 10_000, channels: channels(63) });
    const plan = planOf({ cpus, nics: [eth4, eth2] });
    expect(plan.irqCpus).toEqual({ '0000:04:00.1': [6, 7], '0000:81:00.0': [14, 15] });
    expect(plan.threads.cpuMap).toEqual([{ threads: 'auto:1/1-12', cpus: '0-5,16-21' }]);
    expect(plan.warnings).toEqual([expect.stringContaining('eth2 is on node 1, HAProxy on node 0')]);
  });

  test('5: 64 cores: the topmost 16 for interrupts, HAProxy on the others', () => {
    const plan = planOf({ cpus: cores(64), nics: [nic({ driver: 'ena', pci: '0000:00:05.0', channels: channels(32) })] });
    expect(plan.irqCpus['0000:00:05.0']).toEqual(range(48, 63));
    expect(plan.threads).toEqual({ nbthread: 48, threadGroups: 1, cpuMap: [{ threads: 'auto:1/1-48', cpus: '0-47' }] });
  });

  test('6: 8 fast and 16 efficient cores: interrupts on efficient ones', () => {
    const cpus = cores(24, 1, (core) => ({ kind: core < 8 ? 'performance' : 'efficiency' }));
    const plan = planOf({ cpus, nics: [nic({ driver: 'ice', pci: '0000:01:00.0', channels: channels(64) })] });
    expect(plan.irqCpus['0000:01:00.0']).toEqual(range(18, 23));
    expect(plan.haproxyCpus).toEqual(range(0, 17));
  });

  test('7: hv_netvsc: its queues are planned although it has no interrupts', () => {
    const plan = planOf({
      virtualization: 'microsoft',
      cpus: cores(16),
      nics: [nic({ driver: 'hv_netvsc', bus: 'f8615163', channels: channels(16, 2) })],
    });
    expect(plan.irqCpus).toEqual({ f8615163: range(0, 15) });
    expect(plan).toMatchObject({ threads: { nbthread: 16, cpuMap: [] }, warnings: [] });
  });

  test('8: caches of 3 cores: whole caches for interrupts', () => {
    const cpus = cores(24, 1, (core) => ({ l3: Math.floor(core / 3) }));
    const plan = planOf({ cpus, nics: [nic({ driver: 'mlx5_core', pci: '0000:41:00.0', channels: channels(63) })] });
    const chosen = plan.irqCpus['0000:41:00.0'] ?? [];
    expect(chosen).toEqual(range(18, 23));
    expect(chosen.length % 3).toBe(0);
  });
});

describe('the plan of CPUs', () => {
  const ixgbe = nic({ driver: 'ixgbe', pci: '0000:04:00.0', channels: channels(63) });

  test.each([
    ['relayed connections', demand({ frontends: [frontendDemand({ mode: 'tcp' })] }), 8],
    ['HTTP', http, 4],
    ['TLS', demand({ tls: 'clients', frontends: [frontendDemand({ isTls: true })] }), 2],
    ['TLS beside HTTP', demand({ tls: 'clients', frontends: [frontendDemand({ isTls: true }), frontendDemand({})] }), 4],
  ] as const)('keeps of 16 cores for %s', (_, asked, count) => {
    expect(planOf({ cpus: cores(16), nics: [ixgbe] }, asked).irqCpus['0000:04:00.0']).toHaveLength(count);
  });

  test('keeps no more cores than a NIC has queues', () => {
    const one = planOf({ cpus: cores(16), nics: [nic({ driver: 'e1000e', pci: '0000:00:19.0', queues: { rx: 1, tx: 1 } })] });
    expect(one.irqCpus).toEqual({ '0000:00:19.0': [15] });
    expect(one.reasons[0]).toContain('no NIC there has more than 1 queue');
  });

  test('leaves isolated CPUs alone, and says so; where all are isolated it takes all', () => {
    const cpus = cores(8, 1, (core) => ({ isIsolated: core >= 6 }));
    const plan = planOf({ cpus, nics: [ixgbe] });
    expect([...plan.haproxyCpus, ...Object.values(plan.irqCpus).flat()].toSorted()).toEqual(range(0, 5));
    expect(plan.warnings).toEqual([expect.stringContaining('CPU 6-7 kept free')]);
    expect(planOf({ cpus: cores(8, 1, () => ({ isIsolated: true })), nics: [ixgbe] }).haproxyCpus).toHaveLength(6);
  });

  test('of a container plans no interrupts', () => {
    expect(planOf({ virtualization: 'systemd-nspawn', nics: [nic({ driver: 'veth' })] })).toMatchObject({
      irqCpus: {},
      threads: { nbthread: 4, cpuMap: [] },
    });
  });

  test('of small machines shares all cores, one queue each', () => {
    const plan = planOf({ cpus: cores(4, 2), nics: [ixgbe] });
    expect(plan.irqCpus).toEqual({ '0000:04:00.0': [0, 1, 2, 3] });
    expect(plan).toMatchObject({ haproxyCpus: range(0, 7), threads: { nbthread: 8, cpuMap: [] } });
  });

  test('keeps HAProxy on the node of its NIC, also where that is small', () => {
    const cpus = cores(8, 1, (core) => ({ node: core >> 2, socket: core >> 2 }));
    const plan = planOf({ cpus, nics: [nic({ driver: 'igb', pci: '0000:81:00.0', numaNode: 1, channels: channels(8) })] });
    expect(plan.haproxyCpus).toEqual(range(4, 7));
    expect(plan.threads.cpuMap).toEqual([{ threads: 'auto:1/1-4', cpus: '4-7' }]);
  });

  test('without any CPU known is one thread', () => {
    expect(planOf({ cpus: [], nics: [ixgbe] })).toMatchObject({ threads: { nbthread: 1, threadGroups: 1, cpuMap: [] } });
  });

  test("is decided by the service's NIC, whatever is faster beside it", () => {
    const links = [
      { link: 'front', nic: '0000:81:00.0', role: 'service' as const },
      { link: 'mgmt', nic: '0000:04:00.0', role: 'management' as const },
    ];
    const cpus = cores(16, 1, (core) => ({ node: core >> 3, socket: core >> 3 }));
    const front = nic({ name: 'eth2', pci: '0000:81:00.0', numaNode: 1, speedMbit: 10_000, channels: channels(8) });
    const mgmt = nic({ name: 'eth0', pci: '0000:04:00.0', numaNode: 0, speedMbit: 100_000, channels: channels(8) });
    const plan = planOf({ cpus, nics: [mgmt, front] }, demand({ frontends: [frontendDemand({})], links }));
    expect(plan.haproxyCpus).toEqual(range(8, 13));
    expect(plan.irqCpus).toEqual({ '0000:81:00.0': [14, 15], '0000:04:00.0': [6, 7] });
  });
});

describe('threads', () => {
  test.each([
    [1, 1, 1],
    [64, 64, 1],
    [65, 64, 2],
    [96, 96, 2],
    [128, 128, 2],
    [2000, 1024, 16],
    [0, 1, 1],
  ])('of %i CPUs are %i in %i groups', (cpus, nbthread, threadGroups) => {
    expect(float(cpus)).toEqual({ nbthread, threadGroups, cpuMap: [] });
  });

  test('of two groups are bound to neighbours', () => {
    expect(mapped(range(0, 95)).cpuMap).toEqual([
      { threads: 'auto:1/1-48', cpus: '0-47' },
      { threads: 'auto:2/1-48', cpus: '48-95' },
    ]);
  });
});

/** Any machine: sockets, nodes, caches, siblings, some CPUs isolated, NICs here and there. */
const machines: fc.Arbitrary<Hardware> = fc
  .record({
    nodes: fc.integer({ min: 1, max: 4 }),
    coresOfNode: fc.integer({ min: 1, max: 40 }),
    threads: fc.constantFrom(1, 2),
    coresOfCache: fc.integer({ min: 1, max: 16 }),
    isolated: fc.nat(4),
    fast: fc.option(fc.nat(40)),
    virtualization: fc.constantFrom('none', 'kvm', 'amazon', 'docker'),
    nics: fc.array(
      fc.record({
        node: fc.option(fc.nat(4)),
        queues: fc.option(fc.integer({ min: 1, max: 128 })),
        driver: fc.constantFrom('ixgbe', 'mlx5_core', null),
      }),
      {
        maxLength: 4,
      },
    ),
  })
  .map(({ nodes, coresOfNode, threads, coresOfCache, isolated, fast, virtualization, nics }) => {
    const count = nodes * coresOfNode;
    const cpus = cores(count, threads, (core) => {
      const node = Math.floor(core / coresOfNode);
      const l3 = node * 100 + Math.floor((core % coresOfNode) / coresOfCache);
      return {
        node,
        socket: node,
        l3,
        isIsolated: core < isolated,
        kind: fast === null ? null : core < fast ? 'performance' : 'efficiency',
      };
    });
    const made = nics.map(
      ({ node, queues, driver }, index): Nic =>
        nic({
          name: `eth${index}`,
          pci: `0000:0${index}:00.0`,
          driver,
          numaNode: node,
          channels: queues === null ? null : channels(queues),
        }),
    );
    return machine({ cpus, virtualization, nics: made });
  });

describe('on any machine', () => {
  const tls = fc.constantFrom('none' as const, 'clients' as const);
  const asked = fc
    .record({ tls, mode: fc.constantFrom('http' as const, 'tcp' as const), isTls: fc.boolean() })
    .map(({ tls: spoken, ...frontend }) => demand({ tls: spoken, frontends: [frontendDemand(frontend)] }));

  test('a plan has CPUs that are there and not isolated, for each NIC and for HAProxy, and as many threads as its map binds', () => {
    fc.assert(
      fc.property(machines, asked, (hardware, wanted) => {
        const { irqCpus, haproxyCpus, threads } = planCpus(hardware, wanted);
        const free = new Set(hardware.cpus.filter(({ isIsolated }) => !isIsolated).map(({ id }) => id));
        const allowed = free.size > 0 ? free : new Set(hardware.cpus.map(({ id }) => id));
        for (const cpus of [haproxyCpus, ...irqCpus.values()]) {
          expect(cpus.length).toBeGreaterThan(0);
          expect(new Set(cpus).size).toBe(cpus.length);
          for (const id of cpus) expect(allowed.has(id)).toBe(true);
        }
        expect(threads.nbthread % threads.threadGroups).toBe(0);
        expect(threads.nbthread / threads.threadGroups).toBeLessThanOrEqual(64);
        expect(threads.nbthread).toBeLessThanOrEqual(haproxyCpus.length);
        if (threads.cpuMap.length > 0) expect(threads.cpuMap).toHaveLength(threads.threadGroups);
        expect(planCpus(hardware, wanted)).toEqual(planCpus(structuredClone(hardware), wanted));
      }),
    );
  });

  test('of bare metal with five cores or more, interrupts and HAProxy have no core in common', () => {
    fc.assert(
      fc.property(machines, asked, (any, wanted) => {
        const hardware = { ...any, virtualization: 'none' };
        const { irqCpus, haproxyCpus, threads } = planCpus(hardware, wanted);
        if (threads.cpuMap.length === 0 || irqCpus.size === 0) return;
        const free = hardware.cpus.filter(({ isIsolated }) => !isIsolated);
        const all = coresOf(free.length > 0 ? free : hardware.cpus);
        const nodes = new Map(hardware.cpus.map(({ id, node }) => [id, node]));
        const own = all.filter(({ first }) => nodes.get(first) === nodes.get(haproxyCpus[0] as number));
        if (own.length <= 4) return;
        const ofHaproxy = new Set(haproxyCpus);
        for (const { cpus } of all.filter((core) => [...irqCpus.values()].flat().includes(core.first)))
          for (const id of cpus) expect(ofHaproxy.has(id)).toBe(false);
      }),
    );
  });

  test('of a virtual one, no CPU is kept from anything', () => {
    fc.assert(
      fc.property(machines, asked, (any, wanted) => {
        const { irqCpus, haproxyCpus, threads } = planCpus({ ...any, virtualization: 'kvm' }, wanted);
        expect(threads.cpuMap).toEqual([]);
        for (const cpus of irqCpus.values()) expect(cpus).toEqual(haproxyCpus);
      }),
    );
  });
});
