import { z } from 'zod';
import { quote } from '../problem.ts';
import { address, interfaceAddress, mac, network, pci } from './address.ts';
import { advise, checkedText, integer, linkName, nodeName } from './scalar.ts';

const MAC = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/;
const PCI = /^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{2}:[01][0-9A-Fa-f]\.[0-7]$/;

/** A NIC of a bond, by MAC or PCI address. */
const port = checkedText('a MAC or PCI address', (value) =>
  MAC.test(value) || PCI.test(value)
    ? null
    : advise(`${quote(value)} is neither a MAC nor a PCI address`, 'write 52:54:00:a1:00:01 or 0000:3b:00.0'),
);

const route = z.strictObject({
  to: z.union([z.literal('default'), network()]).describe('The network that is reached this way, or default.'),
  via: address().optional().describe('The router, an address in a subnet of the link; none: directly on the link.'),
  metric: integer(0, 2 ** 32 - 1)
    .optional()
    .describe('Which of several routes to the same network wins: the lowest.'),
});

/** How a link takes its addresses from the network. */
export const DHCP = ['dhcp', 'dhcp4', 'dhcp6'] as const;

const link = z.strictObject({
  mac: mac().optional().describe('The NIC with this MAC address carries the link.'),
  pci: pci().optional().describe('The NIC at this PCI address carries the link.'),
  bond: z
    .array(port)
    .min(1, 'a bond needs at least one NIC')
    .optional()
    .describe('These NICs together carry the link, each by MAC or PCI address.'),
  mode: z
    .enum(['802.3ad', 'active-backup'])
    .optional()
    .describe('How a bond uses its NICs: all by LACP (802.3ad, the default), or one at a time (active-backup).'),
  link: linkName().optional().describe('The link of this node that a VLAN is upon.'),
  vlan: integer(1, 4094).optional().describe('VLAN id: the link is this VLAN upon its NIC, bond or link.'),
  role: z
    .enum(['management', 'service', 'pair'])
    .default('service')
    .describe('What the link is for: administration, traffic, or the connection of the two nodes.'),
  addresses: z
    .union([z.enum(DHCP), z.array(interfaceAddress())], {
      error: (issue) =>
        issue.input === undefined ? undefined : advise('expected dhcp, dhcp4, dhcp6 or a list of addresses', 'write [192.0.2.11/24]'),
    })
    .default([])
    .describe('Addresses with prefix length, or dhcp (dhcp4, dhcp6 for one family alone).'),
  gateway: z
    .union([address(), z.array(address()).max(2, 'one gateway of each family')])
    .default([])
    .describe('The default router, one of each family; the link gets a routing table of its own for its addresses and VIPs.'),
  routes: z.array(route).default([]).describe('Further routes on this link.'),
  mtu: integer(576, 65535).optional().describe('The largest packet in bytes; not below 1280 with IPv6.'),
});

/** The machines that the document describes: one, or a pair. */
export const nodes = z
  .record(
    nodeName(),
    z
      .strictObject({ links: z.record(linkName(), link).describe('Network links by interface name.') })
      .describe('What one machine has of its own.'),
  )
  .describe('The machines by host name, one or two.');
