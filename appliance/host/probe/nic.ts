import type { Nic } from '../../../tuning/hardware.ts';
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
 * bridges and the like are made by documents and are no NICs.
 */
export async function probeNics(host: ProbeHost, isContainer: boolean): Promise<readonly Nic[]> {
  const shown = await showLinks(host);
  const nics: Nic[] = [];
  for (const name of await readNames(host, '/sys/class/net')) {
    const folder = `/sys/class/net/${name}`;
    const device = await readDevice(host, folder);
    const { permanentMac, kind } = shown.get(name) ?? { permanentMac: null, kind: null };
    const isNic = device !== null || (isContainer && kind !== null && cables.has(kind));
    if (!isNic || (await readCount(host, `${folder}/type`)) !== ethernet) continue;
    const mac = permanentMac ?? (await readValue(host, `${folder}/address`));
    if (mac === null) continue;
    nics.push({
      name,
      mac: mac.toLowerCase(),
      pci: device?.pci ?? null,
      bus: device?.pci ?? name,
      driver: device?.driver ?? kind,
      speedMbit: await readCount(host, `${folder}/speed`),
      hasCarrier: null,
      master: null,
      numaNode: device?.numaNode ?? null,
      queues: await readQueues(host, folder),
      channels: null,
      rings: null,
      coalescing: null,
      features: null,
      rss: null,
      irqs: [],
    });
  }
  return nics;
}

/** The queues that a driver has made (kernel Documentation/ABI/testing/sysfs-class-net-queues). */
async function readQueues(host: ProbeHost, folder: string): Promise<Nic['queues']> {
  const names = await readNames(host, `${folder}/queues`);
  const count = (kind: string) => names.filter((name) => name.startsWith(kind)).length;
  return names.length === 0 ? null : { rx: count('rx-'), tx: count('tx-') };
}

/** The device behind an interface, or null. On virtio the PCI device is one level above (device → virtio0 → 0000:00:03.0). */
async function readDevice(host: ProbeHost, folder: string): Promise<Pick<Nic, 'pci' | 'driver' | 'numaNode'> | null> {
  const own = await readUevent(host, `${folder}/device/uevent`);
  if (own.size === 0) return null;
  const isOnPci = own.has('PCI_SLOT_NAME');
  const above = isOnPci ? own : await readUevent(host, `${folder}/device/../uevent`);
  const pciFolder = isOnPci ? `${folder}/device` : `${folder}/device/..`;
  return {
    pci: above.get('PCI_SLOT_NAME') ?? null,
    driver: own.get('DRIVER') ?? null,
    numaNode: above.has('PCI_SLOT_NAME') ? await readCount(host, `${pciFolder}/numa_node`) : null,
  };
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
