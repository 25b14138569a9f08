import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { linuxHost } from '../../appliance/host/linux.ts';
import { parseList } from '../../appliance/host/probe/cpu.ts';
import { probe } from '../../appliance/host/probe.ts';
import { knobPaths } from '../../tuning/sysctl.ts';
import { type Capture, replay } from './capture.ts';

function capture(name: string): Capture {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8'));
}

const nothing: Capture = { files: {}, folders: {}, programs: {} };

/** Two sockets of two cores with two threads each, numbered as on the Intel machine of `lscpu -p` below: the second threads come last. */
const sockets: Capture = {
  ...nothing,
  files: {
    '/sys/devices/system/cpu/online': '0-7',
    '/proc/1/status': 'Name:\tsystemd\nCpus_allowed_list:\t0-5,7\n',
    '/sys/devices/system/node/node0/cpulist': '0-1,4-5',
    '/sys/devices/system/node/node1/cpulist': '2-3,6-7',
    '/sys/devices/system/node/node0/meminfo': 'Node 0 MemTotal:       32768 kB\nNode 0 MemFree:           12 kB\n',
    '/sys/devices/system/node/node1/meminfo': 'Node 1 MemTotal:       65536 kB\n',
    ...Object.fromEntries(
      [0, 1, 2, 3, 4, 5, 6, 7].flatMap((id) => [
        [`/sys/devices/system/cpu/cpu${id}/topology/physical_package_id`, `${(id >> 1) & 1}\n`],
        // The kernel numbers cores in each socket anew, and leaves gaps.
        [`/sys/devices/system/cpu/cpu${id}/topology/core_id`, `${(id & 1) * 4}\n`],
        [`/sys/devices/system/cpu/cpu${id}/cache/index3/shared_cpu_list`, id & 2 ? '2-3,6-7\n' : '0-1,4-5\n'],
      ]),
    ),
  },
  folders: { '/sys/devices/system/node': ['has_cpu', 'node0', 'node1', 'online'] },
};

/** A virtio NIC, one on PCI itself that is in a bond (so that its MAC in use is the bond's), a bond, a VLAN and loopback. */
const nics: Capture = {
  files: {
    ...Object.fromEntries(
      ['bond0', 'eth0', 'eth1', 'front', 'ib0'].map((name) => [`/sys/class/net/${name}/type`, name === 'ib0' ? '32\n' : '1\n']),
    ),
    '/sys/class/net/lo/type': '772\n',
    ...Object.fromEntries(['bond0', 'eth0', 'eth1', 'front'].map((name) => [`/sys/class/net/${name}/address`, '52:54:00:00:00:AA\n'])),
    '/sys/class/net/eth0/device/uevent': 'DRIVER=virtio_net\nMODALIAS=virtio:d00000001v00001AF4\n',
    '/sys/class/net/eth0/device/../uevent': 'DRIVER=virtio-pci\nPCI_CLASS=20000\nPCI_SLOT_NAME=0000:00:03.0\n',
    '/sys/class/net/eth0/device/../numa_node': '-1\n',
    '/sys/class/net/eth0/speed': '-1\n',
    '/sys/class/net/eth1/device/uevent': 'DRIVER=ixgbe\nPCI_SLOT_NAME=0000:81:00.1\n',
    '/sys/class/net/eth1/device/numa_node': '1\n',
    '/sys/class/net/eth1/speed': '10000\n',
    '/sys/class/net/ib0/device/uevent': 'DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:82:00.0\n',
  },
  folders: {
    '/sys/class/net': ['bond0', 'eth0', 'eth1', 'front', 'ib0', 'lo'],
    '/sys/class/net/eth1/queues': ['rx-0', 'rx-1', 'tx-0', 'tx-1', 'tx-2'],
  },
  programs: {
    'ip -json -details link show': {
      exitCode: 0,
      stdout: JSON.stringify([
        { ifname: 'lo' },
        { ifname: 'eth0' },
        { ifname: 'eth1', permaddr: 'A0:36:9F:00:00:01' },
        { ifname: 'bond0', linkinfo: { info_kind: 'bond' } },
        { ifname: 'front', linkinfo: { info_kind: 'vlan' } },
      ]),
    },
  },
};

describe('a probe', () => {
  test('numbers cores over all sockets, and leaves out CPUs that services may not use', async () => {
    const { cpus } = await probe(replay(sockets), []);
    expect(cpus.map(({ id, core, socket, node, l3 }) => `${id},${core},${socket},${node},${l3}`)).toEqual([
      '0,0,0,0,0',
      '1,1,0,0,0',
      '2,2,1,1,1',
      '3,3,1,1,1',
      '4,0,0,0,0',
      '5,1,0,0,0',
      '7,3,1,1,1',
    ]);
  });

  test('says how much memory each NUMA node has, and takes a machine without any for one node', async () => {
    const meminfo = { ...nothing, files: { '/proc/meminfo': 'MemTotal:       1024 kB\n' } };
    expect((await probe(replay(sockets), [])).nodes).toEqual([
      expect.objectContaining({ id: 0, memoryBytes: 2 ** 25 }),
      expect.objectContaining({ id: 1, memoryBytes: 2 ** 26 }),
    ]);
    expect((await probe(replay(meminfo), [])).nodes).toEqual([{ id: 0, memoryBytes: 2 ** 20, distances: [10] }]);
  });

  test('finds NICs by their permanent MAC and PCI address, and no devices that documents make', async () => {
    const found = await probe(replay(nics), []);
    const eth0 = { name: 'eth0', mac: '52:54:00:00:00:aa', pci: '0000:00:03.0', driver: 'virtio_net', speedMbit: null, numaNode: null };
    const eth1 = { name: 'eth1', mac: 'a0:36:9f:00:00:01', pci: '0000:81:00.1', driver: 'ixgbe', speedMbit: 10_000, numaNode: 1 };
    expect(found.nics).toMatchObject([
      { ...eth0, queues: null },
      { ...eth1, queues: { rx: 2, tx: 3 } },
    ]);
  });

  test('of a virtual machine with four kinds of NIC, two of them in a bond, finds each one', async () => {
    const found = await probe(replay(capture('qemu-guest')), knobPaths);
    expect(found).toMatchObject({ kernel: '6.12.117+deb13-amd64', virtualization: 'qemu', memoryBytes: 988_004 * 1024, openFiles: 1_073_741_816 });
    expect(found.nodes).toMatchObject([
      { id: 0, memoryBytes: 513_828 * 1024 },
      { id: 1, memoryBytes: 474_176 * 1024 },
    ]);
    // As lscpu said there: two sockets of two cores of two threads, each socket with its cache and its memory.
    expect(found.cpus.map(({ core, socket, node, l3 }) => `${core},${socket},${node},${l3}`)).toEqual(
      ['0,0,0,0', '1,0,0,0', '2,1,1,1', '3,1,1,1'].flatMap((place) => [place, place]),
    );
    expect(found.nics.map(({ name, mac, pci, driver, speedMbit, queues }) => [name, mac, pci, driver, speedMbit, queues?.rx])).toEqual([
      ['back', '52:54:00:00:01:03', '0000:00:12.0', 'virtio_net', null, 1],
      ['front-p0', '52:54:00:00:01:01', '0000:00:10.0', 'e1000e', 1000, 1],
      ['front-p1', '52:54:00:00:01:02', '0000:01:00.0', 'igb', 1000, 8],
      ['mgmt', '52:54:00:00:00:01', '0000:00:04.0', 'virtio_net', null, 1],
      ['spare', '52:54:00:00:01:04', '0000:00:13.0', 'vmxnet3', 1000, 8],
    ]);
  });

  test("takes a container's ends of virtual cables for its NICs", async () => {
    const found = await probe(replay(capture('container')), knobPaths);
    expect(found).toMatchObject({ virtualization: 'systemd-nspawn', openFiles: 20_000, memoryBytes: 24_684_084 * 1024 });
    expect(found.nics.map(({ name, mac, pci, driver }) => [name, mac, pci, driver])).toEqual([
      ['front', '52:54:00:a1:00:02', null, 'veth'],
      ['mgmt', '52:54:00:a1:00:01', null, 'veth'],
    ]);
    expect(found.cpus).toHaveLength(2);
    expect(found.originals['/proc/sys/net/ipv4/ip_local_port_range']).toBe('32768 60999');
  });

  test.each([
    ['bond-active-backup', 'qemu-guest'],
    ['tuning-overrides', 'container'],
  ])('makes the hardware.json of the case %s from the capture %s', async (name, host) => {
    const file = join(import.meta.dirname, '../cases', name, 'hardware.json');
    const made = `${JSON.stringify(await probe(replay(capture(host)), knobPaths), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  });

  test('keeps the first originals of this boot, and says null for what the kernel does not have', async () => {
    const tuned = {
      ...nothing,
      files: {
        '/run/weir/originals': '/proc/sys/net/core/somaxconn\t4096\n',
        '/proc/sys/net/core/somaxconn': '65535\n',
        '/proc/sys/vm/swappiness': '60\n',
      },
    };
    const { originals } = await probe(replay(tuned), ['/proc/sys/vm/swappiness', '/proc/sys/net/core/somaxconn', '/proc/sys/gone']);
    expect(originals).toEqual({ '/proc/sys/gone': null, '/proc/sys/net/core/somaxconn': '4096', '/proc/sys/vm/swappiness': '60' });
  });

  test('of a machine that tells nothing is still one', async () => {
    expect(await probe(replay(nothing), ['/proc/sys/vm/swappiness'])).toEqual({
      version: 1,
      kernel: 'unknown',
      virtualization: 'unknown',
      memoryBytes: 0,
      openFiles: null,
      clocksource: null,
      cpus: [],
      nodes: [{ id: 0, memoryBytes: 0, distances: [10] }],
      nics: [],
      rivals: [],
      originals: { '/proc/sys/vm/swappiness': null },
    });
  });

  test('of this very machine agrees with lscpu', async () => {
    const { stdout } = await execa('lscpu', ['-p=CPU,CORE,SOCKET,NODE']);
    const theirs = stdout.split('\n').filter((line) => !line.startsWith('#'));
    const { cpus, nodes, kernel, memoryBytes } = await probe(linuxHost(), []);
    expect(theirs.map((line) => line.replace(/,$/, ',0'))).toEqual(
      expect.arrayContaining(cpus.map((cpu) => `${cpu.id},${cpu.core},${cpu.socket},${cpu.node}`)),
    );
    expect(cpus.length).toBeGreaterThan(0);
    expect(nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(cpus.map(({ node }) => node)));
    expect(kernel).toBe((await execa('uname', ['-r'])).stdout);
    expect(memoryBytes).toBeGreaterThan(2 ** 20);
  });

  test.each([
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['', []],
    [null, []],
    ['5', [5]],
    // no list of CPUs
    ['0-4000000000,7', [7]],
    ['3-1', []],
  ])('reads the CPU list %j', (text, cpus) => expect(parseList(text)).toEqual(cpus));
});
