import { number } from '../bounds.ts';
import { count } from '../capacity.ts';
import { guide, ipSysctl, type Sysctl } from './entry.ts';

/** Neighbours from which on their table is made larger. */
const manyNeighbours = 500;

/** Addresses that the machine listens on, answers for, and finds others by. */
export const addresses: readonly Sysctl[] = [
  {
    name: 'net.ipv4.conf.all.arp_announce',
    formula: '2 with virtual addresses',
    rule: 'exactly',
    bounds: number(0, 2),
    why: 'ARP is asked with the best address of the link, never with a virtual address of another link',
    source: `${ipSysctl}; keepalived(8)`,
    usual: '0',
    risk: 'medium: who relied on another address of this machine in ARP does not see it any more',
    scope: 'network',
    wish: forVips('2'),
  },
  {
    name: 'net.ipv4.conf.all.arp_ignore',
    formula: '1 with virtual addresses',
    rule: 'exactly',
    bounds: number(0, 8),
    why: 'a link answers ARP for its own addresses alone',
    source: `${ipSysctl}; keepalived(8)`,
    usual: '0',
    risk: 'medium: an address is not reached by another link any more',
    scope: 'network',
    wish: forVips('1'),
  },
  {
    name: 'net.ipv4.conf.all.rp_filter',
    formula: '2 where connections have addresses that are not of this machine (transparent)',
    rule: 'exactly',
    bounds: number(0, 2),
    why: "packets of clients and servers may come in by another link than this machine's own would leave by",
    source: `${ipSysctl}; RFC 3704`,
    usual: '0, or what the distribution says',
    risk: 'medium: forged addresses of other links are not dropped here',
    scope: 'network',
    wish: ({ demand }) => (demand.isTransparent ? { value: '2' } : { leave: 'connections have addresses of this machine alone' }),
  },
  ...(['ipv4', 'ipv6'] as const).map(nonlocalBind),
  ...([1, 2, 3] as const).map(neighbourThreshold),
];

/** Eight times the kernel's own: 1024, 4096, 8192. */
function neighbourThreshold(number_: 1 | 2 | 3): Sysctl {
  const usual = { 1: 128, 2: 512, 3: 1024 }[number_];
  return {
    name: `net.ipv4.neigh.default.gc_thresh${number_}`,
    formula: `${8 * usual} where the IPv4 networks of its links have room for more than ${manyNeighbours} neighbours`,
    rule: 'at-least',
    bounds: number(1, 2_147_483_647),
    why: {
      1: 'so many neighbours are always remembered',
      2: 'above so many, neighbours are forgotten after seconds',
      3: 'above so many, a machine beside this one cannot be reached ("neighbour table overflow")',
    }[number_],
    source: `bpftune; ${ipSysctl}`,
    usual: `${usual}`,
    risk: 'low',
    scope: 'host',
    wish: ({ demand: { neighbours } }) => {
      if (neighbours === null) return { leave: 'no document says in which networks its links are' };
      const numbers = `room for ${count(neighbours)} in the networks of its links`;
      return neighbours > manyNeighbours ? { value: `${8 * usual}`, numbers } : { leave: `${numbers}: the table suffices` };
    },
  };
}

function forVips(value: string): Sysctl['wish'] {
  return ({ demand }) => (demand.hasVips ? { value } : { leave: 'there are no virtual addresses' });
}

function nonlocalBind(family: 'ipv4' | 'ipv6'): Sysctl {
  return {
    name: `net.${family}.ip_nonlocal_bind`,
    formula: '1 where there are virtual addresses, or binds that name an address',
    rule: 'exactly',
    bounds: number(0, 1),
    why: 'HAProxy listens on addresses that the machine does not hold yet',
    source: guide,
    usual: '0',
    risk: 'low',
    scope: 'network',
    wish: ({ demand }) => {
      if (demand.hasVips) return { value: '1', numbers: 'virtual addresses that the other node may hold' };
      if (demand.bindsAddresses) return { value: '1', numbers: 'addresses of links that come up later' };
      return { leave: 'no bind names an address' };
    },
  };
}
