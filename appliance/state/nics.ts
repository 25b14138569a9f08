import type { Hardware } from '../../tuning/hardware.ts';
import type { Config, Link } from '../config/config.ts';
import type { Problem } from '../config/problem.ts';

/** The NICs that a node's links name and this machine does not have: a link without its NIC would never come up. */
export function missingNics(config: Config, node: string, hardware: Hardware): readonly Problem[] {
  const here = nicAddresses(hardware);
  const own = hardware.nics.map(({ name, mac, pci }) => [name, mac, pci].filter((word) => word !== null).join(' ')).join(', ') || 'none';
  return Object.values(config.nodes[node]?.links ?? {})
    .flatMap((link) => portsOf(link))
    .filter(({ port }) => !here.has(port))
    .map(({ at, port }) => ({
      at: ['nodes', node, 'links', ...at],
      message: `this machine has no NIC ${port}`,
      hint: `its own are: ${own}`,
    }));
}

/** MAC and PCI addresses of every NIC of a machine. */
export function nicAddresses({ nics }: Hardware): ReadonlySet<string> {
  return new Set(nics.flatMap(({ mac, pci }) => [mac, pci].filter((address) => address !== null)));
}

/** The NICs that a link names, by MAC or PCI address, each with its place below `links`. */
export function portsOf({ name, carrier }: Link): readonly { readonly at: readonly (string | number)[]; readonly port: string }[] {
  switch (carrier.kind) {
    case 'link':
      return [];
    case 'mac':
      return [{ at: [name, 'mac'], port: carrier.mac }];
    case 'pci':
      return [{ at: [name, 'pci'], port: carrier.pci }];
    case 'bond':
      return carrier.members.map((member, index) => ({ at: [name, 'bond', index], port: member.kind === 'mac' ? member.mac : member.pci }));
  }
}
