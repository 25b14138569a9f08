import type { Demand, LinkDemand } from './demand.ts';
import type { Hardware, Nic } from './hardware.ts';
import type { LinkTuning } from './link-tuning.ts';
import type { Profile } from './profile.ts';
import { isVirtualMachine } from './virtualization.ts';

/** A NIC that is tuned, and all that its values depend on. */
export interface NicSituation {
  readonly hardware: Hardware;
  readonly nic: Nic;
  /** The first of service, pair and management that one of its links is for. */
  readonly role: LinkDemand['role'];
  /** Whether people reach the machine by it. */
  readonly isManagement: boolean;
  /** CPUs of its queues' interrupts: queue i is of the CPU i modulo their number. Empty: none are planned. */
  readonly irqCpus: readonly number[];
  /** CPUs of HAProxy's threads. */
  readonly haproxyCpus: readonly number[];
  readonly profile: Profile;
  readonly demand: Demand;
  /** What the document says of the NICs of its link; null: nothing. */
  readonly own: { readonly link: string; readonly values: LinkTuning } | null;
}

/** The first value of this boot; where weir has not changed it, what is there now. */
export function firstValue({ hardware }: NicSituation, path: string, current: string): string {
  return hardware.originals[path] ?? current;
}

/** The driver's name in sentences. */
export function driverOf({ driver }: Nic): string {
  return driver ?? 'a driver that is not known';
}

/**
 * The speed, in Mbit/s, that a NIC's values are chosen for; null where it is not known. What a virtual NIC says of its speed is no measure of what its host
 * carries, so it counts as 10 Gbit/s at least (weir: to be measured).
 */
export function planningSpeed({ hardware, nic }: NicSituation): number | null {
  return isVirtualMachine(hardware) ? Math.max(nic.speedMbit ?? 0, 10_000) : nic.speedMbit;
}

/** Below 10 Gbit/s a NIC as its driver starts it is never what limits a machine. */
export function isFast(situation: NicSituation): boolean {
  return (planningSpeed(situation) ?? 0) >= 10_000;
}

/** A speed in words, from Mbit/s. */
export function speedText(mbit: number): string {
  return mbit >= 1000 ? `${mbit / 1000} Gbit/s` : `${mbit} Mbit/s`;
}
