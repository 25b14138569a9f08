import fc from 'fast-check';
import type { Channels, Feature, Irq, Nic } from '../../tuning/hardware.ts';
import { range } from './machine.ts';

const driver = fc.constantFrom(
  'ixgbe',
  'i40e',
  'ice',
  'mlx5_core',
  'bnxt_en',
  'ena',
  'gve',
  'virtio_net',
  'vmxnet3',
  'hv_netvsc',
  'e1000e',
  'r8169',
  'igb',
  'newdrv',
  null,
);
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

/** Channels of which no kind has more than it may. */
const channels: fc.Arbitrary<Nic['channels']> = orNull(
  fc
    .record({ rx: orNull(fc.nat(64)), tx: orNull(fc.nat(64)), combined: orNull(fc.nat(64)), share: fc.nat(100) })
    .map(({ share, ...kinds }) => {
      const max: Channels = { ...kinds, other: null };
      const part = (count: number | null) => (count === null ? null : Math.floor((count * share) / 100));
      return { max, current: { rx: part(max.rx), tx: part(max.tx), combined: part(max.combined), other: null } };
    }),
);

const rings: fc.Arbitrary<Nic['rings']> = orNull(
  fc.record({ rx: fc.nat(16_384), tx: fc.nat(16_384), share: fc.nat(100) }).map(({ rx, tx, share }) => ({
    max: { rx, tx },
    current: { rx: Math.floor((rx * share) / 100), tx: Math.floor((tx * share) / 100) },
  })),
);

const feature: fc.Arbitrary<Feature> = fc.record({ isOn: fc.boolean(), isFixed: fc.boolean() });
const features = orNull(
  fc.dictionary(
    fc.constantFrom(
      'generic-receive-offload',
      'large-receive-offload',
      'tcp-segmentation-offload',
      'ntuple-filters',
      'rx-checksumming',
      'scatter-gather',
    ),
    feature,
    { noNullPrototype: true },
  ),
);

const coalescing: fc.Arbitrary<Nic['coalescing']> = orNull(
  fc
    .record(
      { 'adaptive-rx': fc.boolean(), 'adaptive-tx': fc.boolean(), 'rx-usecs': fc.nat(300), 'tx-usecs': fc.nat(300) },
      { requiredKeys: [] },
    )
    .map((found) => ({ ...found })),
);

const irqs: fc.Arbitrary<readonly Irq[]> = fc.nat(20).map((count) =>
  range(count).map((index) => ({
    number: 40 + index,
    action: '',
    role: index === 3 ? 'admin' : 'queue',
    serves: index === 3 ? null : 'both',
    index,
    affinity: null,
    effective: null,
  })),
);

/** Any NIC, but for its name and its bus address. */
export const card: fc.Arbitrary<Partial<Nic>> = fc.record({
  driver,
  channels,
  rings,
  features,
  coalescing,
  irqs,
  speedMbit: orNull(fc.constantFrom(1000, 10_000, 25_000, 100_000)),
  numaNode: orNull(fc.nat(2)),
  queues: orNull(fc.record({ rx: fc.nat(8), tx: fc.nat(8) })),
  rss: orNull(fc.array(fc.nat(8), { maxLength: 128 })),
});
