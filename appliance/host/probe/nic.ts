import type { Nic } from '../../../tuning/hardware.ts';
import { nodeOfCpu, parseList } from './cpu.ts';
import { askDriver, askEthtool, type EthtoolFacts } from './ethtool.ts';
import { findIrqs } from './irq.ts';
import { type ProbeHost, readCount, readLines, readNames, readValue } from './reading.ts';

/** What iproute2 knows that sysfs does not: the permanent MAC where it differs from the one in use, and what kind of virtual device it is. */
interface Shown {
  readonly permanentMac: string | null;
  readonly kind: string | null;
}

/** Ethernet (ARPHRD_ETHER in linux/if_arp.h). */
const ethernet = 1;

/** What a container has for NICs: ends of virtual cables that the host made. */
const cables = new Set(['veth', 'macvlan', 'ipvlan']);

/**
 * The Ethernet NICs, sorted by name: devices with hardware (or a hypervisor's) behind them; in a container its ends of virtual cables. Bonds, VLANs,
 * bridges and the like are made by documents and are no NICs. One that goes away while it is looked at has nothing but what was read before.
 */
export async function probeNics(host: ProbeHost, isContainer: boolean): Promise<readonly Nic[]> {
  const [shown, names] = await Promise.all([showLinks(host), readNames(host, '/sys/class/net')]);
  const found = await Promise.all(names.map((name) => probeNic(host, name, shown.get(name), isContainer)));
  const nics = found.filter((each) => each !== null);
  const irqs = await findIrqs(
    host,
    nics.map(({ nic: { name, pci }, device }) => ({ name, pci, virtio: device?.virtio ?? null, msiFolder: device?.msiFolder ?? null })),
  );
  return nics.map(({ nic }) => ({ ...nic, irqs: irqs.get(nic.name) ?? [] }));
}

/** One interface, but for its interrupts; null where it is no NIC. */
async function probeNic(
  host: ProbeHost,
  name: string,
  { permanentMac, kind }: Shown = { permanentMac: null, kind: null },
  isContainer: boolean,
): Promise<{ readonly nic: Nic; readonly device: Device | null } | null> {
  const folder = `/sys/class/net/${name}`;
  const device = await readDevice(host, folder);
  const isNic = device !== null || (isContainer && kind !== null && cables.has(kind));
  if (!isNic || (await readCount(host, `${folder}/type`)) !== ethernet) return null;
  const mac = permanentMac ?? (await readValue(host, `${folder}/address`));
  const told = device !== null && device.pci === null ? await askDriver(host, name) : { driver: null, bus: null };
  const nic = {
    name,
    mac: mac === null ? null : mac.toLowerCase(),
    pci: device?.pci ?? null,
    bus: device?.pci ?? told.bus ?? name,
    driver: device?.driver ?? told.driver ?? kind,
    // some drivers say 0 where the kernel's -1 is meant
    speedMbit: (await readCount(host, `${folder}/speed`)) || null,
    hasCarrier: await readCarrier(host, folder),
    master: await readLinkName(host, `${folder}/master`),
    numaNode: device?.numaNode ?? null,
    queues: await readQueues(host, folder),
    ...(device === null ? untold : await askEthtool(host, name)),
    irqs: [],
  };
  return { nic, device };
}

/** Of a virtual cable ethtool tells nothing that anybody sets. */
const untold: EthtoolFacts = { channels: null, rings: null, coalescing: null, features: null, rss: null };

/** The kernel does not say it of an interface that is down (`carrier_show` in net/core/net-sysfs.c), which has none then. */
async function readCarrier(host: ProbeHost, folder: string): Promise<boolean | null> {
  const carrier = await readCount(host, `${folder}/carrier`);
  if (carrier !== null) return carrier === 1;
  return (await readValue(host, `${folder}/operstate`)) === 'down' ? false : null;
}

/** The last part of a symbolic link's target; null where there is no link. */
async function readLinkName(host: ProbeHost, path: string): Promise<string | null> {
  const target = await readValue(host, path);
  return target === null || target === '' ? null : target.slice(target.lastIndexOf('/') + 1);
}

/** The queues that a driver has made (kernel Documentation/ABI/testing/sysfs-class-net-queues). */
async function readQueues(host: ProbeHost, folder: string): Promise<Nic['queues']> {
  const names = await readNames(host, `${folder}/queues`);
  const count = (kind: string) => names.filter((name) => name.startsWith(kind)).length;
  return names.length === 0 ? null : { rx: count('rx-'), tx: count('tx-') };
}

/** What is behind an interface. */
interface Device extends Pick<Nic, 'pci' | 'driver' | 'numaNode'> {
  readonly virtio: string | null;
  /** Where its MSI vectors are listed; null where it is on no PCI bus. */
  readonly msiFolder: string | null;
}

/** The device behind an interface, or null. On virtio the PCI device is one level above (device → virtio0 → 0000:00:03.0). */
async function readDevice(host: ProbeHost, folder: string): Promise<Device | null> {
  const own = await readUevent(host, `${folder}/device/uevent`);
  if (own.size === 0) return null;
  const isOnPci = own.has('PCI_SLOT_NAME');
  const above = isOnPci ? own : await readUevent(host, `${folder}/device/../uevent`);
  const pci = above.get('PCI_SLOT_NAME') ?? null;
  const pciFolder = isOnPci ? `${folder}/device` : `${folder}/device/..`;
  const driver = own.get('DRIVER') || null;
  return {
    pci,
    driver,
    // a device of a VMBus has a node of its own (kernel Documentation/ABI/stable/sysfs-bus-vmbus)
    numaNode: await readNode(host, pci === null ? `${folder}/device` : pciFolder),
    virtio: driver === 'virtio_net' ? await readLinkName(host, `${folder}/device`) : null,
    msiFolder: pci === null ? null : `${pciFolder}/msi_irqs`,
  };
}

/** The NUMA node of a device; where its firmware does not say (-1), that of the CPUs beside it, if they are of one. */
async function readNode(host: ProbeHost, device: string): Promise<number | null> {
  const said = await readCount(host, `${device}/numa_node`);
  if (said !== null) return said;
  const beside = parseList(await readValue(host, `${device}/local_cpulist`));
  if (beside.length === 0) return null;
  const nodes = await nodeOfCpu(host);
  const [node, ...others] = new Set(beside.map((cpu) => nodes.get(cpu)));
  return others.length === 0 ? (node ?? null) : null;
}

async function readUevent(host: ProbeHost, path: string): Promise<ReadonlyMap<string, string>> {
  const pairs = (await readLines(host, path)).map((line) => line.split('='));
  return new Map(pairs.map(([key, ...value]) => [key as string, value.join('=')]));
}

async function showLinks(host: ProbeHost): Promise<ReadonlyMap<string, Shown>> {
  const { exitCode, stdout } = await host.run('ip', ['-json', '-details', 'link', 'show']);
  const links = exitCode === 0 ? parseArray(stdout) : [];
  return new Map(
    links.map((link) => {
      const { ifname, permaddr, linkinfo } = link as { ifname?: unknown; permaddr?: unknown; linkinfo?: { info_kind?: unknown } };
      return [String(ifname), { permanentMac: textOrNull(permaddr), kind: textOrNull(linkinfo?.info_kind) }];
    }),
  );
}

function parseArray(json: string): readonly object[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
  } catch {
    return [];
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
