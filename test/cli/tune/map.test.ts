import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ascii, drawn, mapText } from '../../../appliance/cli/tune/map-text.ts';
import { planCpus } from '../../../tuning/cpu-plan.ts';
import type { Cpu, Hardware, Irq, Nic } from '../../../tuning/hardware.ts';
import { tune } from '../../../tuning/tune.ts';
import { type TuneMap, tuneMap } from '../../../tuning/tune-map.ts';
import { cpu, demand, frontendDemand, machine, nic } from '../../tuning/machine.ts';
import { weir } from '../weir.ts';

const http = demand({ frontends: [frontendDemand({})] });

const cores = (count: number, threads = 1, of: (core: number) => Partial<Cpu> = () => ({})) =>
  Array.from({ length: count * threads }, (_, id) => cpu(id, { core: id % count, ...of(id % count) }));

/** Interrupts of so many queues from a number on, each going where `to` says. */
const irqs = (count: number, from: number, to: (queue: number) => readonly number[], serves: Irq['serves'] = 'both'): readonly Irq[] =>
  Array.from({ length: count }, (_, index) => ({
    number: from + index,
    action: '',
    role: 'queue',
    serves,
    index,
    affinity: to(index),
    effective: to(index),
  }));

const channels = (count: number) => ({
  max: { rx: null, tx: null, other: null, combined: count },
  current: { rx: null, tx: null, other: null, combined: count },
});

const card = (name: string, pci: string, driver: string, count: number, own: readonly Irq[], more: Partial<Nic> = {}) =>
  nic({ name, pci, driver, channels: channels(count), irqs: own, speedMbit: 10_000, ...more });

const virtio = [...irqs(1, 38, () => [1], 'rx'), ...irqs(1, 39, () => [0], 'tx')];

/** The machines whose maps people will look at. */
const machines: Readonly<Record<string, Partial<Hardware>>> = {
  'virtio-2cpu': {
    virtualization: 'kvm',
    cpus: cores(2),
    nics: [card('eth0', '0000:00:03.0', 'virtio_net', 1, virtio, { speedMbit: null })],
  },
  'ena-4cpu': {
    virtualization: 'amazon',
    cpus: cores(4),
    nics: [
      card(
        'ens5',
        '0000:00:05.0',
        'ena',
        4,
        irqs(4, 25, (queue) => [queue]),
      ),
    ],
  },
  'ixgbe-2nodes': {
    cpus: cores(16, 2, (core) => ({ node: core >> 3, socket: core >> 3, l3: core >> 3 })),
    nics: [
      card(
        'eth4',
        '0000:04:00.1',
        'ixgbe',
        2,
        [...irqs(1, 142, () => [6]), ...irqs(1, 143, () => [0]).map((irq) => ({ ...irq, index: 1 }))],
        { numaNode: 0 },
      ),
      card(
        'eth2',
        '0000:81:00.0',
        'ixgbe',
        2,
        irqs(2, 175, (queue) => [14 + queue]),
        { numaNode: 1 },
      ),
    ],
  },
  'graviton-64cpu': {
    cpus: cores(64),
    nics: [
      card(
        'ens5',
        '0000:00:05.0',
        'ena',
        16,
        irqs(16, 60, (queue) => [48 + queue]),
        { speedMbit: 100_000 },
      ),
    ],
  },
  'two-kinds-24cpu': {
    cpus: cores(24, 1, (core) => ({ kind: core < 8 ? 'performance' : 'efficiency' })),
    nics: [
      card(
        'enp1s0',
        '0000:01:00.0',
        'ice',
        6,
        irqs(6, 130, (queue) => [18 + queue]),
      ),
    ],
  },
  'small-caches-24cpu': {
    cpus: cores(24, 1, (core) => ({ l3: Math.floor(core / 3) })),
    nics: [
      card(
        'enp65s0f0np0',
        '0000:41:00.0',
        'mlx5_core',
        6,
        irqs(6, 201, () => [18]),
        { numaNode: 0 },
      ),
    ],
  },
  'hyperv-16cpu': {
    virtualization: 'microsoft',
    cpus: cores(16),
    nics: [card('eth0', 'unused', 'hv_netvsc', 16, [], { pci: null, bus: 'f8615163' })],
  },
};

function mapOf(different: Partial<Hardware>): TuneMap {
  const hardware = machine(different);
  const { knobs } = tune(hardware, 'balanced', http, {});
  return tuneMap(hardware, planCpus(hardware, http), new Map(knobs.map(({ path, value }) => [path, value])));
}

describe('the map', () => {
  test.each(Object.keys(machines))('of %s', (name) => {
    const map = mapOf(machines[name] ?? {});
    const file = join(import.meta.dirname, 'maps', `${name}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, mapText(map, drawn));
    expect(mapText(map, drawn)).toBe(readFileSync(file, 'utf8'));
    for (const strokes of [drawn, ascii])
      expect(
        mapText(map, strokes)
          .split('\n')
          .filter((line) => line.length > 80),
      ).toEqual([]);
    expect(mapText(map, ascii)).toMatch(/^[ -~\n]*$/);
  });

  test('marks an interrupt that goes elsewhere than is planned, and says where to', () => {
    const map = mapOf(machines['ixgbe-2nodes'] ?? {});
    expect(map.conflicts).toEqual(['eth4 rx+tx 1, interrupt 143, goes to CPU 0: CPU 7 is planned']);
    expect(mapText(map, drawn)).toMatch(/irq 143 .* CPU 0, planned 7 {2}!/);
  });

  test('marks queues that share a CPU while one that is planned for them has none', () => {
    expect(mapOf(machines['small-caches-24cpu'] ?? {}).conflicts.at(-1)).toBe(
      'enp65s0f0np0: 6 queues are on CPU 18, and CPU 19-23 has none',
    );
  });

  test('marks an interrupt on another node than its card, and on a core of HAProxy', () => {
    const hardware = machine(machines['ixgbe-2nodes']);
    const plan = planCpus(hardware, http);
    const nothing = tuneMap(hardware, plan, new Map());
    expect(nothing.conflicts).toEqual(['eth4 rx+tx 1, interrupt 143, goes to CPU 0: a core that a thread of HAProxy is bound to']);
    const far = { ...hardware, nics: hardware.nics.map((each) => ({ ...each, numaNode: 1 })) };
    expect(tuneMap(far, plan, new Map()).conflicts[0]).toContain('node 0, and its card is on node 1');
  });

  test('at a command line is drawn, plain or for scripts', async () => {
    const folder = join(import.meta.dirname, '../../hosts/captures/ena-4vcpu');
    expect((await weir('tune', 'map', '--capture', folder)).stdout).toContain('├─ ens5');
    expect((await weir('tune', 'map', '--ascii', '--capture', folder)).stdout).toContain('|- ens5');
    const { nodes, conflicts } = JSON.parse((await weir('tune', 'map', '--json', '--capture', folder)).stdout);
    expect({ conflicts, irq: nodes[0].nics[0].queues[3] }).toMatchObject({ conflicts: [], irq: { irq: 28, planned: 3 } });
  });
});
