import { number } from '../bounds.ts';
import { gigabyte, inGigabytes } from '../capacity.ts';
import { fastestMbit, type Sysctl } from './entry.ts';

/** Below this much memory, bytes, none is set aside for packets; and the most that is. */
const keptFree = { fromBytes: 16 * gigabyte, mostBytes: gigabyte, fromMbit: 10_000 } as const;

/** The kernel's memory, and where that of HAProxy is. */
export const memory: readonly Sysctl[] = [
  {
    name: '/sys/kernel/mm/transparent_hugepage/enabled',
    formula: '`madvise`, unless it is `never`',
    rule: 'exactly',
    bounds: { kind: 'words', words: ['always', 'madvise', 'never'] },
    why: 'large pages only for who asks for them: making them stops a process for milliseconds, and HAProxy asks for none',
    source: 'tuned latency-performance; kernel Documentation/admin-guide/mm/transhuge.rst',
    usual: 'by distribution, `always` in many',
    risk: 'low',
    scope: 'host',
    wish: ({ original }) => (original === 'never' ? { leave: 'it is never, which is stricter' } : { value: 'madvise' }),
  },
  {
    name: 'kernel.numa_balancing',
    formula: '0 where there are several NUMA nodes and HAProxy has CPUs of its own',
    rule: 'exactly',
    bounds: number(0, 3),
    why: 'the kernel moves no memory after threads that do not move: it would stop them to see what they use',
    source: 'tuned network-latency; mlnx_tune; kernel Documentation/admin-guide/sysctl/kernel.rst',
    usual: '1 with several NUMA nodes; absent in kernels without NUMA',
    risk: 'low',
    scope: 'host',
    wish: ({ hardware, steering }) => {
      if (hardware === null) return 'unknown machine';
      if (hardware.nodes.length < 2) return { leave: 'there is one NUMA node, and so nothing to move' };
      if (!steering.isPinned) return { leave: "HAProxy's threads go where the kernel puts them, and so may their memory" };
      return { value: '0', numbers: `${hardware.nodes.length} NUMA nodes` };
    },
  },
  {
    name: 'vm.min_free_kbytes',
    formula: '1 % of memory, 1 GB at most, from 16 GB of memory and 10 Gbit/s on',
    rule: 'at-least',
    bounds: number(1024, 2 ** 24),
    why: 'a NIC that receives takes memory at once or drops the packet',
    source: 'AWS ENA best practices (1 to 3 % of memory)',
    usual: 'by memory: 48832 with 1 GB, 67584 with 24 GB',
    risk: "medium: what is kept free is nobody's, so it is left on small machines",
    scope: 'host',
    wish: ({ hardware }) => {
      if (hardware === null) return 'unknown machine';
      const { memoryBytes } = hardware;
      const speed = fastestMbit(hardware);
      if (memoryBytes < keptFree.fromBytes) return { leave: `there are ${inGigabytes(memoryBytes)} of memory, less than 16 GB` };
      if (speed === null) return { leave: 'of no NIC is it known that it has 10 Gbit/s' };
      if (speed < keptFree.fromMbit) return { leave: `the fastest NIC has ${speed} Mbit/s, less than 10,000` };
      const bytes = Math.min(memoryBytes / 100, keptFree.mostBytes);
      const most = bytes === keptFree.mostBytes ? ', at most 1 GB' : '';
      return {
        value: `${Math.floor(bytes / 1024)}`,
        numbers: `1 % of ${inGigabytes(memoryBytes)} = ${Math.round(memoryBytes / 100 / 2 ** 20)} MB${most}; a NIC has ${speed} Mbit/s`,
      };
    },
  },
  {
    name: 'vm.swappiness',
    formula: '10; 1 in profile latency',
    rule: 'at-most',
    bounds: number(0, 200),
    why: "connections' memory stays in memory",
    source: 'tuned throughput-performance; HAProxy introduction, 3.4: never swap',
    usual: '60',
    risk: 'low',
    scope: 'host',
    wish: ({ figures }) => ({ value: `${figures.swappiness}`, numbers: figures.why }),
  },
];
