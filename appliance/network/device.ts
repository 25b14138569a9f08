import type { Link, Port } from '../config/config.ts';

/** What every network device of ours has. `link` is the document's link that the device is, or null for one that only carries others. */
interface Base {
  /** Interface name, at most 15 characters. */
  readonly name: string;
  readonly link: Link | null;
  /** Names of the VLAN devices upon it. */
  readonly vlans: readonly string[];
  /** Largest packet in bytes; never smaller than that of what it carries. */
  readonly mtu: number;
}

/** A physical NIC; `bond` names the bond it belongs to. */
export interface NicDevice extends Base {
  readonly kind: 'nic';
  readonly port: Port;
  readonly bond: string | null;
}

/** A bond; `members` are device names, `ports` how to find them, in the document's order. */
export interface BondDevice extends Base {
  readonly kind: 'bond';
  readonly mode: '802.3ad' | 'active-backup';
  readonly members: readonly string[];
  readonly ports: readonly Port[];
}

/** A VLAN upon another device. */
export interface VlanDevice extends Base {
  readonly kind: 'vlan';
  readonly id: number;
  readonly parent: string;
}

/** A network device that a node has because of its links. */
export type Device = NicDevice | BondDevice | VlanDevice;

/** What a kind of device has of its own. */
type Own<T extends Device> = Omit<T, keyof Base>;

/** Ethernet's largest payload (IEEE 802.3, 3.2.7): what a link has whose document says nothing. */
const ethernetMtu = 1500;

/**
 * The devices that a node's links come to, sorted by name. A link whose carrier is tagged is the VLAN device; the NIC or bond below gets a name derived
 * from the link's (`front-bond`), and so do a bond's members (`front-p0`), which avoid the links' own names and depend on nothing but the document. Links
 * with the same carrier share it.
 */
export function devices(links: readonly Link[]): readonly Device[] {
  const ordered = [...links].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = carrierNames(ordered);
  const nics = new Map<string, Own<NicDevice>>();
  const bonds = new Map<string, Own<BondDevice>>();
  const vlans = new Map<string, Own<VlanDevice>>();
  for (const link of ordered) {
    const parent = parentOf(link, names);
    const { carrier } = link;
    if (carrier.kind === 'bond' && !bonds.has(parent)) {
      const members = carrier.members.map((port) => names.get(portKey(port)) as string);
      bonds.set(parent, { kind: 'bond', mode: carrier.mode, members, ports: carrier.members });
      for (const [index, port] of carrier.members.entries()) nics.set(members[index] as string, { kind: 'nic', port, bond: parent });
    }
    if (carrier.kind === 'mac' || carrier.kind === 'pci') nics.set(parent, { kind: 'nic', port: carrier, bond: null });
    if (link.vlan !== null) vlans.set(link.name, { kind: 'vlan', id: link.vlan, parent });
  }
  type Any = Own<NicDevice> | Own<BondDevice> | Own<VlanDevice>;
  const own: ReadonlyMap<string, Any> = new Map<string, Any>([...nics, ...bonds, ...vlans]);
  const base = (name: string): Base => ({
    name,
    link: ordered.find((link) => link.name === name) ?? null,
    vlans: [...vlans].filter(([, vlan]) => vlan.parent === name).map(([child]) => child),
    mtu: mtuOf(name),
  });
  const mtuOf = (name: string): number => {
    const above = [...vlans].filter(([, vlan]) => vlan.parent === name).map(([child]) => mtuOf(child));
    const bond = nics.get(name)?.bond;
    const wanted = ordered.find((link) => link.name === name)?.mtu ?? ethernetMtu;
    return Math.max(wanted, ...above, bond == null ? 0 : mtuOf(bond));
  };
  return [...own.keys()].sort().map((name) => ({ ...base(name), ...own.get(name) }) as Device);
}

/** How a port is told from others: `mac:52:54:00:a1:00:01`, `pci:0000:3b:00.0`. */
export function portKey(port: Port): string {
  return port.kind === 'mac' ? `mac:${port.mac}` : `pci:${port.pci}`;
}

function bondKey(mode: string, members: readonly Port[]): string {
  return `bond:${mode}:${members.map(portKey).join(',')}`;
}

function carrierKey(carrier: Exclude<Link['carrier'], { kind: 'link' }>): string {
  return carrier.kind === 'bond' ? bondKey(carrier.mode, carrier.members) : portKey(carrier);
}

/** The device a link stands on: the one it is, when untagged. */
function parentOf(link: Link, names: ReadonlyMap<string, string>): string {
  if (link.carrier.kind === 'link') {
    if (link.vlan === null)
      throw new Error(`link ${link.name} is carried by ${link.carrier.link} without a vlan: the document's checks let none through`);
    return link.carrier.link;
  }
  return names.get(carrierKey(link.carrier)) as string;
}

/** The name of each NIC and bond by its key: that of the untagged link upon it, else one derived from the first link that uses it. */
function carrierNames(ordered: readonly Link[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(ordered.map((link) => link.name));
  const give = (key: string, link: string, suffix: string) => {
    if (names.has(key)) return;
    const name = freeName(link, suffix, taken);
    taken.add(name);
    names.set(key, name);
  };
  for (const { name, carrier, vlan } of ordered) if (carrier.kind !== 'link' && vlan === null) names.set(carrierKey(carrier), name);
  for (const { name, carrier } of ordered) {
    if (carrier.kind === 'link') continue;
    give(carrierKey(carrier), name, carrier.kind === 'bond' ? '-bond' : '-nic');
    if (carrier.kind === 'bond') for (const [index, port] of carrier.members.entries()) give(portKey(port), name, `-p${index}`);
  }
  return names;
}

/** `front` + `-bond`, cut to 15 characters (IFNAMSIZ less its end), with a number where somebody has that name. */
function freeName(link: string, suffix: string, taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) {
    const end = number === 0 ? suffix : `${suffix}-${number}`;
    const name = link.slice(0, 15 - end.length) + end;
    if (!taken.has(name)) return name;
  }
}
