import { expect, test } from 'vitest';
import { hardwareText } from '../../appliance/cli/probe.ts';
import { cpu, machine, nic } from '../tuning/machine.ts';
import { weir } from './weir.ts';

const eth4 = nic({ name: 'eth4', mac: 'a0:36:9f:00:00:04', pci: '0000:04:00.1', driver: 'ixgbe', speedMbit: 10_000, numaNode: 0 });

test('a machine is described in a few lines, without what is not known', () => {
  const cpus = [0, 1, 2, 3].map((id) => cpu(id, { core: id & 1 }));
  expect(hardwareText(machine({ cpus, nics: [{ ...eth4, queues: { rx: 4, tx: 4 } }, nic({ name: 'eth0' })] }))).toBe(
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
