import { type Bounds, formatPorts, number, parsePorts } from './bounds.ts';
import type { Demand } from './demand.ts';
import { filesFor, pipePagesFor } from './descriptors.ts';
import type { Knob } from './hardware.ts';
import type { ProfileFigures } from './profile.ts';
import { localPortRange } from './source-ports.ts';

/** What a value is computed from. `maxconn` is null where neither the document nor the machine is known to say it. */
export interface Situation {
  readonly figures: ProfileFigures;
  readonly demand: Demand;
  readonly maxconn: number | null;
  /** What the path held when the machine started, white space folded; null when not known. */
  readonly original: string | null;
}

/** What a sysctl should be here and why; or that it is left alone; or that it needs to know the machine. */
export type Wish = { readonly value: string; readonly reason: string } | 'leave' | 'unknown machine';

/** One kernel value that weir may set. */
export interface Sysctl {
  readonly name: string;
  readonly rule: Knob['rule'];
  readonly bounds: Bounds;
  readonly source: string;
  /** A value that means "no limit", and so is above all others. */
  readonly unlimited?: string;
  readonly wish: (situation: Situation) => Wish;
}

const ipSysctl = 'kernel Documentation/networking/ip-sysctl.rst';

const guide = 'HAProxy Enterprise system tuning guide';

const manyConnections = 10_000;

/** Everything that weir may set, sorted by name. Values from profiles' figures carry the profile in their reason. */
export const catalogue: readonly Sysctl[] = [
  {
    name: 'fs.file-max',
    rule: 'at-least',
    bounds: number(1024, Number.MAX_SAFE_INTEGER),
    source: 'kernel Documentation/admin-guide/sysctl/fs.rst',
    wish: ({ maxconn, demand }) =>
      sized(maxconn, (count) => ({
        value: `${powerOfTwo(4 * filesFor(count, demand))}`,
        reason: `four times the files of ${count} connections: never ENFILE`,
      })),
  },
  {
    name: 'fs.nr_open',
    rule: 'at-least',
    bounds: number(1024, 2_147_483_584),
    source: 'HAProxy src/limits.c (maxsock); kernel Documentation/admin-guide/sysctl/fs.rst',
    wish: ({ maxconn, demand }) =>
      sized(maxconn, (count) => ({
        value: `${powerOfTwo(filesFor(count, demand))}`,
        reason: `one process may open the files of ${count} connections, of servers and of binds`,
      })),
  },
  {
    name: 'fs.pipe-user-pages-soft',
    rule: 'at-least',
    bounds: number(0, 2_147_483_647),
    source: 'pipe(7)',
    unlimited: '0',
    wish: ({ maxconn, demand }) =>
      demand.splices
        ? sized(maxconn, (count) => ({
            value: `${Math.max(16_384, pipePagesFor(count, demand))}`,
            reason: 'spliced connections: beyond this HAProxy, which has no privileges, would get pipes of 8 kB',
          }))
        : 'leave',
  },
  {
    name: 'net.core.somaxconn',
    rule: 'at-least',
    bounds: number(1, 2_147_483_647),
    source: `${guide}; listen(2)`,
    wish: ({ maxconn }) =>
      maxconn !== null && maxconn < manyConnections
        ? { value: '4096', reason: `accept queue for ${maxconn} connections; read at listen(), so HAProxy reloads for it` }
        : { value: '65535', reason: 'accept queue for bursts of new connections; read at listen(), so HAProxy reloads for it' },
  },
  {
    name: 'net.ipv4.conf.all.arp_announce',
    rule: 'exactly',
    bounds: number(0, 2),
    source: `${ipSysctl}; keepalived(8)`,
    wish: forVips('2', 'virtual addresses: ARP is asked with the best address of the link, never with a virtual address of another link'),
  },
  {
    name: 'net.ipv4.conf.all.arp_ignore',
    rule: 'exactly',
    bounds: number(0, 8),
    source: `${ipSysctl}; keepalived(8)`,
    wish: forVips('1', 'virtual addresses: a link answers ARP for its own addresses alone'),
  },
  {
    name: 'net.ipv4.conf.all.rp_filter',
    rule: 'exactly',
    bounds: number(0, 2),
    source: `${ipSysctl}; RFC 3704`,
    wish: ({ demand }) =>
      demand.isTransparent
        ? { value: '2', reason: "packets of clients and servers may come in by another link than this machine's own would leave by" }
        : 'leave',
  },
  {
    name: 'net.ipv4.ip_local_port_range',
    rule: 'exactly',
    bounds: { kind: 'numbers', count: 2, min: 1024, max: 65_535, ascending: true },
    source: guide,
    wish: () => ({ value: localPortRange, reason: '64,000 connections to each server address and port instead of 28,232' }),
  },
  {
    name: 'net.ipv4.ip_local_reserved_ports',
    rule: 'exactly',
    bounds: { kind: 'ports' },
    source: ipSysctl,
    wish: ({ demand, original }) => {
      const ports = demand.ports.filter((port) => port >= 1024);
      if (ports.length === 0) return 'leave';
      const kept = parsePorts(original ?? '') ?? [];
      return {
        value: formatPorts([...kept, ...ports]),
        reason: 'a connection to a server never takes the port of a bind, which could then not be bound again',
      };
    },
  },
  {
    name: 'net.ipv4.ip_nonlocal_bind',
    rule: 'exactly',
    bounds: number(0, 1),
    source: guide,
    wish: forBinds,
  },
  {
    name: 'net.ipv4.tcp_fastopen',
    rule: 'at-least',
    bounds: number(0, 0xffff),
    source: ipSysctl,
    wish: ({ demand }) =>
      demand.fastOpen
        ? { value: '3', reason: 'a bind takes data with the first packet of clients that come again (tfo); servers are given theirs' }
        : 'leave',
  },
  {
    name: 'net.ipv4.tcp_fin_timeout',
    rule: 'at-most',
    bounds: number(5, 120),
    source: `${guide}: trouble below 25`,
    wish: ({ figures }) => ({
      value: `${figures.finTimeoutSeconds}`,
      reason: `half-closed connections of clients that have gone (${figures.why})`,
    }),
  },
  {
    name: 'net.ipv4.tcp_synack_retries',
    rule: 'at-most',
    bounds: number(1, 255),
    source: guide,
    wish: () => ({ value: '3', reason: 'half-open connections are given up after 15 s instead of 63' }),
  },
  {
    name: 'net.ipv4.tcp_tw_reuse',
    rule: 'exactly',
    bounds: number(0, 2),
    source: `${guide}; ${ipSysctl}`,
    wish: () => ({ value: '1', reason: 'new connections to servers may take a port whose last connection is over but waits' }),
  },
  {
    name: 'net.ipv6.ip_nonlocal_bind',
    rule: 'exactly',
    bounds: number(0, 1),
    source: guide,
    wish: forBinds,
  },
  {
    name: 'net.unix.max_dgram_qlen',
    rule: 'at-least',
    bounds: number(1, 1_000_000),
    source: 'unix(7); weir: 20 ms of log lines at 100,000 requests/s, to be measured',
    wish: () => ({
      value: '2048',
      reason: 'log lines wait for rsyslog during a burst instead of being lost; read when its socket is made',
    }),
  },
  {
    name: 'vm.swappiness',
    rule: 'at-most',
    bounds: number(0, 200),
    source: 'tuned throughput-performance; HAProxy introduction, 3.4: never swap',
    wish: ({ figures }) => ({ value: `${figures.swappiness}`, reason: `connections' memory stays in memory (${figures.why})` }),
  },
];

/** The path of a sysctl: dots are folders (no name of the catalogue holds an interface's). */
export function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

/** All kernel paths that weir may set: what a probe reads the originals of. */
export const knobPaths: readonly string[] = catalogue.map(({ name }) => sysctlPath(name));

/** The power of two that holds so many files, so that a document with one server more changes nothing; at least the kernel's own 1,048,576. */
function powerOfTwo(files: number): number {
  return Math.max(2 ** 20, 2 ** Math.ceil(Math.log2(files)));
}

function sized(maxconn: number | null, wish: (maxconn: number) => Wish): Wish {
  return maxconn === null ? 'unknown machine' : wish(maxconn);
}

function forVips(value: string, reason: string): Sysctl['wish'] {
  return ({ demand }) => (demand.hasVips ? { value, reason } : 'leave');
}

function forBinds({ demand }: Situation): Wish {
  if (demand.hasVips) return { value: '1', reason: 'HAProxy listens on virtual addresses before this node holds them' };
  return demand.bindsAddresses ? { value: '1', reason: 'HAProxy listens on its addresses before their links are up' } : 'leave';
}
