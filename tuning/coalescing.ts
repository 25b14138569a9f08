import type { Knob } from './hardware.ts';
import { ethtoolPath } from './knob-path.ts';
import { driverOf, firstValue, isFast, type NicSituation } from './nic-situation.ts';
import type { Omitted, Planned } from './planned.ts';

type Direction = 'rx' | 'tx';

/** NICs whose interrupts are made by a host that may take none of these values, whatever they show. */
const hosted = new Set(['virtio_net', 'vmxnet3', 'hv_netvsc', 'xen_netfront', 'vif']);

/**
 * Values of `rx-usecs` by which a driver without the words adaptive-rx and adaptive-tx is told to choose by itself: its mode of InterruptThrottleRate (kernel
 * drivers/net/ethernet/intel/…/*_ethtool.c, Documentation/networking/device_drivers/ethernet/intel/e1000e.rst).
 */
const selfAdapting: Readonly<Record<string, readonly number[]>> = {
  ixgbe: [1],
  ixgbevf: [1],
  igb: [1, 3],
  igbvf: [1, 3],
  igc: [1, 3],
  e1000: [1, 3],
  e1000e: [1, 3, 4],
};

/** The longest that an interrupt may be held back for a packet, in microseconds: 8,000 a second of each queue (Intel's READMEs, forwarding). */
export const longestUsecs = 125;

/** For bulk without an adaptive driver: at least so long (rx: Google's and netdev's advice, tx: Google's), at most what ENA honours (amzn-drivers issue 290). */
const bulkUsecs = { rx: { least: 20, most: 64 }, tx: { least: 50, most: 64 } } as const;

const source =
  'Intel ethernet READMEs, ENA_Linux_Best_Practices.rst, Google guest-configs; where they disagree: adaptive if offered (weir: to be measured)';

/**
 * How long a NIC holds interrupts back: by itself (adaptive) where its driver does so from the start and, for throughput, wherever it can; shortly for latency;
 * never longer than 125 µs.
 */
export function coalescingKnobs(situation: NicSituation): Planned {
  const { nic, profile } = situation;
  const why =
    nic.coalescing === null
      ? `${driverOf(nic)} tells of no coalescing`
      : hosted.has(nic.driver ?? '')
        ? `the interrupts of ${nic.driver} are made by the host, and few hosts take a value`
        : null;
  if (why !== null) return { knobs: [], omitted: [{ path: ethtoolPath(nic, 'coalesce'), why: `${nic.name}: ${why}` }] };
  const results = (['rx', 'tx'] as const).flatMap((direction) =>
    profile === 'latency' ? shortly(situation, direction) : usual(situation, direction),
  );
  return { knobs: results.filter((result) => 'value' in result), omitted: results.filter((result) => 'why' in result) };
}

function shortly(situation: NicSituation, direction: Direction): readonly (Knob | Omitted)[] {
  const reason = 'profile latency: no packet waits for the next';
  const usecs = value(situation, `${direction}-usecs`);
  return [
    ...(offersAdaptive(situation, direction) ? [knob(situation, `adaptive-${direction}`, 'off', 'exactly', reason)] : []),
    ...(direction === 'rx' && usecs !== null ? [knob(situation, 'rx-usecs', '8', 'at-most', `${reason} longer than 8 µs`)] : []),
  ];
}

function usual(situation: NicSituation, direction: Direction): readonly (Knob | Omitted)[] {
  const { nic, profile } = situation;
  const word = `adaptive-${direction}`;
  if (offersAdaptive(situation, direction)) {
    const wasOn = firstValue(situation, ethtoolPath(nic, `coalesce/${word}`), nic.coalescing?.[word] === true ? 'on' : 'off') === 'on';
    if (wasOn) return [knob(situation, word, 'on', 'exactly', `${driverOf(nic)} adapts to the load from the start, which is left on`)];
    if (profile === 'throughput' && isFast(situation))
      return [knob(situation, word, 'on', 'exactly', `profile throughput: ${driverOf(nic)} can adapt to the load`)];
  }
  const usecs = value(situation, `${direction}-usecs`);
  // 0 is what a driver shows that has no such value, or takes that of the other direction
  if (usecs === null || usecs === 0 || !isFast(situation)) return [];
  if (selfAdapting[nic.driver ?? '']?.includes(usecs))
    return [
      {
        path: ethtoolPath(nic, `coalesce/${direction}-usecs`),
        why: `${nic.name}: ${usecs} tells ${nic.driver} to adapt to the load by itself`,
      },
    ];
  if (profile !== 'throughput')
    return [
      knob(
        situation,
        `${direction}-usecs`,
        `${Math.min(usecs, longestUsecs)}`,
        'at-most',
        `it had ${usecs} µs, and more than ${longestUsecs} µs is felt`,
      ),
    ];
  const { least, most } = bulkUsecs[direction];
  const wanted = Math.min(most, Math.max(least, usecs));
  return [
    knob(
      situation,
      `${direction}-usecs`,
      `${wanted}`,
      'exactly',
      `profile throughput, and ${driverOf(nic)} does not adapt: ${usecs} µs, brought to between ${least} and ${most}`,
    ),
  ];
}

function offersAdaptive({ nic }: NicSituation, direction: Direction): boolean {
  return selfAdapting[nic.driver ?? ''] === undefined && typeof nic.coalescing?.[`adaptive-${direction}`] === 'boolean';
}

/** The first value of a number that the driver has. */
function value(situation: NicSituation, word: string): number | null {
  const { nic } = situation;
  const current = nic.coalescing?.[word];
  return typeof current === 'number' ? Number(firstValue(situation, ethtoolPath(nic, `coalesce/${word}`), `${current}`)) : null;
}

function knob({ nic }: NicSituation, word: string, wanted: string, rule: Knob['rule'], reason: string): Knob {
  return { path: ethtoolPath(nic, `coalesce/${word}`), value: wanted, rule, reason, source };
}
