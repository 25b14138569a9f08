import { askDriver } from '../probe/ethtool.ts';
import type { IrqSeeker } from '../probe/irq.ts';
import { type ProbeHost, readNames, readValue } from '../probe/reading.ts';

/** A network interface that has a device behind it, by the name that it has now. */
export interface Interface extends IrqSeeker {
  readonly bus: string;
}

/** The interfaces of this moment by the bus address that their keys have: a PCI address, that of another bus as ethtool tells it, else the name. */
export async function interfacesByBus(host: ProbeHost): Promise<ReadonlyMap<string, Interface>> {
  const names = await readNames(host, '/sys/class/net');
  const found = await Promise.all(names.map((name) => read(host, name)));
  return new Map(found.flatMap((each) => (each === null ? [] : [[each.bus, each]])));
}

async function read(host: ProbeHost, name: string): Promise<Interface | null> {
  const folder = `/sys/class/net/${name}`;
  const own = await readValue(host, `${folder}/device/uevent`);
  if (own === null || own === '') return null;
  const slot = (text: string | null) => /(?:^| )PCI_SLOT_NAME=(\S+)/.exec(text ?? '')?.[1] ?? null;
  const direct = slot(own);
  const pci = direct ?? slot(await readValue(host, `${folder}/device/../uevent`));
  const isVirtio = /(?:^| )DRIVER=virtio_net(?: |$)/.test(own);
  const device = isVirtio ? await readValue(host, `${folder}/device`) : null;
  const bus = pci ?? (await askDriver(host, name)).bus ?? name;
  const virtio = device === null ? null : device.slice(device.lastIndexOf('/') + 1);
  return { name, bus, pci, virtio, msiFolder: pci === null ? null : `${folder}/device${direct === null ? '/..' : ''}/msi_irqs` };
}
