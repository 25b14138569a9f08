import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ProbeHost } from '../../appliance/host/probe/reading.ts';
import { probe } from '../../appliance/host/probe.ts';
import { type Capture, replay } from './capture.ts';

const at = (name: string) => `/sys/class/net/${name}`;
const ethernet = (name: string) => ({ [`${at(name)}/type`]: '1\n', [`${at(name)}/address`]: '52:54:00:00:00:01\n' });
const nics = async (files: Capture['files'], more: Partial<Capture> = {}) =>
  (await probe(replay({ folders: { '/sys/class/net': ['eth0'] }, programs: {}, ...more, files }), [])).nics;

const pci = { ...ethernet('eth0'), [`${at('eth0')}/device/uevent`]: 'DRIVER=ixgbe\nPCI_SLOT_NAME=0000:81:00.1\n' };

describe('a NIC', () => {
  test.each([
    ['1\n', 'up\n', true],
    ['0\n', 'down\n', false],
    // the kernel does not say it of one that is not up
    [undefined, 'down\n', false],
    [undefined, 'unknown\n', null],
  ])('whose carrier is %j and whose state is %j has a signal: %s', async (carrier, operstate, has) => {
    const said = { ...(carrier === undefined ? {} : { [`${at('eth0')}/carrier`]: carrier }), [`${at('eth0')}/operstate`]: operstate };
    expect((await nics({ ...pci, ...said }))[0]?.hasCarrier).toBe(has);
  });

  test('says what it is part of', async () => {
    expect((await nics({ ...pci, [`${at('eth0')}/master`]: '../../../../../virtual/net/bond0' }))[0]?.master).toBe('bond0');
    expect((await nics(pci))[0]?.master).toBeNull();
  });

  test('whose firmware says no node has that of the CPUs beside it, if they are of one', async () => {
    const nodes = { '/sys/devices/system/node/node0/cpulist': '0-3\n', '/sys/devices/system/node/node1/cpulist': '4-7\n' };
    const folders = { '/sys/class/net': ['eth0'], '/sys/devices/system/node': ['node0', 'node1'] };
    const nodeBeside = async (cpus: string) => {
      const said = { [`${at('eth0')}/device/numa_node`]: '-1\n', [`${at('eth0')}/device/local_cpulist`]: cpus };
      return (await nics({ ...pci, ...nodes, ...said }, { folders }))[0]?.numaNode;
    };
    expect(await nodeBeside('4-7\n')).toBe(1);
    expect(await nodeBeside('0-7\n')).toBeNull();
    expect(await nodeBeside('\n')).toBeNull();
  });

  test('of another bus is known by the address that ethtool says', async () => {
    const vmbus = { ...ethernet('eth0'), [`${at('eth0')}/device/uevent`]: 'DRIVER=hv_netvsc\nMODALIAS=vmbus:635161f8\n' };
    const bus = '4be0ba07-0c63-4f5d-8f2c-9e2a6b8f2c11';
    const programs = { 'ethtool -i eth0': { exitCode: 0, stdout: `driver: hv_netvsc\nbus-info: ${bus}\n` } };
    expect(await nics(vmbus, { programs })).toMatchObject([{ driver: 'hv_netvsc', pci: null, bus, irqs: [] }]);
    expect(await nics(vmbus)).toMatchObject([{ driver: 'hv_netvsc', pci: null, bus: 'eth0' }]);
  });

  test('of a VMBus has the node of its device', async () => {
    const vmbus = { ...ethernet('eth0'), [`${at('eth0')}/device/uevent`]: 'DRIVER=hv_netvsc\n', [`${at('eth0')}/device/numa_node`]: '1\n' };
    expect((await nics(vmbus))[0]?.numaNode).toBe(1);
  });

  test.each(['-1\n', '0\n', 'fast\n'])('whose speed is %j has none that is known', async (speed) => {
    expect((await nics({ ...pci, [`${at('eth0')}/speed`]: speed }))[0]?.speedMbit).toBeNull();
  });

  test('is asked for with six programs at most, and all NICs side by side', async () => {
    const asked: string[] = [];
    const names = ['eth0', 'eth1'];
    const files = Object.fromEntries(names.flatMap((name) => Object.entries({ ...ethernet(name), [`${at(name)}/device/uevent`]: 'DRIVER=hv_netvsc\n' })));
    let [now, most] = [0, 0];
    const host: ProbeHost = {
      ...replay({ folders: { '/sys/class/net': names }, programs: {}, files }),
      run: async (program, args) => {
        if (program === 'ethtool') asked.push(args.join(' '));
        most = Math.max(most, ++now);
        await setImmediate();
        now--;
        return { exitCode: 0, stdout: args[0] === '--json' ? '[{"ifname":"eth0"}]' : '', stderr: '', timedOut: false };
      },
    };
    await probe(host, []);
    for (const name of names) expect(asked.filter((call) => call.endsWith(name)).length).toBeLessThanOrEqual(6);
    expect(asked).toHaveLength(12);
    expect(most).toBeGreaterThan(6);
  });

  test('of virtio has the interrupts of its virtio device, and those of another are none of its own', async () => {
    const files = {
      ...ethernet('eth0'),
      [`${at('eth0')}/device/uevent`]: 'DRIVER=virtio_net\n',
      [`${at('eth0')}/device/../uevent`]: 'DRIVER=virtio-pci\nPCI_SLOT_NAME=0000:00:03.0\n',
      [`${at('eth0')}/device`]: '../../../virtio2',
      '/proc/interrupts':
        '      CPU0\n 38: 1 PCI-MSI-edge virtio2-input.0\n 39: 1 PCI-MSI-edge virtio2-output.0\n 40: 1 PCI-MSI-edge virtio3-input.0\n',
    };
    const [nic] = await nics(files);
    expect(nic?.irqs.map(({ number, serves }) => `${number} ${serves}`)).toEqual(['38 rx', '39 tx']);
  });
});
