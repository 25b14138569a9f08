import { number } from '../bounds.ts';
import { count, inGigabytes } from '../capacity.ts';
import { fastestMbit, guide, ipSysctl, left, netSysctl, type Situation, type Sysctl, sized, type Wish } from './entry.ts';

const megabyte = 2 ** 20;

/** The most that a connection of a proxy may buffer in one direction, bytes: above it a loss costs more time in one go than it saves. */
const largestWindow = 16 * megabyte;

/** What one client is given at most: its link, in Mbit/s, and the time to it and back, in seconds. */
const client = { mbit: 1_000, seconds: 0.1 } as const;

/** QUIC's largest and smallest default of a socket's buffer, bytes. */
const quicBuffer = { most: 4 * megabyte, least: megabyte } as const;

const triple = { kind: 'numbers', count: 3, min: 1, max: 2_147_483_647, ascending: true } as const;

/** The memory of sockets. */
export const buffers: readonly Sysctl[] = [
  left({
    name: 'net.core.optmem_max',
    bounds: number(1024, 2 ** 30),
    why: 'HAProxy sends no data for which the kernel would need more beside a packet',
    source: netSysctl,
    usual: '131072 (20480 before Linux 6.8)',
    risk: 'low',
    scope: 'network',
  }),
  {
    name: 'net.core.rmem_default',
    formula: 'with HTTP/3: a quarter of memory / `maxconn`, as 1, 2 or 4 MB; left where that is less than 1 MB',
    rule: 'at-least',
    bounds: number(2048, 2 ** 30),
    why: 'HAProxy has a socket for each connection of QUIC, and what UDP receives beyond this is lost: it is not enlarged as TCP is',
    source: 'HAProxy issue 2473',
    usual: '212992',
    risk: 'medium: every UDP socket of the machine may take as much',
    scope: 'host',
    wish: ({ demand, hardware, maxconn }) => {
      if (!demand.quic) return { leave: 'no bind speaks HTTP/3' };
      if (hardware === null) return 'unknown machine';
      return sized(maxconn, (connections) => {
        const share = hardware.memoryBytes / 4 / Math.max(connections, 1);
        const numbers = `a quarter of ${inGigabytes(hardware.memoryBytes)} for ${count(connections)} connections = ${count(Math.floor(share / 1024))} kB each`;
        if (share < quicBuffer.least) return { leave: `${numbers}, less than the 1 MB from which on it helps` };
        return { value: `${Math.min(quicBuffer.most, 2 ** Math.floor(Math.log2(share)))}`, numbers };
      });
    },
  },
  ...(['rmem_max', 'wmem_max'] as const).map(largestBuffer),
  left({
    name: 'net.ipv4.tcp_limit_output_bytes',
    bounds: number(4096, 2 ** 30),
    why: 'it keeps what waits in a NIC short',
    source: ipSysctl,
    usual: '1048576 (4194304 since Linux 6.18)',
    risk: 'low',
    scope: 'network',
  }),
  left({
    name: 'net.ipv4.tcp_mem',
    whenever: 'when the kernel says "TCP: out of memory" or TCPMemoryPressures grows: pages, the last at most a quarter of memory',
    bounds: triple,
    why: 'the kernel chooses it by its memory, and the connections that weir allows leave room for it',
    source: `${ipSysctl}; bpftune (at most 25 %)`,
    usual: 'about 4.7, 6.2 and 9.4 % of memory, in pages',
    risk: 'high: too much takes the memory of HAProxy away',
    scope: 'host',
  }),
  {
    name: 'net.ipv4.tcp_notsent_lowat',
    formula: '131072',
    rule: 'at-most',
    bounds: number(4096, 4_294_967_295),
    why: 'a slow client holds less of the memory of the kernel, and an answer that comes later does not wait behind what is not sent',
    source: 'tuned network-throughput; HAProxy configuration manual, tune.notsent-lowat.client (not in 3.0)',
    usual: '4294967295, which is no limit',
    risk: 'low: a few wake-ups more',
    scope: 'network',
    wish: () => ({ value: '131072' }),
  },
  {
    name: 'net.ipv4.tcp_rmem',
    formula:
      'profile throughput: largest 2 x bandwidth x 100 ms, 16 MB at most; profile many-connections: `4096 16060 262144`, at most; else left',
    rule: 'at-least',
    bounds: triple,
    why: 'what a connection may receive before HAProxy reads it',
    source: `tuned network-throughput; ${guide}; against more: Cloudflare, "Optimizing TCP for high WAN throughput while preserving low latency"`,
    usual: '4096 131072 6291456 (33554432 from about Linux 6.16 on)',
    risk: 'medium: memory, times connections',
    scope: 'network',
    wish: (situation) => window(situation, { low: '4096 16060 262144', least: 4096, usual: 131_072 }),
  },
  {
    name: 'net.ipv4.tcp_wmem',
    formula:
      'profile throughput: largest 2 x bandwidth x 100 ms, 16 MB at most; profile many-connections: `4096 16384 262144`, at most; else left',
    rule: 'at-least',
    bounds: triple,
    why: 'what a connection may hold of an answer that the other side has not confirmed',
    source: `tuned network-throughput; ${guide}`,
    usual: '4096 16384 4194304',
    risk: 'medium: memory, times connections',
    scope: 'network',
    wish: (situation) => window(situation, { low: '4096 16384 262144', least: 4096, usual: 16_384 }),
  },
  left({
    name: 'net.ipv4.udp_mem',
    bounds: triple,
    why: 'the kernel chooses it by its memory',
    source: ipSysctl,
    usual: 'by memory, in pages',
    risk: 'low',
    scope: 'host',
  }),
  left({
    name: 'net.ipv4.udp_rmem_min',
    bounds: number(1, 2_147_483_647),
    why: 'it counts only when the memory of UDP is used up',
    source: ipSysctl,
    usual: '4096',
    risk: 'low',
    scope: 'network',
  }),
];

/** What a socket may ask for, to receive or to send. */
function largestBuffer(name: 'rmem_max' | 'wmem_max'): Sysctl {
  return {
    name: `net.core.${name}`,
    formula: '16 MB with HTTP/3',
    rule: 'at-least',
    bounds: number(4608, 2 ** 30),
    why: 'the most that a socket of QUIC may ask for',
    source: 'HAProxy issue 2473; quic-go: 7.5 MB and more',
    usual: '212992 (4194304 from about Linux 6.16 on)',
    risk: 'low',
    scope: 'host',
    wish: ({ demand }) =>
      demand.quic ? { value: `${largestWindow}` } : { leave: 'no bind speaks HTTP/3, and buffers of TCP do not depend on it' },
  };
}

/** Least, usual and largest buffer of a connection in one direction; the first two stay the kernel's own where only the last is raised. */
function window({ figures, hardware, original }: Situation, known: { low: string; least: number; usual: number }): Wish {
  switch (figures.buffers) {
    case 'kernel':
      return { leave: 'the kernel enlarges it as a connection needs; profiles throughput and many-connections set how far' };
    case 'small':
      return { value: known.low, rule: 'at-most', numbers: figures.why };
    case 'large': {
      const link = Math.min(client.mbit, fastestMbit(hardware) ?? client.mbit);
      const bytes = Math.floor((2 * link * 1e6 * client.seconds) / 8);
      const [least = known.least, usual = known.usual] = original?.split(' ').map(Number) ?? [];
      const most = bytes > largestWindow ? ', at most 16 MB' : '';
      return {
        value: `${least} ${usual} ${Math.max(Math.min(bytes, largestWindow), usual)}`,
        numbers: `${figures.why}: 2 x ${count(link)} Mbit/s x 100 ms = ${(bytes / 1e6).toFixed(1)} MB${most}`,
      };
    }
  }
}
