import type { Knob, Nic } from './hardware.ts';
import { ethtoolPath } from './knob-path.ts';
import { mostSpread } from './nic-queues.ts';
import { driverOf, firstValue, type NicSituation } from './nic-situation.ts';
import { formatNumberList } from './number-list.ts';
import type { Omitted, Planned } from './planned.ts';
import { isVirtualMachine } from './virtualization.ts';

/** A kind of queue that `ethtool -L` counts. */
export type ChannelKind = 'combined' | 'rx' | 'tx';

const source =
  'kernel Documentation/networking/scaling.rst: the fewest queues whose CPUs are not overrun; one for each CPU that is planned';
const virtualSource = 'weir: a thread of the host or an allowance of packets may hang on each queue of a virtual NIC';

/** The kinds that a NIC's queues are of: both directions in one, or one for each; none where the driver tells of none. 0 means "none of these" as null does. */
export function channelKinds({ channels }: Nic): readonly ChannelKind[] {
  if (channels === null) return [];
  const { max, current } = channels;
  const split = (['rx', 'tx'] as const).filter((kind) => (max[kind] ?? 0) > 0);
  // bnxt_en offers both, and takes one or the other
  const isSplit = split.length > 0 && (current.combined ?? 0) === 0 && (current.rx ?? 0) > 0;
  return (max.combined ?? 0) > 0 && !isSplit ? ['combined'] : split;
}

/** How many queues of a direction a NIC has once the plan is carried out; null where it is not known. */
export function queueCount(situation: NicSituation, direction: 'rx' | 'tx'): number | null {
  const { nic, own } = situation;
  const kind = channelKinds(nic).find((each) => each === 'combined' || each === direction);
  if (kind === undefined) return nic.queues?.[direction] ?? null;
  const wish = wanted(situation, kind);
  return own?.values.channels ?? ('count' in wish ? wish.count : currentChannels(nic, direction));
}

/** How many queues of a direction the driver has made by now, as it tells; null where it does not. */
export function currentChannels(nic: Nic, direction: 'rx' | 'tx'): number | null {
  const kind = channelKinds(nic).find((each) => each === 'combined' || each === direction);
  return kind === undefined ? null : (nic.channels?.current[kind] ?? null);
}

/** The channels of a NIC: a queue for each CPU that takes its interrupts on bare metal; on a virtual machine for each CPU, and never fewer than there are. */
export function channelKnobs(situation: NicSituation): Planned {
  const { nic } = situation;
  const kinds = channelKinds(nic);
  if (kinds.length === 0)
    return { knobs: [], omitted: [{ path: ethtoolPath(nic, 'channels'), why: `${nic.name}: ${driverOf(nic)} tells of no channels` }] };
  const results = kinds.map((kind): Knob | Omitted => {
    const path = ethtoolPath(nic, `channels/${kind}`);
    const wish = wanted(situation, kind);
    if ('why' in wish) return { path, why: `${nic.name}: ${wish.why}` };
    const isVirtual = isVirtualMachine(situation.hardware);
    return {
      path,
      value: `${wish.count}`,
      rule: isVirtual ? 'at-least' : 'exactly',
      reason: wish.reason,
      source: isVirtual ? virtualSource : source,
    };
  });
  return { knobs: results.filter((result) => 'value' in result), omitted: results.filter((result) => 'why' in result) };
}

type Wish = { readonly count: number; readonly reason: string } | { readonly why: string };

function wanted(situation: NicSituation, kind: ChannelKind): Wish {
  const { hardware, nic, role, irqCpus } = situation;
  const most = nic.channels?.max[kind] ?? 0;
  if (role !== 'service') return { why: `a ${role} link's queues are few enough as they are` };
  if (most === 1) return { why: singleQueue(situation) };
  if (isVirtualMachine(hardware)) return virtualWish(situation, kind, most);
  if (irqCpus.length === 0) return { why: 'no CPUs are planned for its interrupts' };
  const spread = Math.min(most, mostSpread[nic.driver ?? ''] ?? most);
  const count = Math.min(spread, irqCpus.length);
  const limit = spread < most ? `, ${nic.driver} spreads packets over ${spread} of them` : '';
  return {
    count,
    reason: `its interrupts go to ${counted(irqCpus.length, 'CPU')} (${formatNumberList(irqCpus)}), and it has at most ${most} channels${limit}: min(${irqCpus.length}, ${spread}) = ${count}`,
  };
}

function virtualWish(situation: NicSituation, kind: ChannelKind, most: number): Wish {
  const { hardware, nic, irqCpus } = situation;
  const cpus = irqCpus.length || hardware.cpus.filter(({ isIsolated }) => !isIsolated).length;
  const first = Number(firstValue(situation, ethtoolPath(nic, `channels/${kind}`), `${nic.channels?.current[kind] ?? 0}`));
  const count = Math.min(most, Math.max(first, cpus));
  const ask = most < cpus ? `; more than ${most} must come from the hypervisor${forVirtio(nic, cpus)}` : '';
  return {
    count,
    reason: `virtual machine: a queue for each of ${counted(cpus, 'CPU')}, at most the ${most} that it is given, never fewer than the ${first} it had: ${count}${ask}`,
  };
}

function singleQueue({ hardware, nic }: NicSituation): string {
  const cpus = hardware.cpus.length;
  if (isVirtualMachine(hardware) && cpus > 1) {
    return `one queue is all that the hypervisor gives it, for ${cpus} CPUs: ask the hypervisor for ${nic.driver === 'virtio_net' ? `queues=${cpus}` : `${cpus} queues`}`;
  }
  if (nic.driver === 'ice')
    return 'one queue is all that it has, because ice runs in safe mode: its package intel/ice/ddp/ice.pkg was not loaded';
  return 'one queue is all that it has';
}

function forVirtio({ driver }: Nic, cpus: number): string {
  return driver === 'virtio_net' ? ` (queues=${cpus})` : '';
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
