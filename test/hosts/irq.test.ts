import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findIrqs, irqsOf } from '../../appliance/host/probe/irq.ts';
import { readAction } from '../../appliance/host/probe/irq-action.ts';
import { parseInterrupts } from '../../appliance/host/probe/interrupts.ts';
import { type Capture, replay } from './capture.ts';

const folder = join(import.meta.dirname, 'samples');
const samples = readdirSync(folder).filter((name) => name.endsWith('interrupts.txt'));
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');

/** The interfaces that a sample's machine had, as far as their names are needed to tell what is theirs. */
const interfaces: Readonly<Record<string, readonly string[]>> = {
  'i40e-1numa-interrupts.txt': ['eth0', 'eth1', 'eth2', 'eth3'],
  'ixgbe-2numa-interrupts.txt': ['eth0', 'eth1', 'eth2', 'eth3', 'eth4', 'eth5'],
  'mlx5-rssladder-interrupts.txt': ['eth0', 'eth1', 'eth2', 'eth3'],
};

/** What weir makes of a sample, a line for each of its interrupts: whose it is, its role, and the CPUs that it came to. */
function told(name: string): string {
  const known = new Set(interfaces[name]);
  const read = parseInterrupts(textOf(name)).map((interrupt) => ({ interrupt, action: readAction(interrupt.action, known) }));
  const ownerOf = (one: (typeof read)[number]) => {
    const owner = one.action?.owner;
    if (owner === undefined) return '-';
    return owner.kind === 'interface' ? owner.name : owner.kind === 'bus' ? owner.bus : owner.device;
  };
  // of virtio devices, a NIC is one that has queues for receiving
  const isNic = (owner: string) => !/^virtio\d+$/.test(owner) || read.some((one) => ownerOf(one) === owner && one.action?.serves === 'rx');
  const owners = [...new Set(read.map(ownerOf))].filter((owner) => owner !== '-' && isNic(owner));
  const irqs = new Map(
    owners.flatMap((owner) => irqsOf(read.filter((one) => ownerOf(one) === owner)).map((irq) => [irq.number, { owner, irq }] as const)),
  );
  return read
    .map(({ interrupt: { number, action, bus, counts } }) => {
      const found = irqs.get(number);
      const role = found === undefined ? 'no NIC' : [found.owner, found.irq.role, found.irq.serves, found.irq.index].filter((word) => word !== null).join(' ');
      const cpus = [...counts].filter(([, count]) => count > 0).map(([cpu]) => cpu);
      return `${number} ${JSON.stringify(action)} = ${role}${bus === null ? '' : `, at ${bus}`}${cpus.length === 0 ? '' : `, on CPU ${cpus.join(' ')}`}\n`;
    })
    .join('');
}

describe('the interrupts of every sample', () => {
  test('there are samples', () => expect(samples.length).toBeGreaterThan(10));

  test.each(samples)('%s: each line is read, with its role, its queue and its bus address', (name) => {
    const file = join(import.meta.dirname, 'irqs', name);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, told(name));
    expect(told(name)).toBe(readFileSync(file, 'utf8'));
    const numbered = textOf(name).split('\n').filter((line) => /^\s*\d+:/.test(line));
    expect(parseInterrupts(textOf(name))).toHaveLength(numbered.length);
  });

  test('no expectation is without its sample', () => {
    expect(readdirSync(join(import.meta.dirname, 'irqs')).toSorted()).toEqual(samples.toSorted());
    for (const name of Object.keys(interfaces)) expect(existsSync(join(folder, name)), name).toBe(true);
  });
});

describe('an action', () => {
  const known = new Set(['eth0', 'eth6', 'enp4s0f0np0', 'front-p0']);
  test.each([
    // ixgbe, igb, igc, bnxt_en
    ['eth0-TxRx-7', 'eth0', 'queue', 'both', 7],
    ['front-p0-TxRx-7', 'front-p0', 'queue', 'both', 7],
    ['enp4s0f0np0-TxRx-', 'enp4s0f0np0', 'queue', 'both', null],
    ['enp4s0f0np0-TxRx-0', 'enp4s0f0np0', 'queue', 'both', 0],
    // i40e, ice
    ['i40e-eth0-TxRx-12', 'eth0', 'queue', 'both', 12],
    ['i40e_netmap-enp1s0f0-TxRx-0', 'enp1s0f0', 'queue', 'both', 0],
    ['i40e-0000:01:00.1:misc', '0000:01:00.1', 'admin', null, null],
    ['i40e-0000:01:00.1:fdir-TxRx-0', '0000:01:00.1', 'flow director', null, 0],
    ['ice-ens2f1-TxRx-63', 'ens2f1', 'queue', 'both', 63],
    ['ice-ens2f1-TxRx-2-3', 'ens2f1', 'queue', 'both', 2],
    ['ice-0000:65:00.0:ctrl-TxRx-0', '0000:65:00.0', 'admin', null, null],
    ['ice-enp23s0np0-TxRx-0', 'enp23s0np0', 'queue', 'both', 0],
    // mlx5, mlx4
    ['mlx5_comp63@pci:0000:21:00.0', '0000:21:00.0', 'queue', 'both', 63],
    ['mlx5_comp1@pci:0003:21:00.0', '0003:21:00.0', 'queue', 'both', 1],
    ['mlx5_async0@pci:0000:21:00.0', '0000:21:00.0', 'admin', null, null],
    ['mlx5_pages_eq@pci:0000:21:00.0', '0000:21:00.0', 'admin', null, null],
    ['mlx4-3@0000:04:00.0', '0000:04:00.0', 'queue', 'both', 3],
    ['mlx4-comp-3@pci:0000:04:00.0', '0000:04:00.0', 'admin', null, null],
    ['mlx4-async@pci:0000:04:00.0', '0000:04:00.0', 'admin', null, null],
    ['eth6-7', 'eth6', 'queue', 'both', 7],
    // clouds
    ['ens5-Tx-Rx-0', 'ens5', 'queue', 'both', 0],
    ['ena-mgmnt@pci:0000:00:05.0', '0000:00:05.0', 'admin', null, null],
    ['gve-ntfy-blk1@pci:0000:00:04.0', '0000:00:04.0', 'queue', 'both', 1],
    ['gve-mgmnt@pci:0000:00:04.0', '0000:00:04.0', 'admin', null, null],
    ['eth%d-ntfy-block.0', 'eth%d', 'queue', 'both', 0],
    ['mana_q2@pci:7870:00:00.0', '7870:00:00.0', 'queue', 'both', 2],
    ['mana_hwc@pci:7870:00:00.0', '7870:00:00.0', 'admin', null, null],
    // virtual machines
    ['virtio2-input.1', 'virtio2', 'queue', 'rx', 1],
    ['virtio2-output.1', 'virtio2', 'queue', 'tx', 1],
    ['virtio2-config', 'virtio2', 'admin', null, null],
    ['ens192-rxtx-3', 'ens192', 'queue', 'both', 3],
    ['ens192-event-4', 'ens192', 'admin', null, null],
    ['eth0-q2-rx', 'eth0', 'queue', 'rx', 2],
    ['eth0-q2-tx', 'eth0', 'queue', 'tx', 2],
    // others
    ['eth0-rx-0', 'eth0', 'queue', 'rx', 0],
    ['eth0-tx-0', 'eth0', 'queue', 'tx', 0],
    ['eth0-fp-5', 'eth0', 'queue', 'both', 5],
    ['eth0-q3', 'eth0', 'queue', 'both', 3],
    ['eth0', 'eth0', 'queue', 'both', 0],
  ] as const)('%s is of %s: %s', (action, owner, role, serves, index) => {
    const read = readAction(action, known);
    const said = read?.owner;
    expect([said?.kind === 'interface' ? said.name : said?.kind === 'bus' ? said.bus : said?.device, read?.role, read?.serves, read?.index]).toEqual([
      owner,
      role,
      serves,
      index,
    ]);
  });

  test.each(['timer', 'nvme0q1', 'nvme-0', 'virtio4-input', 'virtio3-rx', 'virtio1-req.0', 'virtio0-reporting_vq', 'ahci[0000:02:00.0]', 'PCIe PME,pciehp', 'vmw_vmci', 'isci-msix', 'uhci_hcd:usb4, radeon', ''])(
    '%j is no NIC’s',
    (action) => expect(readAction(action, known)).toBeNull(),
  );

  test('of any text is read without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void readAction(text, known)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseInterrupts(text)));
  });
});

/** A machine with these interrupts, and these vectors in sysfs. */
function capture(interrupts: string, folders: Capture['folders'] = {}, files: Capture['files'] = {}): Capture {
  return { files: { '/proc/interrupts': interrupts, ...files }, folders, programs: {} };
}

const seeker = (name: string, pci: string | null, different: object = {}) => ({
  name,
  pci,
  virtio: null,
  msiFolder: pci === null ? null : `/sys/class/net/${name}/device/msi_irqs`,
  ...different,
});

describe('finding interrupts', () => {
  const lines = `           CPU0       CPU1
 40:  1 0 PCI-MSIX-0000:03:00.0 0-edge      eth0
 41:  1 0 PCI-MSIX-0000:03:00.0 1-edge      eth0-TxRx-0
 42:  1 0 PCI-MSIX-0000:03:00.0 2-edge      eth0-TxRx-1
 43:  1 0 PCI-MSIX-0000:03:00.0 3-edge
 44:  1 0 PCI-MSIX-0000:04:00.0 0-edge      eth1
 45:  1 0 PCI-MSIX-0000:05:00.0 0-edge      newdrv: rings
LOC:  1 2 Local timer interrupts
`;
  const find = async (on: Capture, ...seekers: readonly ReturnType<typeof seeker>[]) =>
    [...(await findIrqs(replay(on), seekers))].map(([name, irqs]) => `${name}: ${irqs.map(({ number, role, index }) => `${number} ${role} ${index}`).join(', ')}`);

  test('takes a bare name for a queue where it is the only one, and leaves out what nobody handles', async () => {
    expect(await find(capture(lines), seeker('eth0', '0000:03:00.0'), seeker('eth1', '0000:04:00.0'))).toEqual([
      'eth0: 40 admin 0, 41 queue 0, 42 queue 1',
      'eth1: 44 queue 0',
    ]);
  });

  test('finds those of a driver never seen by its vectors or its controller', async () => {
    expect(await find(capture(lines), seeker('eth5', '0000:05:00.0'))).toEqual(['eth5: 45 queue 0']);
    const old = lines.replace('PCI-MSIX-0000:05:00.0 0-edge', 'PCI-MSI 2-edge');
    expect(await find(capture(old), seeker('eth5', '0000:05:00.0'))).toEqual(['eth5: ']);
    expect(await find(capture(old, { '/sys/class/net/eth5/device/msi_irqs': ['45', '99'] }), seeker('eth5', '0000:05:00.0'))).toEqual([
      'eth5: 45 queue 0',
    ]);
  });

  test('keeps two interfaces of one device apart', async () => {
    const both = { '/sys/class/net/eth6/device/msi_irqs': ['50', '51'], '/sys/class/net/eth7/device/msi_irqs': ['50', '51'] };
    const text = '    CPU0\n 50: 1 PCI-MSI-edge eth6-0\n 51: 1 PCI-MSI-edge eth7-0\n';
    expect(await find(capture(text, both), seeker('eth6', '0000:03:00.0'), seeker('eth7', '0000:03:00.0'))).toEqual([
      'eth6: 50 queue 0',
      'eth7: 51 queue 0',
    ]);
  });

  test('finds those of an interface that was renamed while it was up, by its vectors or its controller', async () => {
    const text = `    CPU0
 55: 1 PCI-MSIX-0000:42:00.0 0-edge front
 56: 1 PCI-MSIX-0000:42:00.0 1-edge ens11-rx-0
 57: 1 PCI-MSIX-0000:42:00.0 2-edge ens11-tx-0
`;
    const told = ['front: 55 admin 0, 56 queue 0, 57 queue 0'];
    expect(await find(capture(text), seeker('front', '0000:42:00.0'))).toEqual(told);
    const old = text.replaceAll(/PCI-MSIX\S+/g, 'PCI-MSI');
    expect(await find(capture(old), seeker('front', '0000:42:00.0'))).toEqual(['front: 55 queue 0']);
    expect(await find(capture(old, { '/sys/class/net/front/device/msi_irqs': ['55', '56', '57'] }), seeker('front', '0000:42:00.0'))).toEqual(told);
  });

  test('tells two interfaces apart that have taken each other’s names', async () => {
    const text = '    CPU0\n 60: 1 PCI-MSI-edge eth0-TxRx-0\n 61: 1 PCI-MSI-edge eth1-TxRx-0\n';
    const folders = { '/sys/class/net/eth0/device/msi_irqs': ['61'], '/sys/class/net/eth1/device/msi_irqs': ['60'] };
    const both = [seeker('eth0', '0000:03:00.0'), seeker('eth1', '0000:04:00.0')];
    expect(await find(capture(text, folders), ...both)).toEqual(['eth0: 61 queue 0', 'eth1: 60 queue 0']);
    const named = text.replace('PCI-MSI-edge eth0', 'PCI-MSIX-0000:04:00.0 0-edge eth0').replace('PCI-MSI-edge eth1', 'PCI-MSIX-0000:03:00.0 0-edge eth1');
    expect(await find(capture(named), ...both)).toEqual(['eth0: 61 queue 0', 'eth1: 60 queue 0']);
  });

  test('believes names where the vectors that sysfs lists are none that exist', async () => {
    const text = '    CPU0\n 60: 1 PCI-MSI-edge eth0-TxRx-0\n';
    expect(await find(capture(text, { '/sys/class/net/eth0/device/msi_irqs': ['7', '8'] }), seeker('eth0', '0000:03:00.0'))).toEqual(['eth0: 60 queue 0']);
  });

  test('finds those of one interface on two devices where sysfs lists the vectors of both', async () => {
    const text = '    CPU0\n 36: 1 PCI-MSI-edge mlx5_comp0@pci:0000:08:00.0\n 39: 1 PCI-MSI-edge mlx5_comp0@pci:0000:09:00.0\n';
    expect(await find(capture(text), seeker('eth2', '0000:08:00.0'))).toEqual(['eth2: 36 queue 0']);
  });

  test('numbers queues whose names were cut off by their vectors', async () => {
    const text = '    CPU0\n 61: 1 PCI-MSI-edge enp4s0f0np0-TxRx-\n 60: 1 PCI-MSI-edge enp4s0f0np0-TxRx-\n';
    expect(await find(capture(text), seeker('enp4s0f0np0', null))).toEqual(['enp4s0f0np0: 60 queue 0, 61 queue 1']);
  });

  test('reads where they are asked to go, and where they go', async () => {
    const on = capture(lines, {}, { '/proc/irq/44/smp_affinity_list': '0-1\n', '/proc/irq/44/effective_affinity_list': '1\n' });
    const [irq] = (await findIrqs(replay(on), [seeker('eth1', '0000:04:00.0')])).get('eth1') ?? [];
    expect(irq).toMatchObject({ affinity: [0, 1], effective: [1] });
    const [bare] = (await findIrqs(replay(capture(lines)), [seeker('eth1', '0000:04:00.0')])).get('eth1') ?? [];
    expect(bare).toMatchObject({ affinity: null, effective: null });
  });

  test('finds none where the kernel tells of none', async () => {
    expect(await findIrqs(replay({ files: {}, folders: {}, programs: {} }), [seeker('eth0', null)])).toEqual(new Map());
  });
});
