import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CpuPlan } from '../../tuning/cpu-plan.ts';
import type { Hardware, Nic } from '../../tuning/hardware.ts';
import { ethtoolPath } from '../../tuning/knob-path.ts';
import { nicKnobs, type PlannedNics } from '../../tuning/nic-knobs.ts';
import { parseNumberList } from '../../tuning/number-list.ts';
import { type Profile, profiles } from '../../tuning/profile.ts';
import { card } from './any-nic.ts';
import { carriedOut } from './carried-out.ts';
import { cpu, cpuPlan, demand, machine, nic, range } from './machine.ts';

interface Planned {
  readonly hardware: Hardware;
  readonly plan: CpuPlan;
  readonly planned: PlannedNics;
  readonly again: PlannedNics;
}

/** Any machine with two NICs, and what is planned for it. */
const anything: fc.Arbitrary<Planned> = fc
  .record({
    cards: fc.tuple(card, card),
    cpus: fc.integer({ min: 1, max: 32 }),
    picked: fc.array(fc.nat(40), { maxLength: 16 }),
    virtualization: fc.constantFrom('none', 'kvm', 'amazon', 'unknown', 'docker'),
    memoryBytes: fc.constantFrom(0, 2 ** 29, 2 ** 33, 2 ** 38),
    profile: fc.constantFrom(...(Object.keys(profiles) as Profile[])),
    isTransparent: fc.boolean(),
    quic: fc.boolean(),
    changed: fc.dictionary(fc.constantFrom('ring/rx', 'ring/tx', 'channels/combined'), fc.nat(16_384).map(String), {
      noNullPrototype: true,
    }),
  })
  .map(({ cards, cpus, picked, virtualization, memoryBytes, profile, isTransparent, quic, changed }) => {
    const nics = cards.map((each, index) => nic({ name: `eth${index}`, bus: `0000:0${index}:00.0`, ...each }));
    const originals = Object.fromEntries(
      Object.entries(changed).map(([field, value]) => [ethtoolPath({ bus: '0000:00:00.0' }, field), value]),
    );
    const hardware = machine(
      {
        nics,
        cpus: range(cpus).map((id) => cpu(id, { core: Math.floor(id / 2) })),
        virtualization,
        memoryBytes,
        nodes: range(2).map((id) => ({ id, memoryBytes, distances: [] })),
      },
      originals,
    );
    const plan = cpuPlan(Object.fromEntries(nics.map(({ bus }) => [bus, [...new Set(picked)]])), range(cpus));
    const run = () => nicKnobs(hardware, plan, profile, demand({ isTransparent, quic }));
    return { hardware, plan, planned: run(), again: run() };
  });

const holds = (check: (given: Planned) => void) => fc.assert(fc.property(anything, check), { numRuns: 300 });
const fieldOf = (path: string, one: Nic) => (path.startsWith(`ethtool:${one.bus}/`) ? path.slice(`ethtool:${one.bus}/`.length) : null);

describe('for any machine', () => {
  test('nothing is wanted beyond what a NIC allows', () =>
    holds(({ hardware, planned }) => {
      for (const one of hardware.nics) {
        for (const { path, value } of planned.knobs) {
          const [kind, name] = fieldOf(path, one)?.split('/') ?? [];
          const original = Number(hardware.originals[path] ?? 0);
          if (kind === 'ring') expect(Number(value)).toBeLessThanOrEqual(Math.max(one.rings?.max[name as 'rx'] ?? 0, original));
          if (kind === 'channels') expect(Number(value)).toBeLessThanOrEqual(one.channels?.max[name as 'combined'] ?? 0);
          if (kind === 'coalesce') expect(one.coalescing).toHaveProperty([name ?? '']);
          if (kind === 'rss') expect(Number(value.split(' ')[1])).toBeLessThanOrEqual(one.rss?.length ?? 0);
        }
      }
    }));

  test('what a NIC fixes is never wanted, and interrupts are never held back for longer than 125 µs', () =>
    holds(({ hardware, planned }) => {
      for (const one of hardware.nics) {
        for (const { path, value } of planned.knobs) {
          const [kind, name = ''] = fieldOf(path, one)?.split('/') ?? [];
          if (kind === 'feature') expect(one.features?.[name]).toMatchObject({ isFixed: false });
          if (kind === 'coalesce' && name.endsWith('usecs')) expect(Number(value)).toBeLessThanOrEqual(125);
        }
      }
    }));

  test('each interrupt goes to one CPU that is planned for it and is there, and packets to CPUs that are there', () =>
    holds(({ hardware, plan, planned }) => {
      const cpus = new Set(hardware.cpus.map(({ id }) => id));
      for (const { path, value } of planned.knobs) {
        if (!/^(?:irq|queue):/.test(path) || path.endsWith('rps_flow_cnt')) continue;
        const ids = parseNumberList(value, 8191) ?? [];
        expect(ids.length).toBeGreaterThan(0);
        expect(ids.every((id) => cpus.has(id))).toBe(true);
        if (!path.startsWith('irq:')) continue;
        expect(ids).toHaveLength(1);
        expect([...plan.irqCpus.values()].flat()).toContain(ids[0]);
      }
    }));

  test('no ring is made smaller, and no virtual NIC loses a queue', () =>
    holds(({ hardware, planned }) => {
      for (const one of hardware.nics) {
        for (const { path, value, rule } of planned.knobs) {
          const [kind, name] = fieldOf(path, one)?.split('/') ?? [];
          if (kind === 'ring') {
            expect(rule).toBe('at-least');
            expect(Number(value)).toBeGreaterThanOrEqual(Number(hardware.originals[path] ?? one.rings?.current[name as 'rx']));
          }
          if (kind !== 'channels' || hardware.virtualization === 'none') continue;
          const first = Number(hardware.originals[path] ?? one.channels?.current[name as 'combined'] ?? 0);
          expect(Number(value)).toBeGreaterThanOrEqual(Math.min(first, one.channels?.max[name as 'combined'] ?? 0));
        }
      }
    }));

  test('the same is planned every time, each path once, and each value has its reason and source', () =>
    holds(({ planned, again }) => {
      expect(again).toEqual(planned);
      expect(new Set(planned.knobs.map(({ path }) => path)).size).toBe(planned.knobs.length);
      expect(planned.knobs.every(({ value, reason, source }) => value !== '' && reason.length > 10 && source.length > 5)).toBe(true);
      expect(planned.omitted.every(({ path, why }) => path !== '' && why.length > 10)).toBe(true);
    }));

  test('a container has nothing of it', () =>
    holds(({ hardware, planned }) => {
      if (hardware.virtualization === 'docker') expect(planned.knobs).toEqual([]);
    }));

  test('once it is carried out, the same is wanted', () =>
    holds(({ hardware, plan }) => {
      const first = nicKnobs(hardware, plan, 'throughput', demand());
      const after = nicKnobs(carriedOut(hardware, first), plan, 'throughput', demand());
      const values = ({ knobs }: PlannedNics) =>
        knobs.filter(({ path }) => path.startsWith('ethtool:')).map(({ path, value }) => `${path} ${value}`);
      expect(values(after)).toEqual(values(first));
    }));
});
