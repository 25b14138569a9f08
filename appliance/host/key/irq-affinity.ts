import type { Irq } from '../../../tuning/hardware.ts';
import { irqName } from '../../../tuning/knob-path.ts';
import { formatNumberList } from '../../../tuning/number-list.ts';
import type { Path } from '../../state/host-state.ts';
import type { KeyHost } from '../key.ts';
import { refused } from './refused.ts';

/** The keys of a NIC's interrupts. */
export function irqKeys(bus: string, irqs: readonly Irq[]): readonly Path[] {
  return irqs.map((irq) => `irq:${bus}/${irqName(irq)}`);
}

/**
 * The CPUs that an interrupt is asked to go to. Where it does go follows with its next one (x86 moves an interrupt while it handles it, kernel/irq/migration.c), and one that
 * never comes never moves: what shows there is for a proof under traffic, not for what was set.
 */
export function readIrq(irqs: readonly Irq[], name: string): string | null {
  const irq = irqs.find((each) => irqName(each) === name);
  return irq === undefined || irq.affinity === null ? null : formatNumberList(irq.affinity);
}

/** Sends an interrupt to CPUs. @throws Error with the kernel's errno: EIO for a managed one, ENOSPC where a CPU has no free vector. */
export async function writeIrq(host: KeyHost, irqs: readonly Irq[], name: string, value: string): Promise<void> {
  const irq = irqs.find((each) => irqName(each) === name);
  if (irq === undefined) throw refused('ENOENT', `its NIC has no interrupt ${name} now`);
  await host.write(`/proc/irq/${irq.number}/smp_affinity_list`, { content: value, mode: 0o644, owner: 'root:root' });
}
