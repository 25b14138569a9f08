import { expect, test } from 'vitest';
import { hardwareText } from '../../appliance/cli/probe.ts';
import { weir } from './weir.ts';

const nic = { name: 'eth4', mac: 'a0:36:9f:00:00:04', pci: '0000:04:00.1', driver: 'ixgbe', speedMbit: 10_000, numaNode: 0 };
const machine = {
  version: 1,
  kernel: '6.12.0',
  virtualization: 'none',
  memoryBytes: 8 * 2 ** 30,
  openFiles: null,
  cpus: [0, 1, 2, 3].map((id) => ({ id, core: id & 1, socket: 0, node: 0, l3: 0 })),
  nodes: [{ id: 0, memoryBytes: 8 * 2 ** 30 }],
  originals: {},
} as const;

test('a machine is described in a few lines, without what is not known', () => {
  const unknown = { name: 'eth0', mac: '52:54:00:00:00:01', pci: null, driver: null, speedMbit: null, numaNode: null, queues: null };
  expect(hardwareText({ ...machine, nics: [{ ...nic, queues: { rx: 4, tx: 4 } }, unknown] })).toBe(
    `kernel 6.12.0, bare metal
4 CPUs (2 cores, 1 socket, 1 NUMA node), 8.0 GB of memory
eth4             a0:36:9f:00:00:04  0000:04:00.1  ixgbe  10000 Mbit/s  4 rx and 4 tx queues  NUMA node 0
eth0             52:54:00:00:00:01  no PCI address  unknown driver
`,
  );
});

test('what is printed for scripts is a hardware file, of any machine and without root', async () => {
  const { code, stdout } = await weir('probe', '--json');
  expect({ code, hardware: JSON.parse(stdout) }).toMatchObject({ code: 0, hardware: { version: 1, nodes: [{ id: 0 }] } });
});
