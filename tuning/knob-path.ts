import type { Irq, Nic } from './hardware.ts';

type OnBus = Pick<Nic, 'bus'>;

/** Where the affinity of an interrupt is set, whatever its number: `irq:0000:3b:00.0/3`, `…/rx-3`, `…/admin-0`, `…/fdir-0`. Holds a CPU list. */
export function irqPath({ bus }: OnBus, irq: Pick<Irq, 'role' | 'serves' | 'index'>): string {
  return `irq:${bus}/${irqName(irq)}`;
}

/** The name of an interrupt among those of its NIC. */
export function irqName({ role, serves, index }: Pick<Irq, 'role' | 'serves' | 'index'>): string {
  if (role !== 'queue') return `${role === 'admin' ? 'admin' : 'fdir'}-${index}`;
  return serves === 'rx' || serves === 'tx' ? `${serves}-${index}` : `${index}`;
}

/** A file of a queue: `queue:0000:3b:00.0/rx-3/rps_cpus`. Masks of CPUs are held as CPU lists. */
export function queuePath({ bus }: OnBus, queue: `rx-${number}` | `tx-${number}`, file: 'rps_cpus' | 'rps_flow_cnt' | 'xps_cpus'): string {
  return `queue:${bus}/${queue}/${file}`;
}

/**
 * A field that ethtool(8) sets, by ethtool's own names: `channels/combined`, `ring/rx`, `coalesce/adaptive-rx` (on, off), `coalesce/rx-usecs`,
 * `feature/large-receive-offload` (on, off), `rss` (`equal 4`), `hash/udp4` (`sdfn`): `ethtool:0000:3b:00.0/ring/rx`.
 */
export function ethtoolPath({ bus }: OnBus, field: string): string {
  return `ethtool:${bus}/${field}`;
}

/** Whether a service runs (`active`, `inactive`), by unit: `service:irqbalance`. Stopped, it stays so for this boot. */
export function servicePath(unit: string): string {
  return `service:${unit}`;
}
