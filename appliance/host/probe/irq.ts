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
 * some), or the bus address that the controller names; then what the action names, a bus address, an interface or a virtio device. An action keeps the name
 * that its interface had when it was brought up, and a kernel since 6.2 renames interfaces that are up: a name alone says little where the device is known. The
 * kernel's netlink family `netdev` would tell for certain which queue is whose, but no program of Debian 13 speaks it.
 */
export async function findIrqs(host: ProbeHost, seekers: readonly IrqSeeker[]): Promise<ReadonlyMap<string, readonly Irq[]>> {
  const held = await host.read('/proc/interrupts').catch(() => null);
  const interrupts = parseInterrupts(held === null || typeof held.content !== 'string' ? '' : held.content);
  if (interrupts.length === 0) return new Map();
  const interfaces = new Set(seekers.map(({ name }) => name));
  const read = interrupts.map((interrupt) => ({ interrupt, action: readAction(interrupt.action, interfaces) }));
  const found = seekers.map(async (seeker): Promise<[string, readonly Irq[]]> => {
    const listed = seeker.msiFolder === null ? [] : (await readNames(host, seeker.msiFolder)).map(Number);
    const vectors = new Set(interrupts.flatMap(({ number }) => (listed.includes(number) ? [number] : [])));
    const own = read.filter(({ interrupt, action }) => isOf(seeker, vectors, interrupt, action));
    const others = await ofOthers(host, seeker, own);
    const irqs = irqsOf(own.filter((one) => !others.has(one)));
    return [seeker.name, await Promise.all(irqs.map((irq) => withAffinity(host, irq)))];
  });
  return new Map(await Promise.all(found));
}

/** Of what seems to be a NIC's, that of another interface of the same device, as some have two: it is there now, and lists the vector too. */
async function ofOthers(host: ProbeHost, { name }: IrqSeeker, own: readonly Read[]): Promise<ReadonlySet<Read>> {
  const named = own.flatMap((one) => {
    const owner = one.action?.owner;
    return owner?.kind === 'interface' && owner.name !== name ? [{ one, folder: `/sys/class/net/${owner.name}/device/msi_irqs` }] : [];
  });
  const folders = [...new Set(named.map(({ folder }) => folder))];
  const lists = new Map(await Promise.all(folders.map(async (folder) => [folder, await readNames(host, folder)] as const)));
  return new Set(named.flatMap(({ one, folder }) => (lists.get(folder)?.includes(`${one.interrupt.number}`) ? [one] : [])));
}

/** An interrupt, and what its action says if that is a NIC's. */
export interface Read {
  readonly interrupt: Interrupt;
  readonly action: Action | null;
}

function isOf({ name, pci, virtio }: IrqSeeker, vectors: ReadonlySet<number>, interrupt: Interrupt, action: Action | null): boolean {
  const owner = action?.owner;
  if (owner?.kind === 'virtio') return owner.device === virtio;
  const isHere = vectors.has(interrupt.number) || (pci !== null && interrupt.bus === pci);
  if (owner?.kind === 'bus') return owner.bus === pci || isHere;
  if (owner?.kind === 'interface' && owner.name === name) {
    // one that had this name before has its own vectors
    const isElsewhere = pci !== null && interrupt.bus !== null ? interrupt.bus !== pci : vectors.size > 0;
    return isHere || !isElsewhere;
  }
  return isHere && interrupt.action !== '';
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
