import { number } from '../bounds.ts';
import { count } from '../capacity.ts';
import { guide, ipSysctl, left, type Sysctl } from './entry.ts';

const manyConnections = 10_000;

/** How connections of clients are taken, and what waits to be. */
export const accept: readonly Sysctl[] = [
  {
    name: 'net.core.somaxconn',
    formula: `65535 for ${count(manyConnections)} connections and more, or if their number is not known; else 4096`,
    rule: 'at-least',
    bounds: number(1, 2_147_483_647),
    why: 'accept queue for bursts of new connections; read at listen(), so HAProxy reloads for it',
    source: `${guide}; listen(2)`,
    usual: '4096 (128 before Linux 5.4)',
    risk: 'low',
    scope: 'network',
    wish: ({ maxconn }) => ({
      value: maxconn !== null && maxconn < manyConnections ? '4096' : '65535',
      ...(maxconn === null ? {} : { numbers: `${count(maxconn)} connections` }),
    }),
  },
  left({
    name: 'net.ipv4.tcp_abort_on_overflow',
    bounds: number(0, 1),
    why: 'a client whose SYN is dropped in a burst tries again, one that got a reset does not',
    source: ipSysctl,
    usual: '0',
    risk: 'medium',
    scope: 'network',
  }),
  {
    name: 'net.ipv4.tcp_fastopen',
    formula: '3 where a bind has `tfo`',
    rule: 'at-least',
    bounds: number(0, 0xffff),
    why: 'a bind takes data with the first packet of clients that come again (tfo); servers are given theirs',
    source: ipSysctl,
    usual: '1, which is towards servers alone',
    risk: 'medium: after a failover clients have cookies of the other node, and are asked for a whole handshake once',
    scope: 'network',
    wish: ({ demand }) => (demand.fastOpen ? { value: '3' } : { leave: 'no bind takes data with the first packet (tfo)' }),
  },
  {
    name: 'net.ipv4.tcp_synack_retries',
    formula: '3',
    rule: 'at-most',
    bounds: number(1, 255),
    why: 'half-open connections are given up after 15 s instead of 63',
    source: guide,
    usual: '5',
    risk: 'low',
    scope: 'network',
    wish: () => ({ value: '3' }),
  },
  {
    name: 'net.ipv4.tcp_syncookies',
    formula: '1',
    rule: 'exactly',
    bounds: number(0, 2),
    why: 'a flood of SYNs that fills the queue stops nobody else from connecting',
    source: 'HAProxy doc/linux-syn-cookies.txt',
    usual: '1',
    risk: 'low',
    scope: 'network',
    wish: () => ({ value: '1' }),
  },
  {
    name: 'net.unix.max_dgram_qlen',
    formula: '2048',
    rule: 'at-least',
    bounds: number(1, 1_000_000),
    why: 'log lines wait for rsyslog during a burst instead of being lost; read when its socket is made',
    source: 'unix(7); weir: 20 ms of log lines at 100,000 requests/s, to be measured',
    usual: '10; systemd sets 512 in its own namespace',
    risk: 'low',
    scope: 'network',
    wish: () => ({ value: '2048' }),
  },
];
