import { z } from 'zod';
import { address } from './address.ts';
import { integer, linkName, name, nodeName } from './scalar.ts';

/** VRRP instances by name. */
export const vrrp = z
  .record(
    name(),
    z.strictObject({
      link: linkName().describe('The link, present on both nodes with static addresses, that carries adverts and VIPs.'),
      virtual_router_id: integer(1, 255).describe('Tells the VRRP instances of one network apart (RFC 5798).'),
      advert: z
        .enum(['auto', 'fast', 'normal', 'tolerant'])
        .default('auto')
        .describe('How soon a dead node is noticed; auto chooses by the kind of machine.'),
      prefer: nodeName().optional().describe('The node that holds the VIPs when both are well.'),
    }),
  )
  .default({})
  .describe('VRRP instances, which decide the node that holds VIPs; on one node alone they are not used.');

/** Virtual addresses by name. */
export const vips = z
  .record(
    name(),
    z.strictObject({
      vrrp: name().optional().describe('The VRRP instance that moves the addresses between the nodes.'),
      link: linkName().optional().describe('The link that carries the addresses, on one node without VRRP.'),
      addresses: z.array(address()).min(1, 'a VIP needs an address').describe('The addresses, without prefix length, IPv4 and IPv6.'),
    }),
  )
  .default({})
  .describe('Virtual addresses, which clients connect to.');
