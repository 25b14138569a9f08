import type { Demand, LinkDemand } from './demand.ts';
import type { Hardware, Nic } from './hardware.ts';
import type { Omitted } from './planned.ts';
import { isContainer } from './virtualization.ts';

/** A NIC that is tuned, and what for. */
export interface ChosenNic {
  readonly nic: Nic;
  /** The links that stand on it, in the order of the document; none where no document says. */
  readonly links: readonly string[];
  /** The first of service, pair and management that one of its links is for. */
  readonly role: LinkDemand['role'];
  /** Whether one of its links is for management. */
  readonly isManagement: boolean;
}

/** Ends of virtual cables and the like, which have no queues or interrupts of hardware, by driver. */
const cables = new Set(['veth', 'macvlan', 'ipvlan', 'tun', 'dummy', 'bridge', 'bonding', 'ifb']);

/** The roles in the order of how much they ask of a NIC. */
const roles = ['service', 'pair', 'management'] as const;

/**
 * The NICs that are tuned: those of the document's links, or, where no document says, each that is not known to be down. Of the two that a machine on Hyper-V
 * shows for one NIC, the virtual function, which carries the traffic. In a container none: they are its host's.
 */
export function chooseNics(
  hardware: Hardware,
  { links }: Pick<Demand, 'links'>,
): { readonly chosen: readonly ChosenNic[]; readonly omitted: readonly Omitted[] } {
  if (hardware.nics.length === 0) return { chosen: [], omitted: [] };
  if (isContainer(hardware))
    return {
      chosen: [],
      omitted: [{ path: 'ethtool', why: `NICs and their interrupts belong to the host of this container (${hardware.virtualization})` }],
    };
  const named = hardware.nics.map((nic) => ({ nic, on: links?.filter((link) => isNamed(nic, link.nic)) ?? null }));
  const meant = named.filter(({ nic, on }) => (on === null ? nic.hasCarrier !== false : on.length > 0));
  const chosen = meant.filter(({ nic }) => reasonToLeave(nic, hardware) === null);
  return {
    chosen: chosen.map(({ nic, on }) => ({
      nic,
      links: [...new Set((on ?? []).map(({ link }) => link))],
      role: roles.find((role) => on?.some((link) => link.role === role)) ?? 'service',
      isManagement: on?.some(({ role }) => role === 'management') ?? false,
    })),
    omitted: meant.flatMap(({ nic }) => {
      const why = reasonToLeave(nic, hardware);
      return why === null ? [] : [{ path: `ethtool:${nic.bus}`, why: `${nic.name}: ${why}` }];
    }),
  };
}

/** Whether a NIC is the one of a MAC or PCI address. */
export function isNamed({ mac, pci }: Nic, address: string): boolean {
  const wanted = address.toLowerCase();
  return mac?.toLowerCase() === wanted || pci?.toLowerCase() === wanted;
}

/** Why nothing of a NIC can be tuned; null: it can. */
export function reasonToLeave(nic: Nic, { nics }: Pick<Hardware, 'nics'>): string | null {
  if (nic.driver !== null && cables.has(nic.driver)) return `is no NIC but the end of a virtual cable (${nic.driver})`;
  const beneath = nic.driver === 'hv_netvsc' ? nics.find(({ master }) => master === nic.name) : undefined;
  return beneath === undefined ? null : `its virtual function ${beneath.name} carries the traffic, and is tuned in its place`;
}
