import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planCpus } from '../../tuning/cpu-plan.ts';
import type { Demand } from '../../tuning/demand.ts';
import type { Feature, Hardware, Irq, Nic } from '../../tuning/hardware.ts';
import type { LinkTuning } from '../../tuning/link-tuning.ts';
import { nicKnobs } from '../../tuning/nic-knobs.ts';
import type { Profile } from '../../tuning/profile.ts';
import { tune } from '../../tuning/tune.ts';
import { cpu, demand, frontendDemand, machine, nic } from './machine.ts';

const bus = '0000:04:00.0';
const http = demand({ frontends: [frontendDemand({})] });
const cpus = (count: number) => Array.from({ length: count }, (_, id) => cpu(id));
const combined = (max: number, current = max) => ({
  max: { rx: null, tx: null, other: 1, combined: max },
  current: { rx: null, tx: null, other: 1, combined: current },
});
const rings = (max: number, current: number) => ({ max: { rx: max, tx: max }, current: { rx: current, tx: current } });
const queueIrqs = (count: number): readonly Irq[] =>
  Array.from({ length: count }, (_, index) => ({
    number: 40 + index,
    action: `eth0-TxRx-${index}`,
    role: 'queue',
    serves: 'both',
    index,
    affinity: [0],
    effective: [0],
  }));
const feature = (isOn: boolean, isFixed = false): Feature => ({ isOn, isFixed });

/** A 10 Gbit/s card on bare metal of 8 cores and 64 GB. */
const ixgbe: Partial<Nic> = {
  name: 'eth0',
  pci: bus,
  driver: 'ixgbe',
  speedMbit: 10_000,
  numaNode: 0,
  channels: combined(63, 8),
  rings: rings(4096, 512),
  coalescing: { 'adaptive-rx': false, 'rx-usecs': 1, 'tx-usecs': 0 },
  features: {
    'generic-receive-offload': feature(true),
    'large-receive-offload': feature(false),
    'rx-checksumming': feature(true),
    'tcp-segmentation-offload': feature(true),
  },
  rss: Array.from({ length: 128 }, (_, slot) => slot % 8),
  irqs: [...queueIrqs(8), { number: 48, action: 'eth0', role: 'admin', serves: null, index: 0, affinity: [0], effective: [0] }],
};

const metal = (more: Partial<Nic> = {}, different: Partial<Hardware> = {}): Hardware =>
  machine({
    cpus: cpus(8),
    memoryBytes: 64 * 2 ** 30,
    nodes: [{ id: 0, memoryBytes: 64 * 2 ** 30, distances: [10] }],
    nics: [nic({ ...ixgbe, ...more })],
    ...different,
  });
const virtual = (more: Partial<Nic>, count: number): Hardware =>
  metal({ numaNode: null, ...more }, { virtualization: 'kvm', cpus: cpus(count) });

/** What is wanted of the NIC, by its key without the bus address. */
function wanted(
  hardware: Hardware,
  profile: Profile = 'balanced',
  asked: Demand = http,
  links: Readonly<Record<string, LinkTuning>> = {},
): Readonly<Record<string, string>> {
  const { knobs } = nicKnobs(hardware, planCpus(hardware, asked), profile, asked, links);
  return Object.fromEntries(knobs.map(({ path, value }) => [path.replace(`${bus}/`, ''), value]));
}

describe("a NIC's values on bare metal", () => {
  test('are as many queues as cores take interrupts, each on one of them, with larger rings and its table over all queues', () => {
    expect(wanted(metal())).toEqual({
      'ethtool:channels/combined': '2',
      'ethtool:ring/rx': '4096',
      'ethtool:ring/tx': '1024',
      'ethtool:rss': 'equal 2',
      'ethtool:feature/generic-receive-offload': 'on',
      'ethtool:feature/rx-checksumming': 'on',
      'ethtool:feature/tcp-segmentation-offload': 'on',
      'irq:0': '6',
      'irq:1': '7',
      'irq:admin-0': '6',
      'queue:tx-0/xps_cpus': '6',
      'queue:tx-1/xps_cpus': '7',
    });
  });

  test('of the card that people manage the machine by are the last, and keep its queues', () => {
    const asked = { ...http, links: [{ link: 'mgmt', nic: bus, role: 'management' as const }] };
    const { knobs } = nicKnobs(metal(), planCpus(metal(), asked), 'balanced', asked);
    expect(knobs.map(({ path }) => path.replace(`${bus}/`, ''))).toEqual(expect.arrayContaining(['irq:0']));
    expect(knobs.every(({ path, isLast }) => path.startsWith('irq:') && isLast === true)).toBe(true);
  });
});

describe("a NIC's values on a virtual machine", () => {
  test('are a queue for each CPU where it may have them, and never fewer than it had', () => {
    const virtio = { driver: 'virtio_net', coalescing: null, rss: null, channels: combined(8, 1), irqs: queueIrqs(1) };
    expect(wanted(virtual(virtio, 4))).toMatchObject({ 'ethtool:channels/combined': '4', 'irq:3': '3' });
    expect(wanted(virtual({ ...virtio, channels: combined(8, 8), irqs: queueIrqs(8) }, 4))).toMatchObject({
      'ethtool:channels/combined': '8',
      'irq:7': '3',
    });
  });

  test('of one queue for many CPUs are spread by the kernel', () => {
    const hardware = virtual({ driver: 'virtio_net', channels: combined(1), irqs: queueIrqs(1), speedMbit: null }, 8);
    expect(wanted(hardware)).toMatchObject({ 'queue:rx-0/rps_cpus': '1-7', 'queue:rx-0/rps_flow_cnt': '32768' });
    const { knobs } = tune(hardware, 'balanced', demand(), {});
    const value = (name: string) => knobs.find(({ path }) => path === `/proc/sys/net/core/${name}`)?.value;
    expect([value('rps_sock_flow_entries'), value('netdev_max_backlog')]).toEqual(['32768', '10000']);
  });
});

describe('what a document says of a link', () => {
  const links = [{ link: 'front', nic: bus, role: 'service' as const }];
  const asked = { ...http, links };
  const nothing: LinkTuning = { channels: null, ring: { rx: null, tx: null }, coalesce: {}, features: {}, irqCpus: null, rpsCpus: null };
  const tuned = (own: Partial<LinkTuning>) => tune(metal(), 'balanced', asked, {}, { front: { ...nothing, ...own } });
  const knobOf = (own: Partial<LinkTuning>, key: string) =>
    tuned(own).knobs.find(({ path }) => path === `${key.split(':')[0]}:${bus}/${key.split(':')[1]}`);

  test('wins, and is shown as such', () => {
    expect(knobOf({ channels: 4 }, 'ethtool:channels/combined')).toMatchObject({
      value: '4',
      rule: 'exactly',
      source: 'config.yaml: tuning.links.front.channels',
    });
    expect(knobOf({ ring: { rx: 2048, tx: null } }, 'ethtool:ring/rx')).toMatchObject({ value: '2048', rule: 'exactly' });
    expect(knobOf({ irqCpus: '2-3' }, 'irq:1')?.value).toBe('3');
    expect(knobOf({ features: { gro: false } }, 'ethtool:feature/generic-receive-offload')?.value).toBe('off');
    expect(knobOf({ coalesce: { 'rx-usecs': 30 } }, 'ethtool:coalesce/rx-usecs')?.value).toBe('30');
  });

  test('beyond what the NIC allows, or any should have, is a problem, and the rest is planned', () => {
    const { problems, knobs } = tuned({ channels: 64, coalesce: { 'rx-usecs': 500 } });
    expect(problems.map(({ message }) => message)).toEqual([
      'rx-usecs above 125 makes every answer wait for it',
      'eth0 (ixgbe) has at most 63 channels, not 64',
    ]);
    expect(knobs.length).toBeGreaterThan(20);
  });
});

describe('on any machine', () => {
  const nics = fc.array(
    fc.record({
      driver: fc.constantFrom('ixgbe', 'ice', 'mlx5_core', 'virtio_net', 'ena', 'e1000e', 'hv_netvsc', null),
      speed: fc.constantFrom(null, 1000, 10_000, 100_000),
      most: fc.option(fc.integer({ min: 1, max: 128 })),
      has: fc.integer({ min: 1, max: 64 }),
      ring: fc.option(fc.record({ max: fc.constantFrom(256, 511, 4096, 16_384), current: fc.integer({ min: 64, max: 256 }) })),
      irqs: fc.nat(16),
      fixed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const machines = fc
    .record({
      count: fc.integer({ min: 1, max: 32 }),
      virtualization: fc.constantFrom('none', 'kvm'),
      nics,
      memory: fc.constantFrom(0, 2 ** 30, 2 ** 38),
    })
    .map(({ count, virtualization, nics: some, memory }) =>
      machine({
        cpus: cpus(count),
        virtualization,
        nodes: [{ id: 0, memoryBytes: memory, distances: [10] }],
        nics: some.map(({ driver, speed, most, has, ring, irqs, fixed }, index) =>
          nic({
            name: `eth${index}`,
            pci: `0000:0${index}:00.0`,
            driver,
            speedMbit: speed,
            channels: most === null ? null : combined(most, Math.min(has, most)),
            rings: ring === null ? null : rings(ring.max, ring.current),
            features: { 'generic-receive-offload': feature(false, fixed), 'large-receive-offload': feature(true, fixed) },
            irqs: queueIrqs(most === null || irqs === 0 ? irqs : Math.min(has, most)),
          }),
        ),
      }),
    );
  const profiles = fc.constantFrom('balanced', 'throughput', 'latency', 'many-connections') as fc.Arbitrary<Profile>;

  test('what is planned is planned again of what is there then', () => {
    fc.assert(
      fc.property(machines, profiles, (hardware, profile) => {
        const asked = http;
        const { knobs } = nicKnobs(hardware, planCpus(hardware, asked), profile, asked);
        // as the machine is once it is tuned: its first values are remembered
        const originals = Object.fromEntries(
          hardware.nics.flatMap((each) => [
            [`ethtool:${each.bus}/channels/combined`, `${each.channels?.current.combined}`],
            [`ethtool:${each.bus}/ring/rx`, `${each.rings?.current.rx}`],
            [`ethtool:${each.bus}/ring/tx`, `${each.rings?.current.tx}`],
          ]),
        );
        const value = (path: string) => knobs.find((each) => each.path === path)?.value;
        const after: Hardware = {
          ...hardware,
          originals: { ...hardware.originals, ...originals },
          nics: hardware.nics.map((each) => {
            const [channels, ring] = [value(`ethtool:${each.bus}/channels/combined`), value(`ethtool:${each.bus}/ring/rx`)];
            return {
              ...each,
              channels:
                each.channels === null || channels === undefined
                  ? each.channels
                  : { ...each.channels, current: { ...each.channels.current, combined: Number(channels) } },
              rings:
                each.rings === null || ring === undefined
                  ? each.rings
                  : { ...each.rings, current: { ...each.rings.current, rx: Number(ring) } },
              irqs: channels === undefined || each.irqs.length === 0 ? each.irqs : queueIrqs(Number(channels)),
            };
          }),
        };
        const again = nicKnobs(after, planCpus(after, asked), profile, asked).knobs;
        const text = (list: typeof knobs) =>
          list.filter(({ path }) => /channels|ring|irq/.test(path)).map(({ path, value: wish }) => `${path} ${wish}`);
        expect(text(again)).toEqual(text(knobs));
      }),
    );
  });
});
