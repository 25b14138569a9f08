import { number } from '../bounds.ts';
import { count } from '../capacity.ts';
import { guide, left, netSysctl, type Situation, type Sysctl, type Wish } from './entry.ts';

const scaling = 'kernel Documentation/networking/scaling.rst';

/** How packets come from a NIC to a socket. */
export const receive: readonly Sysctl[] = [
  {
    name: 'net.core.busy_poll',
    formula: '50 in profile latency, where interrupts and HAProxy have CPUs apart',
    rule: 'at-least',
    bounds: number(0, 1_000),
    why: 'HAProxy looks at the NIC for so many microseconds before it sleeps',
    source: 'tuned network-latency',
    usual: '0',
    risk: 'medium: CPUs that wait look busy',
    scope: 'host',
    wish: busy,
  },
  {
    name: 'net.core.busy_read',
    formula: '50 in profile latency, where interrupts and HAProxy have CPUs apart',
    rule: 'at-least',
    bounds: number(0, 1_000),
    why: 'a socket that has nothing to read looks at its NIC for so many microseconds',
    source: 'tuned network-latency',
    usual: '0',
    risk: 'medium: CPUs that wait look busy',
    scope: 'host',
    wish: busy,
  },
  left({
    name: 'net.core.default_qdisc',
    bounds: null,
    why: 'only devices that are made later take it up, and nothing here paces what it sends',
    source: `${netSysctl}; ESnet and VyOS (fq)`,
    usual: 'pfifo_fast, or what the distribution says: fq_codel',
    risk: 'medium',
    scope: 'host',
  }),
  left({
    name: 'net.core.dev_weight',
    bounds: number(1, 1_024),
    why: 'one turn of a queue is long enough, and fair to others',
    source: netSysctl,
    usual: '64',
    risk: 'medium',
    scope: 'host',
  }),
  left({
    name: 'net.core.flow_limit_cpu_bitmap',
    bounds: null,
    why: 'it drops packets of large flows when a CPU is behind, which a proxy of few large connections must not',
    source: scaling,
    usual: '0',
    risk: 'low',
    scope: 'host',
  }),
  left({
    name: 'net.core.netdev_budget',
    whenever: 'when the squeezes of /proc/net/softnet_stat grow, to 600',
    bounds: number(64, 10_000),
    why: 'it helps only where the kernel ends its turn with packets left, and others wait longer then',
    source: `${netSysctl}; bpftune`,
    usual: '300',
    risk: 'medium: other work of the CPU waits',
    scope: 'host',
  }),
  left({
    name: 'net.core.netdev_budget_usecs',
    whenever: 'together with netdev_budget',
    bounds: number(1_000, 100_000),
    why: 'as netdev_budget',
    source: netSysctl,
    usual: 'two ticks of the clock, 8000 at 250 Hz',
    risk: 'medium: other work of the CPU waits',
    scope: 'host',
  }),
  {
    name: 'net.core.netdev_max_backlog',
    formula: '10000 where packets are handed to other CPUs (RPS)',
    rule: 'at-least',
    bounds: number(64, 65_536),
    why: 'a burst waits for the CPU it was handed to instead of being dropped',
    source: `${guide}; ${netSysctl}`,
    usual: '1000',
    risk: 'low: what waits in a long queue is late',
    scope: 'host',
    wish: ({ steering }) =>
      steering.usesRps ? { value: '10000' } : { leave: 'no packets are handed to other CPUs (RPS): nothing passes this queue' },
  },
  left({
    name: 'net.core.rps_default_mask',
    bounds: null,
    why: 'each queue of each NIC is planned by itself',
    source: scaling,
    usual: '0',
    risk: 'low',
    scope: 'network',
  }),
  {
    name: 'net.core.rps_sock_flow_entries',
    formula: 'the entries of the table of flows, where they go to the CPU of their reader (RFS)',
    rule: 'at-least',
    bounds: number(0, 2 ** 29),
    why: 'a packet goes to the CPU whose thread reads it',
    source: `${scaling}; perftune (32768)`,
    usual: '0',
    risk: 'low: 4 bytes an entry',
    scope: 'host',
    wish: ({ steering }) =>
      steering.flows > 0
        ? { value: `${steering.flows}`, numbers: `${count(steering.flows)} flows` }
        : { leave: 'packets are not sent to the CPU of their reader (RFS)' },
  },
];

function busy({ figures, steering }: Situation): Wish {
  if (!figures.polls) return { leave: 'waiting costs a CPU that others could use; profile latency does it' };
  return steering.isApart
    ? { value: '50', numbers: figures.why }
    : { leave: 'HAProxy shares CPUs with interrupts: who waits there keeps those from being served' };
}
