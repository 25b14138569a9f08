import { describe, expect, test } from 'vitest';
import { hardwareText } from '../../appliance/cli/hardware-text.ts';
import type { Irq } from '../../tuning/hardware.ts';
import { cpu, machine, nic } from '../tuning/machine.ts';
import { sampleIrqs, sampleNic } from '../tuning/samples.ts';

const irq = (number: number, different: Partial<Irq> = {}): Irq => ({
  number,
  action: `eth4-TxRx-${number}`,
  role: 'queue',
  serves: 'both',
  index: number - 60,
  affinity: [0, 1],
  effective: [number - 60],
  ...different,
});

/** Two sockets with cores of two kinds, and a NIC of which everything is known. */
const known = machine({
  cpus: [0, 1, 2, 3].map((id) =>
    cpu(id, {
      core: id >> 1,
      socket: id >> 1,
      node: id >> 1,
      l3: id >> 1,
      kind: id < 2 ? 'performance' : 'efficiency',
      isIsolated: id === 3,
      governor: id === 0 ? 'powersave' : 'performance',
    }),
  ),
  nodes: [
    { id: 0, memoryBytes: 4 * 2 ** 30, distances: [10, 21] },
    { id: 1, memoryBytes: 0, distances: [] },
  ],
  rivals: ['irqbalance', 'NetworkManager'],
  nics: [
    nic({
      ...sampleNic({
        l: 'ixgbe-ethtool-l-p2p1.txt',
        g: 'ixgbe-2numa-ethtool-g-eth2.txt',
        c: 'i40e-1numa-ethtool-c-eth0.txt',
        k: 'ice-e810-2numa-ethtool-k-em1.txt',
        x: 'hv_netvsc-ethtool-x-eth0.txt',
      }),
      name: 'eth4',
      mac: 'a0:36:9f:00:00:04',
      pci: '0000:04:00.1',
      driver: 'ixgbe',
      hasCarrier: true,
      speedMbit: 10_000,
      master: 'bond0',
      numaNode: 0,
      queues: { rx: 2, tx: 2 },
      irqs: [
        irq(60),
        irq(61),
        irq(62, { role: 'admin', serves: null, effective: null }),
        irq(63, { role: 'flow director', affinity: null, effective: null }),
      ],
    }),
    nic({ name: 'enp1s0f0np0v127', bus: '4be0ba07-0c63-4f5d-8f2c-9e2a6b8f2c11', driver: 'hv_netvsc', hasCarrier: false }),
  ],
});

describe('the text of a machine', () => {
  test('tells all that is known of it, each fact in its line', () => {
    expect(hardwareText(known)).toBe(`kernel          6.12.0, bare metal, time from tsc
CPUs            4 (0-3), 2 cores, 2 sockets, 2 NUMA nodes
kinds           performance 0-1, efficiency 2-3
shared L3       [0-1], [2-3]
isolated        3
governor        powersave on 0, performance on 1-3
memory          8.0 GB
node 0          CPUs 0-1, 4.0 GB, distances 10 21
node 1          CPUs 2-3
files           1048576 open in a program at most
rivals          irqbalance, NetworkManager

eth4            ixgbe, 0000:04:00.1, a0:36:9f:00:00:04
  link          has a signal, 10 Gbit/s, part of bond0, NUMA node 0
  queues        2 rx, 2 tx
  channels      other 1 of 1, combined 1 of 63
  rings         rx 4096 of 4096, tx 512 of 4096
  coalescing    adaptive-rx on, adaptive-tx on, rx-usecs 25, rx-frames 0,
                tx-usecs 25, tx-frames 0
  offloads      rx on, tx on, sg on, tso on, gso on, gro on,
                rx-gro-hw off (fixed), lro off (fixed), rxhash on, ntuple on
  RSS table     40 slots, queues 0-1
  interrupts    queue 60-61 on CPU 0-1, admin 62 on CPU 0-1, flow director 63

enp1s0f0np0v127 hv_netvsc, 4be0ba07-0c63-4f5d-8f2c-9e2a6b8f2c11,
                52:54:00:00:00:01
  link          no signal
`);
  });

  test('leaves out what is not known', () => {
    const unknown = machine({
      cpus: [],
      nodes: [{ id: 0, memoryBytes: 0, distances: [10] }],
      memoryBytes: 0,
      clocksource: null,
      openFiles: null,
    });
    expect(
      hardwareText({ ...unknown, virtualization: 'docker', nics: [nic({ name: 'eth0' })] }),
    ).toBe(`kernel          6.12.0, container (docker)
CPUs            not known

eth0            unknown driver, no PCI address, 52:54:00:00:00:01
`);
  });

  test('has at most 80 columns, whatever the machine has', () => {
    const many = Array.from({ length: 256 }, (_, id) => cpu(id, { core: id % 128, l3: id % 32, node: id % 8, governor: 'schedutil' }));
    const nics = [nic({ name: 'eth4', irqs: sampleIrqs('ixgbe-2numa-interrupts.txt', 'eth2') }), ...known.nics];
    const lines = hardwareText({ ...known, cpus: many, nics }).split('\n');
    // one word that cannot be broken: the CPUs of a node whose numbers have none beside them
    for (const line of lines.filter((one) => !/\d+,\d+,\d+,\d+,\d+/.test(one))) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('holds no control characters of what somebody else named', () => {
    expect(hardwareText(machine({ nics: [nic({ name: 'eth0', driver: 'e\u001b[2Jvil' })] }))).toContain('e?[2Jvil');
  });
});
