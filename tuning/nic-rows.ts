import { longestUsecs } from './coalescing.ts';
import type { Row, RowGroup } from './rows.ts';

type Given = Omit<Row, 'scope' | 'source' | 'covers'>;

/** A row whose keys match; the sources are those of its knobs. */
function row(keys: RegExp, given: Given): Row {
  return { ...given, scope: 'host', source: null, covers: (path) => keys.test(path) };
}

/** What is set for each NIC of the service, and the services that would undo it. `ethtool -L` and the like are what a person would type. */
export const nicGroups: readonly RowGroup[] = [
  {
    title: 'Services that would undo it',
    rows: [
      row(/^service:(?:irqbalance|tuned)$/, {
        title: '`irqbalance`, `tuned`',
        formula: 'stopped where interrupts are planned; run again after a reset',
        rule: 'exactly',
        why: 'the one moves interrupts, the other sets the same values',
        usual: "not in weir's image",
        risk: 'low',
      }),
    ],
  },
  {
    title: 'Queues of a NIC',
    rows: [
      row(/^ethtool:[^/]+\/channels\//, {
        title: 'channels (`ethtool -L`)',
        formula:
          'bare metal: a queue for each CPU that takes its interrupts, at most what it has and what its driver spreads packets over; virtual machine: a queue for each CPU, never fewer than there were',
        rule: 'exactly; on virtual machines at least',
        why: 'a queue is received by one CPU, and a CPU needs no second one',
        usual: 'by driver: as many as CPUs, often one on virtual machines',
        risk: 'medium: its interrupts are made anew, and what goes through it stands still for a moment',
      }),
      row(/^ethtool:[^/]+\/ring\//, {
        title: 'rings (`ethtool -G`)',
        formula:
          "from 10 Gbit/s on: receive 4096, from 40 Gbit/s on 8192, at most what it allows and what 1 % of its node's memory holds; send 1024, from 40 Gbit/s on 2048; what is larger stays",
        rule: 'at least',
        why: 'a burst waits for the CPU instead of being dropped',
        usual: '256 to 2048 by driver',
        risk: 'medium: some drivers start the link anew; memory, 4 kB a descriptor',
      }),
      row(/^ethtool:[^/]+\/rss$/, {
        title: 'table of queues (`ethtool -X`)',
        formula: '`equal` over all queues that there are, from two on',
        rule: 'exactly',
        why: 'no queue is left out once their number has changed',
        usual: 'equal, as the driver starts',
        risk: 'low',
      }),
      row(/^ethtool:[^/]+\/hash\/udp[46]$/, {
        title: 'hash of UDP (`ethtool -N rx-flow-hash`)',
        formula: '`sdfn` (addresses and ports) with HTTP/3',
        rule: 'exactly',
        why: 'connections of one client, or of one router with many behind it, are spread over queues',
        usual: '`sd` (addresses) with many drivers',
        risk: 'low: fragments of a packet may come out of order',
      }),
    ],
  },
  {
    title: 'Interrupts and offloads of a NIC',
    rows: [
      row(/^ethtool:[^/]+\/coalesce\/adaptive-[rt]x$/, {
        title: 'adaptive coalescing (`ethtool -C`)',
        formula: 'kept on where the driver starts with it; profile throughput: on from 10 Gbit/s on; profile latency: off',
        rule: 'exactly',
        why: 'the driver holds interrupts back when much comes, and not when little does',
        usual: 'by driver: on with ena, mlx5, i40e and ice',
        risk: 'low',
      }),
      row(/^ethtool:[^/]+\/coalesce\/[rt]x-usecs$/, {
        title: 'microseconds between interrupts (`ethtool -C`)',
        formula: `where it does not adapt by itself, from 10 Gbit/s on: at most ${longestUsecs}; profile throughput: receive 20 to 64, send 50 to 64; profile latency: receive at most 8`,
        rule: 'at most; exactly in profile throughput',
        why: 'packets that come together are handled together, and none waits so long that it is felt',
        usual: 'by driver',
        risk: 'low: more interrupts, or more time',
      }),
      row(
        /^ethtool:[^/]+\/feature\/(?:generic-receive-offload|generic-segmentation-offload|rx-checksumming|tx-checksumming|scatter-gather|tcp-segmentation-offload)$/,
        {
          title: 'GRO and GSO; TSO, checksums, scatter-gather (`ethtool -K`)',
          formula: 'on: the first two wherever they can be, the others where the driver starts with them',
          rule: 'exactly',
          why: 'packets of a connection are handled together, and the NIC does what the CPU need not',
          usual: 'on; some drivers leave some off for a reason',
          risk: 'low',
        },
      ),
      row(/^ethtool:[^/]+\/feature\/large-receive-offload$/, {
        title: 'LRO (`ethtool -K`)',
        formula: 'off where connections have addresses that are not of this machine (transparent)',
        rule: 'exactly',
        why: 'packets that the NIC merged cannot be sent on',
        usual: 'off; on with some drivers',
        risk: 'low',
      }),
      row(/^ethtool:[^/]+\/feature\/ntuple-filters$/, {
        title: 'flow filters (`ethtool -K`)',
        formula: 'on where interrupts and HAProxy share their CPUs and packets are steered',
        rule: 'exactly',
        why: 'the NIC itself brings a flow to the CPU of its thread',
        usual: 'by driver',
        risk: 'medium: its table may be full, and drivers had defects here',
      }),
      row(/^irq:/, {
        title: 'affinity of each interrupt',
        formula: "one CPU each: queue i to the planned CPU i modulo their number, what is no queue's to the first",
        rule: 'exactly',
        why: "a CPU that is not HAProxy's receives, near the NIC and near HAProxy's cache",
        usual: 'all CPUs, or as irqbalance puts it',
        risk: 'low; some interrupts cannot be moved, which is told',
      }),
      row(/^queue:[^/]+\/tx-\d+\/xps_cpus$/, {
        title: 'XPS (`xps_cpus`)',
        formula: 'queue i for the CPU of its interrupts; on virtual machines only where each CPU has a queue of its own',
        rule: 'exactly',
        why: 'who sends by a queue is who hears that it was sent',
        usual: 'by driver',
        risk: 'low',
      }),
      row(/^queue:[^/]+\/rx-\d+\/rps_cpus$/, {
        title: 'RPS (`rps_cpus`)',
        formula:
          'where a NIC of 10 Gbit/s or more has fewer queues than CPUs planned, on 5 cores or more: the planned CPUs of the same cache, without that of the interrupt and its siblings',
        rule: 'exactly',
        why: 'one CPU cannot receive for many',
        usual: 'none',
        risk: 'medium: packets move between caches',
      }),
      row(/^queue:[^/]+\/rx-\d+\/rps_flow_cnt$/, {
        title: 'RFS (`rps_flow_cnt`)',
        formula: 'with RPS, where interrupts and HAProxy share CPUs: the flows of the machine over its queues, a power of two',
        rule: 'at least',
        why: 'a packet goes to the CPU of the thread that waits for it',
        usual: '0',
        risk: 'low',
      }),
    ],
  },
];
