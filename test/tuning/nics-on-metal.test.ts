import { describe, expect, test } from 'vitest';
import { nic, range } from './machine.ts';
import { channels, kept, plan, smt } from './nic-plan.ts';
import { queueIrqs, sampleIrqs, sampleNic } from './samples.ts';

/** Two queues, each with a CPU of its own, and the interrupt that is no queue's. */
const placed = ['irq:0 = 6', 'irq:1 = 7', 'irq:admin-0 = 6', 'queue:tx-0/xps_cpus = 6', 'queue:tx-1/xps_cpus = 7'];

describe('on bare metal', () => {
  const bare = { hardware: smt(8), irqCpus: [6, 7], haproxyCpus: [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13] };

  test('ixgbe has a queue for each CPU of its interrupts, and keeps its rings and its own way to adapt', () => {
    const one = sampleNic(
      {
        i: 'ixgbe-2numa-ethtool-i-eth4.txt',
        l: 'ixgbe-ethtool-l-p2p1.txt',
        g: 'ixgbe-2numa-ethtool-g-eth4.txt',
        c: 'ixgbe-2numa-ethtool-c-eth4.txt',
      },
      { name: 'eth4', speedMbit: 10_000, irqs: sampleIrqs('ixgbe-2numa-interrupts.txt', 'eth4') },
    );
    expect(plan(one, bare)).toEqual({
      set: ['channels/combined = 2', 'ring/rx >= 4096', 'ring/tx >= 1024', ...placed],
      left: [
        'ethtool:*/rss: eth4: ixgbe shows no table that spreads packets over queues',
        'ethtool:*/coalesce/rx-usecs: eth4: 1 tells ixgbe to adapt to the load by itself',
        'ethtool:*/feature: eth4: what ixgbe offloads is not known',
      ],
    });
  });

  test('i40e goes on adapting, and the vector of its flow director is no queue', () => {
    const one = sampleNic(
      {
        i: 'i40e-1numa-ethtool-i-eth0.txt',
        l: 'i40e-ethtool-l-ens3f0.txt',
        g: 'i40e-1numa-ethtool-g-eth0.txt',
        c: 'i40e-1numa-ethtool-c-eth0.txt',
      },
      {
        name: 'eth0',
        speedMbit: 40_000,
        irqs: [...sampleIrqs('i40e-1numa-interrupts.txt', 'eth0'), ...sampleIrqs('i40e-1numa-interrupts.txt', '0000:01:00.0')],
      },
    );
    expect(plan(one, bare).set).toEqual([
      'channels/combined = 2',
      'coalesce/adaptive-rx = on',
      'coalesce/adaptive-tx = on',
      'ring/rx >= 4096',
      'ring/tx >= 2048',
      'irq:0 = 6',
      'irq:1 = 7',
      'irq:admin-0 = 6',
      'irq:fdir-0 = 6',
      'queue:tx-0/xps_cpus = 6',
      'queue:tx-1/xps_cpus = 7',
    ]);
  });

  test('ice has its many queues brought to those that are needed, keeps its large rings, and adapts for throughput alone', () => {
    const one = sampleNic(
      {
        i: 'ice-e810-2numa-ethtool-i-em1.txt',
        l: 'ice-e810-2numa-ethtool-l-em1.txt',
        g: 'ice-e810-2numa-ethtool-g-em1.txt',
        c: 'ice-e810-2numa-ethtool-c-em1.txt',
        k: 'ice-e810-2numa-ethtool-k-em1.txt',
      },
      { name: 'em1', speedMbit: 25_000, irqs: queueIrqs(8), rss: range(64).map((slot) => slot % 8) },
    );
    const set = [
      'channels/combined = 2',
      'coalesce/rx-usecs <= 12',
      'coalesce/tx-usecs <= 28',
      ...kept,
      'ring/rx >= 8160',
      'ring/tx >= 8160',
      'rss = equal 2',
      ...placed,
    ];
    expect(plan(one, bare)).toEqual({ set, left: [] });
    expect(plan(one, { ...bare, profile: 'throughput' }).set.filter((line) => line.startsWith('coalesce'))).toEqual([
      'coalesce/adaptive-rx = on',
      'coalesce/adaptive-tx = on',
    ]);
    expect(plan(one, { ...bare, profile: 'latency' }).set.filter((line) => line.startsWith('coalesce'))).toEqual([
      'coalesce/adaptive-rx = off',
      'coalesce/adaptive-tx = off',
      'coalesce/rx-usecs <= 8',
    ]);
  });

  test('ice without its package says what it lacks', () => {
    const one = nic({ driver: 'ice', speedMbit: 25_000, channels: channels(1, 1) });
    expect(plan(one, bare).left[0]).toBe(
      'ethtool:*/channels/combined: front: one queue is all that it has, because ice runs in safe mode: its package intel/ice/ddp/ice.pkg was not loaded',
    );
  });

  test('ice with two queues a vector has each vector on a CPU of its own', () => {
    const irqs = queueIrqs(4).flatMap((irq) =>
      irq.role === 'queue' ? [{ ...irq, action: `ice-em1-TxRx-${2 * irq.index}-${2 * irq.index + 1}`, index: 2 * irq.index }] : [],
    );
    const one = nic({ driver: 'ice', speedMbit: 25_000, channels: channels(64, 8), irqs });
    expect(
      plan(one, { hardware: smt(16), irqCpus: range(8, 8), haproxyCpus: range(8) }).set.filter((line) => /^(?:irq|queue)/.test(line)),
    ).toEqual([
      ...['0 = 8', '2 = 9', '4 = 10', '6 = 11'].map((line) => `irq:${line}`),
      ...[8, 8, 9, 9, 10, 10, 11, 11].map((id, queue) => `queue:tx-${queue}/xps_cpus = ${id}`),
    ]);
  });

  test('mlx5 keeps merging off as it is, and has larger rings by its speed', () => {
    const one = sampleNic(
      {
        i: 'mlx5-cx4lx-ethtool-i-enp1s0f0np0.txt',
        l: 'mlx5-cx4lx-ethtool-l-enp1s0f0np0.txt',
        g: 'mlx5-cx4lx-ethtool-g-enp1s0f0np0.txt',
        c: 'mlx5-cx4lx-ethtool-c-enp1s0f0np0.txt',
        k: 'mlx5-cx4lx-ethtool-k-enp1s0f0np0.txt',
      },
      { name: 'enp1s0f0np0', speedMbit: 25_000, irqs: queueIrqs(12), rss: range(24).map((slot) => slot % 12) },
    );
    const set = [
      'channels/combined = 2',
      'coalesce/adaptive-rx = on',
      'coalesce/adaptive-tx = on',
      ...kept,
      'ring/rx >= 4096',
      'ring/tx >= 1024',
      'rss = equal 2',
      ...placed,
    ];
    expect(plan(one, bare)).toEqual({ set, left: [] });
    expect(plan({ ...one, speedMbit: 100_000 }, bare).set).toEqual(
      set.map((line) => line.replace('rx >= 4096', 'rx >= 8192').replace('tx >= 1024', 'tx >= 2048')),
    );
    const transparent = plan(one, { ...bare, demand: { isTransparent: true, quic: true } }).set;
    expect(transparent.filter((line) => !set.includes(line))).toEqual([
      'feature/large-receive-offload = off',
      'hash/udp4 = sdfn',
      'hash/udp6 = sdfn',
    ]);
  });

  test('bnxt_en, which counts its channels in two ways, goes on with the one that it uses', () => {
    const files = {
      l: 'bnxt_en-ethtool-l-eth0.txt',
      g: 'bnxt_en-ethtool-g-eth0.txt',
      c: 'bnxt_en-144cpu-ethtool-c-ens7f0np0.txt',
      k: 'bnxt_en-epyc-ethtool-k-isp1.txt',
    };
    const one = sampleNic(files, { driver: 'bnxt_en', speedMbit: 10_000, irqs: queueIrqs(8) });
    expect(plan(one, bare).set).toEqual([
      'channels/combined = 2',
      'coalesce/rx-usecs <= 125',
      'coalesce/tx-usecs <= 125',
      ...kept,
      'ring/rx >= 2047',
      'ring/tx >= 1024',
      ...placed,
    ]);
    const split = {
      ...one,
      channels: { max: { rx: 37, tx: 37, other: null, combined: 74 }, current: { rx: 4, tx: 4, other: null, combined: 0 } },
    };
    expect(plan(split, bare).set.slice(0, 2)).toEqual(['channels/rx = 2', 'channels/tx = 2']);
  });

  test('a driver with rx and tx channels alone has both set', () => {
    const one = sampleNic({ l: 'channels-no-combined-ethtool-l-eno1.txt' }, { driver: 'stmmac', speedMbit: 10_000 });
    expect(plan(one, bare).set).toEqual(['channels/rx = 2', 'channels/tx = 2', 'queue:tx-0/xps_cpus = 6', 'queue:tx-1/xps_cpus = 7']);
  });

  test('r8169 and e1000e keep what they have but for the place of their interrupt', () => {
    const r8169 = sampleNic(
      { g: 'r8169-ethtool-gc.txt', c: 'r8169-ethtool-gc.txt' },
      { driver: 'r8169', speedMbit: 1000, irqs: queueIrqs(1).slice(0, 1) },
    );
    expect(plan(r8169, bare)).toEqual({
      set: ['irq:0 = 6'],
      left: [
        'ethtool:*/channels: front: r8169 tells of no channels',
        "ethtool:*/ring: front: 1 Gbit/s needs no larger rings than its driver's own",
        'ethtool:*/rss: front: r8169 shows no table that spreads packets over queues',
        'ethtool:*/feature: front: what r8169 offloads is not known',
        'queue:*/xps_cpus: front: how many queues it sends by is not known',
      ],
    });
    const e1000e = nic({
      driver: 'e1000e',
      speedMbit: 1000,
      queues: { rx: 1, tx: 1 },
      rings: { max: { rx: 4096, tx: 4096 }, current: { rx: 256, tx: 256 } },
      irqs: queueIrqs(1),
    });
    expect(plan(e1000e, bare).set).toEqual(['irq:0 = 6', 'irq:admin-0 = 6']);
  });

  test('a driver that nobody has seen is tuned as far as it tells', () => {
    const one = nic({
      driver: 'newdrv',
      bus: '0000:05:00.0',
      channels: channels(32, 16),
      irqs: queueIrqs(16),
      coalescing: { 'rx-usecs': 300 },
      speedMbit: 10_000,
    });
    expect(plan(one, bare).set).toEqual(['channels/combined = 2', 'coalesce/rx-usecs <= 125', ...placed]);
    expect(plan({ ...one, driver: null }, { ...bare, profile: 'throughput' }).set).toContain('coalesce/rx-usecs = 64');
  });

  test('a NIC of which nothing is known has nothing set, and says so', () => {
    expect(plan(nic(), { irqCpus: [] }).set).toEqual([]);
    expect(plan(nic(), { irqCpus: [3] }).left).toContain('irq:*: front: no interrupts of a driver that is not known were found');
  });
});
