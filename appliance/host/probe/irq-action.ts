import type { Irq } from '../../../tuning/hardware.ts';

/** Whose an interrupt is, by what its action says: an interface by name, a device by its bus address, or a virtio device. */
export type Owner =
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'bus'; readonly bus: string }
  | { readonly kind: 'virtio'; readonly device: string };

/** What the action of a NIC's interrupt says. `index` is null where the name was cut off before it. */
export interface Action extends Pick<Irq, 'role' | 'serves'> {
  readonly owner: Owner;
  readonly index: number | null;
  /** It has no other name than its interface's: the only interrupt of its NIC is its queue's, one beside others is not. */
  readonly isBare?: true;
  /** gve names all alike: the first half of them are for sending. */
  readonly isHalf?: true;
}

type Reading = Omit<Action, 'owner'>;

const both = (index: string | undefined): Reading => ({ role: 'queue', serves: 'both', index: index ? Number(index) : null });
const rx = (index: string | undefined): Reading => ({ role: 'queue', serves: 'rx', index: index ? Number(index) : 0 });
const tx = (index: string | undefined): Reading => ({ role: 'queue', serves: 'tx', index: index ? Number(index) : 0 });
const admin = (): Reading => ({ role: 'admin', serves: null, index: null });
const flowDirector = (index: string | undefined): Reading => ({ role: 'flow director', serves: null, index: Number(index ?? 0) });

const bdf = '(?<bus>[\\da-f]{4,8}:[\\da-f]{2}:[\\da-f]{2}\\.[\\da-f])';
// as long as IFNAMSIZ lets it be; `virtio3-rx` is a socket's, not a NIC's
const name = '(?<name>(?!virtio\\d)[A-Za-z][\\w.-]{0,14}?)';

/**
 * The names that drivers give (each in its source, where it requests its interrupts). Those with a bus address come first, then those with a driver's prefix;
 * the first that fits is taken.
 */
const patterns: readonly (readonly [RegExp, (index: string | undefined) => Reading])[] = [
  // i40e, iavf, hns3
  [new RegExp(`^\\w+-${bdf}:fdir-TxRx-(\\d+)$`, 'i'), flowDirector],
  // i40e, ice, iavf, idpf: what programs filters and talks to the firmware
  [new RegExp(`^\\w+-${bdf}:(?:misc|mbx|mailbox|ctrl\\S*)$`, 'i'), admin],
  [new RegExp(`^\\w+-${bdf}-TxRx-(\\d+)$`, 'i'), both],
  // mlx5, gve, mana, ena
  [new RegExp(`^mlx5_comp(\\d+)@pci:${bdf}$`, 'i'), both],
  [new RegExp(`^mlx4-(\\d+)@(?:pci:)?${bdf}$`, 'i'), both],
  [new RegExp(`^mana_q(\\d+)@(?:pci:)?${bdf}$`, 'i'), both],
  [new RegExp(`^gve-ntfy-blk(\\d+)@pci:${bdf}$`, 'i'), (index) => ({ ...both(index), isHalf: true })],
  [new RegExp(`^[\\w-]+@(?:pci:)?${bdf}$`, 'i'), admin],
  // virtio_net; other virtio devices have a `virtio4-input` too, but none with a number
  [/^(?<device>virtio\d+)-input\.(\d+)$/, rx],
  [/^(?<device>virtio\d+)-output\.(\d+)$/, tx],
  [/^(?<device>virtio\d+)-(?:config|control)$/, admin],
  [/^(?<device>virtio\d+)$/, () => ({ ...both('0'), isBare: true })],
  // gve before it had names of its own
  [/^(?<name>eth%d)-ntfy-block\.(\d+)$/, (index) => ({ ...both(index), isHalf: true })],
  [/^(?<name>eth%d)-mgmnt$/, admin],
  // i40e, ice, iavf, idpf, a patched i40e; out-of-tree ice has two queues a vector
  [new RegExp(`^(?:i40e|i40e_netmap|ice|iavf|i40evf|idpf|fm10k)-${name}-TxRx-(\\d+)(?:-\\d+)?$`), both],
  [new RegExp(`^(?:iavf|ice|idpf)-${name}-(?:rx)-(\\d+)$`), rx],
  [new RegExp(`^(?:iavf|ice|idpf)-${name}-(?:tx)-(\\d+)$`), tx],
  // ixgbe, igb, igc, bnxt_en (cut before Linux 6.12), tg3, ena, bnx2x, vmxnet3, nfp, be2net, qede
  [new RegExp(`^${name}-(?:TxRx|txrx|Tx-Rx|rxtx|RxTx|fp)-(\\d*)$`), both],
  [new RegExp(`^${name}-fp-\\w+-?(\\d+)$`), both],
  [new RegExp(`^${name}-q(\\d+)$`), both],
  // e1000e, igb with few vectors, tg3, sfc, cxgb4; xen-netfront
  [new RegExp(`^${name}-(?:rx|Rx)-?(\\d+)$`), rx],
  [new RegExp(`^${name}-(?:tx|Tx)-?(\\d+)$`), tx],
  [new RegExp(`^${name}-q(\\d+)-rx$`), rx],
  [new RegExp(`^${name}-q(\\d+)-tx$`), tx],
  [new RegExp(`^${name}-(?:rx)$`), rx],
  [new RegExp(`^${name}-(?:tx)$`), tx],
  [new RegExp(`^${name}-(?:event|sp|misc|mgmnt|lsc|ptp|link|async|other|i40e|control|slow-path)-?\\d*$`), admin],
];

/** mlx4, sfc and others number their vectors behind the interface's name alone; without knowing the interfaces, `nvme-0` would look the same. */
const numbered = /^(?<name>.+?)-(\d+)$/;

/** What an action says of a NIC's interrupt; null where it is none of a NIC's. `interfaces` are the names that this machine has now. */
export function readAction(action: string, interfaces: ReadonlySet<string>): Action | null {
  if (interfaces.has(action)) return { owner: { kind: 'interface', name: action }, ...both('0'), isBare: true };
  for (const [pattern, read] of patterns) {
    const match = pattern.exec(action);
    if (match === null) continue;
    const { bus, name: interfaceName, device } = match.groups ?? {};
    const index = match.slice(1).find((word) => word !== undefined && word !== bus && word !== interfaceName && word !== device);
    return { owner: ownerOf(bus, interfaceName, device), ...read(index) };
  }
  const match = numbered.exec(action);
  const owner = match?.groups?.name;
  return owner !== undefined && interfaces.has(owner) ? { owner: { kind: 'interface', name: owner }, ...both(match?.[2]) } : null;
}

function ownerOf(bus: string | undefined, interfaceName: string | undefined, device: string | undefined): Owner {
  if (bus !== undefined) return { kind: 'bus', bus: bus.toLowerCase() };
  return interfaceName !== undefined ? { kind: 'interface', name: interfaceName } : { kind: 'virtio', device: device ?? '' };
}
