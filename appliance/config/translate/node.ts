import type { Link, Node, Port } from '../config.ts';
import { parseAddress, parseNetwork } from '../schema/address.ts';
import type { Document } from '../schema.ts';

type LinkInput = Document['nodes'][string]['links'][string];

/** What one node has of its own, in long form. */
export function translateNode(input: Document['nodes'][string]): Node {
  return { links: Object.fromEntries(Object.entries(input.links).map(([name, link]) => [name, translateLink(name, link)])) };
}

/** The addresses of a link, with prefix length, in canonical spelling; none of a link that takes them from the network. */
export function staticAddresses({ addresses }: LinkInput): readonly string[] {
  return typeof addresses === 'string' ? [] : addresses.map((address) => canonical(address));
}

/** A NIC as it is compared: MAC and PCI addresses in small letters. */
export function translatePort(value: string): Port {
  const text = value.toLowerCase();
  return text.includes('.') ? { kind: 'pci', pci: text } : { kind: 'mac', mac: text };
}

function translateLink(name: string, input: LinkInput): Link {
  const { addresses, gateway, vlan = null, role, routes, mtu = null } = input;
  return {
    name,
    carrier: carrier(input),
    vlan,
    role,
    addresses: staticAddresses(input),
    dhcp: typeof addresses !== 'string' ? 'no' : addresses === 'dhcp' ? 'yes' : addresses === 'dhcp4' ? 'ipv4' : 'ipv6',
    gateways: [gateway].flat().map(canonical),
    routes: routes.map(({ to, via, metric = null }) => ({ to: canonical(to), via: via === undefined ? null : canonical(via), metric })),
    mtu,
  };
}

function carrier({ mac, pci, bond, mode = '802.3ad', link }: LinkInput): Link['carrier'] {
  if (bond !== undefined) return { kind: 'bond', mode, members: bond.map(translatePort) };
  if (link !== undefined) return { kind: 'link', link };
  return translatePort(mac ?? pci ?? '');
}

/** An address or network in its one spelling; other words (`default`) stay. */
function canonical(value: string): string {
  const network = parseNetwork(value);
  return network === null ? (parseAddress(value)?.text ?? value) : `${network.text}/${network.prefix}`;
}
