import { describe, expect, test } from 'vitest';
import type { Nic } from '../../tuning/hardware.ts';
import { nicKnobs } from '../../tuning/nic-knobs.ts';
import { cpuPlan, demand, machine, nic, range } from './machine.ts';
import { channels, plan } from './nic-plan.ts';

describe('a ring', () => {
  const one = nic({
    driver: 'mlx5_core',
    speedMbit: 100_000,
    channels: channels(63, 16),
    rings: { max: { rx: 8192, tx: 8192 }, current: { rx: 1024, tx: 1024 } },
    numaNode: 1,
  });
  const ringRx = (different: Partial<Nic>, memoryBytes: number, irqCpus: readonly number[] = range(4)) => {
    const nodes = [
      { id: 0, memoryBytes: 2 ** 40, distances: [10, 21] },
      { id: 1, memoryBytes, distances: [21, 10] },
    ];
    return plan({ ...one, ...different }, { hardware: { nodes }, irqCpus }).set.find((line) => line.startsWith('ring/rx'));
  };

  test('takes at most a hundredth of the memory of its node, in a power of two', () => {
    expect(ringRx({}, 64 * 2 ** 30)).toBe('ring/rx >= 8192');
    // 1 % of 8 GiB is 20,971 pages: 5242 for each of 4 queues
    expect(ringRx({}, 8 * 2 ** 30)).toBe('ring/rx >= 4096');
    expect(ringRx({}, 8 * 2 ** 30, [1])).toBe('ring/rx >= 8192');
    expect(ringRx({}, 2 ** 30)).toBe('ring/rx >= 1024');
  });

  test('is never made smaller, whatever the memory', () => expect(ringRx({}, 2 ** 28)).toBe('ring/rx >= 1024'));

  test('is kept where the memory is not known', () => expect(ringRx({}, 0)).toBeUndefined());

  test('counts for the smallest node where its own is not known', () =>
    expect(ringRx({ numaNode: null }, 2 ** 30)).toBe('ring/rx >= 1024'));

  test('says its sum', () => {
    const all = machine({ nics: [one], nodes: [{ id: 1, memoryBytes: 8 * 2 ** 30, distances: [10] }] });
    const { knobs } = nicKnobs(all, cpuPlan({ front: range(4) }, []), 'balanced', demand());
    expect(knobs.find(({ path }) => path.endsWith('ring/rx'))?.reason).toBe(
      'min(8192 at 100 Gbit/s, 8192 that it allows, 4096 by memory) = 4096 (4 × 4096 × 4 KiB = 64 MiB of 8 GiB)',
    );
  });
});
