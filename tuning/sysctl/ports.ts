import { formatPorts, number, parsePorts } from '../bounds.ts';
import { localPortRange } from '../source-ports.ts';
import { guide, ipSysctl, left, type Sysctl } from './entry.ts';

/** The local ports of connections to servers, and what becomes of connections that are over. */
export const ports: readonly Sysctl[] = [
  {
    name: 'net.ipv4.ip_local_port_range',
    formula: `\`${localPortRange}\``,
    rule: 'exactly',
    bounds: { kind: 'numbers', count: 2, min: 1024, max: 65_535, ascending: true },
    why: '64,000 connections to each server address and port instead of 28,232',
    source: guide,
    usual: '32768 60999',
    risk: 'medium: a service that weir does not know of may find its port taken',
    scope: 'network',
    wish: () => ({ value: localPortRange }),
  },
  {
    name: 'net.ipv4.ip_local_reserved_ports',
    formula: 'the ports from 1024 on that binds, statistics, peers and sshd listen on, with those reserved before',
    rule: 'exactly',
    bounds: { kind: 'ports' },
    why: 'a connection to a server never takes the port of a bind, which could then not be bound again',
    source: ipSysctl,
    usual: 'none',
    risk: 'low',
    scope: 'network',
    wish: ({ demand, original }) => {
      const listening = demand.ports.filter((port) => port >= 1024);
      if (listening.length === 0) return { leave: 'nothing listens on a port that a connection to a server could take' };
      return { value: formatPorts([...(parsePorts(original ?? '') ?? []), ...listening]) };
    },
  },
  {
    name: 'net.ipv4.tcp_fin_timeout',
    formula: '30; 25 in profile many-connections',
    rule: 'at-most',
    bounds: number(5, 120),
    why: 'half-closed connections of clients that have gone',
    source: `${guide}: trouble below 25`,
    usual: '60',
    risk: 'low',
    scope: 'network',
    wish: ({ figures }) => ({ value: `${figures.finTimeoutSeconds}`, numbers: figures.why }),
  },
  left({
    name: 'net.ipv4.tcp_max_orphans',
    whenever: 'when the kernel says "too many orphaned sockets"',
    bounds: number(1024, 2_147_483_647),
    why: 'the kernel chooses it by its memory, of which each takes up to 64 kB that cannot be swapped',
    source: ipSysctl,
    usual: 'by memory',
    risk: 'medium: memory',
    scope: 'host',
  }),
  left({
    name: 'net.ipv4.tcp_max_tw_buckets',
    whenever: 'when TCPTimeWaitOverflow grows, to twice as much',
    bounds: number(1024, 2_147_483_647),
    why: 'the kernel chooses it by its memory; a connection that waits takes 256 bytes and harms nobody',
    source: `${ipSysctl}; Vincent Bernat, "Coping with the TCP TIME-WAIT state"`,
    usual: 'by memory: 4096 with 1 GB, 131072 with 24 GB',
    risk: 'low',
    scope: 'network',
  }),
  {
    name: 'net.ipv4.tcp_tw_reuse',
    formula: '1',
    rule: 'exactly',
    bounds: number(0, 2),
    why: 'new connections to servers may take a port whose last connection is over but waits',
    source: `${guide}; ${ipSysctl}`,
    usual: '2, which is on the loopback alone (0 before Linux 4.19); needs tcp_timestamps',
    risk: 'low',
    scope: 'network',
    wish: () => ({ value: '1' }),
  },
];
