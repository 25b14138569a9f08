import type { Irq, Nic } from '../../../tuning/hardware.ts';
import { parseList } from './cpu.ts';
import { type Interrupt, parseInterrupts } from './interrupts.ts';
import { type Action, readAction } from './irq-action.ts';
import { type ProbeHost, readNames, readValue } from './reading.ts';

/** What is known of a NIC before its interrupts are looked for. `virtio` is its virtio device, `virtio2`; null for other NICs. */
export interface IrqSeeker extends Pick<Nic, 'name' | 'pci'> {
  readonly virtio: string | null;
  /** Where sysfs lists its MSI vectors; null where it is on no PCI bus. */
  readonly msiFolder: string | null;
}

/**
 * The interrupts of NICs, by name. Which are whose: the vectors that sysfs lists for the device, as far as they exist (drivers leave out and leave behind
 * some); then what the controller or the action names, a bus address, an interface or a virtio device. The kernel's netlink family `netdev` would tell for
 * certain which queue is whose, but no program of Debian 13 speaks it.
 */
export async function findIrqs(host: ProbeHost, seekers: readonly IrqSeeker[]): Promise<ReadonlyMap<string, readonly Irq[]>> {
  const held = await host.read('/proc/interrupts').catch(() => null);
  const interrupts = parseInterrupts(held === null || typeof held.content !== 'string' ? '' : held.content);
  if (interrupts.length === 0) return new Map();
  const interfaces = new Set(seekers.map(({ name }) => name));
  const read = interrupts.map((interrupt) => ({ interrupt, action: readAction(interrupt.action, interfaces) }));
  const found = seekers.map(async (seeker): Promise<[string, readonly Irq[]]> => {
    const vectors = new Set(seeker.msiFolder === null ? [] : (await readNames(host, seeker.msiFolder)).map(Number));
    const own = read.filter(({ interrupt, action }) => isOf(seeker, vectors, interrupt, action));
    return [seeker.name, await Promise.all(irqsOf(own).map((irq) => withAffinity(host, irq)))];
  });
  return new Map(await Promise.all(found));
}

/** An interrupt, and what its action says if that is a NIC's. */
export interface Read {
  readonly interrupt: Interrupt;
  readonly action: Action | null;
}

function isOf({ name, pci, virtio }: IrqSeeker, vectors: ReadonlySet<number>, interrupt: Interrupt, action: Action | null): boolean {
  const owner = action?.owner;
  // two interfaces of one device have their vectors in one folder
  if (owner?.kind === 'interface' && owner.name !== 'eth%d') return owner.name === name;
  if (owner?.kind === 'virtio') return owner.device === virtio;
  if (owner?.kind === 'bus') return owner.bus === pci || vectors.has(interrupt.number);
  return vectors.has(interrupt.number) || (interrupt.bus !== null && interrupt.bus === pci && interrupt.action !== '');
}

/** The interrupts of one NIC with their roles, in the order of their numbers. Those that nobody handles (`ethtool -L` may leave them) are left out. */
export function irqsOf(own: readonly Read[]): readonly Irq[] {
  const handled = own.filter(({ interrupt }) => interrupt.action !== '').toSorted((a, b) => a.interrupt.number - b.interrupt.number);
  const halves = handled.filter(({ action }) => action?.isHalf).length;
  const isAlone = handled.length === 1;
  const counted = new Map<string, number>();
  const next = (role: string): number => {
    const count = counted.get(role) ?? 0;
    counted.set(role, count + 1);
    return count;
  };
  return handled.map(({ interrupt: { number, action: text }, action }): Irq => {
    const irq = { number, action: text, affinity: null, effective: null };
    if (action === null || action.role === 'admin' || (action.isBare && !isAlone)) {
      // a driver never seen: its only vector must be its queue's
      if (action === null && isAlone) return { ...irq, role: 'queue', serves: 'both', index: 0 };
      return { ...irq, role: 'admin', serves: null, index: next('admin') };
    }
    const { role, serves, index, isHalf } = action;
    if (isHalf && index !== null) {
      const sending = Math.ceil(halves / 2);
      return index < sending ? { ...irq, role, serves: 'tx', index } : { ...irq, role, serves: 'rx', index: index - sending };
    }
    return { ...irq, role, serves, index: index ?? next('cut') };
  });
}

async function withAffinity(host: ProbeHost, irq: Irq): Promise<Irq> {
  const folder = `/proc/irq/${irq.number}`;
  const [affinity, effective] = await Promise.all([
    readValue(host, `${folder}/smp_affinity_list`),
    readValue(host, `${folder}/effective_affinity_list`),
  ]);
  const list = (text: string | null) => (text === null || text === '' ? null : parseList(text));
  return { ...irq, affinity: list(affinity), effective: list(effective) };
}
