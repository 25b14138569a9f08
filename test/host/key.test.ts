import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunResult } from '../../appliance/host/host.ts';
import { listOfMask, maskOfList } from '../../appliance/host/key/cpu-mask.ts';
import { type KeyHost, withKeys } from '../../appliance/host/key.ts';
import { formatNumberList } from '../../tuning/number-list.ts';

const igb = '0000:01:00.0';
const virtio = '0000:00:03.0';

/** A machine with an igb, a virtio NIC and loopback; programs answer as told. */
function machine(programs: Readonly<Record<string, Partial<RunResult>>> = {}) {
  const files = new Map<string, string>([
    ['/sys/class/net/eth0/device/uevent', `DRIVER=igb\nPCI_SLOT_NAME=${igb}\n`],
    ['/sys/class/net/eth1/device/uevent', 'DRIVER=virtio_net\nMODALIAS=virtio:d1\n'],
    ['/sys/class/net/eth1/device/../uevent', `DRIVER=virtio-pci\nPCI_SLOT_NAME=${virtio}\n`],
    ['/sys/class/net/eth1/device', '../../../virtio2'],
    [
      '/proc/interrupts',
      `      CPU0 CPU1
 40: 1 1 PCI-MSIX-${igb} 0-edge eth0
 41: 1 1 PCI-MSIX-${igb} 1-edge eth0-TxRx-0
 42: 1 1 PCI-MSIX-${igb} 2-edge eth0-TxRx-1
 50: 1 1 PCI-MSIX-${virtio} 1-edge virtio2-input.0
 51: 1 1 PCI-MSIX-${virtio} 2-edge virtio2-output.0
`,
    ],
    ['/proc/irq/41/smp_affinity_list', '0-3\n'],
    ['/proc/irq/41/effective_affinity_list', '1\n'],
    ['/proc/irq/42/smp_affinity_list', '3\n'],
    ['/proc/irq/42/effective_affinity_list', '2\n'],
    ['/proc/irq/50/smp_affinity_list', '0-1\n'],
    ['/sys/class/net/eth0/queues/rx-0/rps_cpus', '00000001,0000000f\n'],
    ['/sys/class/net/eth0/queues/rx-0/rps_flow_cnt', '0\n'],
    ['/sys/class/net/eth0/queues/tx-0/xps_cpus', '00000000,00000000\n'],
  ]);
  const folders: Readonly<Record<string, readonly string[]>> = {
    '/sys/class/net': ['eth0', 'eth1', 'lo'],
    '/sys/class/net/eth0/queues': ['rx-0', 'tx-0'],
  };
  const asked: string[] = [];
  const base: KeyHost = {
    read: async (path) => {
      const content = files.get(path);
      return content === undefined ? null : { content, mode: 0o644, owner: 'root:root' };
    },
    write: async (path, held) => {
      if (!files.has(path)) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      files.set(path, `${held?.content}`);
    },
    list: async (folder) => folders[folder] ?? null,
    run: async (program, args) => {
      const call = [program, ...args].join(' ');
      asked.push(call);
      return { exitCode: 1, stdout: '', stderr: 'netlink error: Operation not supported', timedOut: false, ...programs[call] };
    },
  };
  const host = withKeys(base);
  const value = async (key: string) => (await host.readKeys([key])).get(key);
  const write = (key: string, content: string) => host.write(key, { content, mode: 0o644, owner: 'root:root' });
  return { files, asked, host, value, write };
}

const rings = { exitCode: 0, stdout: '[{"ifname":"eth0","rx-max":4096,"tx-max":4096,"rx":256,"tx":512}]' };

describe('a key', () => {
  test.each([
    // asked to go anywhere, goes to one: as asked
    [`irq:${igb}/0`, '0-3'],
    // asked to go to 3, and goes to 2 until it comes once more
    [`irq:${igb}/1`, '3'],
    [`irq:${igb}/2`, null],
    // its affinity cannot be read
    [`irq:${igb}/admin-0`, null],
    [`irq:${virtio}/rx-0`, '0-1'],
    [`queue:${igb}/rx-0/rps_cpus`, '0-3,32'],
    [`queue:${igb}/rx-0/rps_flow_cnt`, '0'],
    [`queue:${igb}/tx-0/xps_cpus`, ''],
    [`queue:${igb}/tx-1/xps_cpus`, null],
    [`queue:${igb}/../../../../etc/passwd`, null],
    ['irq:0000:99:00.0/0', null],
    ['service:irqbalance', null],
  ])('%s holds %j', async (key, held) => expect(await machine().value(key)).toBe(held));

  test('of an interrupt is written to its number of now', async () => {
    const { files, write } = machine();
    await write(`irq:${igb}/1`, '0');
    expect(files.get('/proc/irq/42/smp_affinity_list')).toBe('0');
    files.set('/proc/interrupts', `${files.get('/proc/interrupts')}`.replace(' 42:', ' 77:'));
    files.set('/proc/irq/77/smp_affinity_list', '0-3');
    await write(`irq:${igb}/1`, '1');
    expect(files.get('/proc/irq/77/smp_affinity_list')).toBe('1');
  });

  test('of CPUs of a queue is written as a mask', async () => {
    const { files, write } = machine();
    await write(`queue:${igb}/rx-0/rps_cpus`, '1,33-34');
    expect(files.get('/sys/class/net/eth0/queues/rx-0/rps_cpus')).toBe('00000006,00000002');
  });

  test('of what is gone cannot be written: its errno says why', async () => {
    const { write } = machine();
    await expect(write('ethtool:0000:99:00.0/ring/rx', '1')).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(write(`irq:${igb}/7`, '1')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(write(`queue:${igb}/tx-9/xps_cpus`, '1')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(write(`queue:${igb}/rx-0/../../mtu`, '1')).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('and further ones of one NIC are read by one question for each flag', async () => {
    const { host, asked } = machine({ 'ethtool --json -g eth0': rings });
    const keys = [
      `ethtool:${igb}/ring/rx`,
      `ethtool:${igb}/ring/tx`,
      `ethtool:${igb}/coalesce/rx-usecs`,
      `ethtool:${igb}/coalesce/tx-usecs`,
    ];
    expect([...(await host.readKeys(keys)).values()]).toEqual(['256', '512', null, null]);
    expect(asked).toEqual(['ethtool --json -g eth0', 'ethtool --json -c eth0']);
  });
});

describe('a field of ethtool', () => {
  const coalescing = { exitCode: 0, stdout: '[{"ifname":"eth0","adaptive-rx":true,"rx-usecs":3}]' };
  const programs = {
    'ethtool --json -g eth0': rings,
    'ethtool --json -c eth0': coalescing,
    'ethtool -l eth0': { exitCode: 0, stdout: 'Pre-set maximums:\nCombined: 8\nCurrent hardware settings:\nCombined: 4\n' },
    'ethtool --json -k eth0': {
      exitCode: 0,
      stdout: '[{"ifname":"eth0","generic-receive-offload":{"active":true,"fixed":false},"hw-tc-offload":{"active":false,"fixed":true}}]',
    },
    'ethtool --json -x eth0': { exitCode: 0, stdout: '[{"rss-indirection-table":[0,1,2,3,0,1,2,3]}]' },
    'ethtool -n eth0 rx-flow-hash udp4': {
      exitCode: 0,
      stdout: 'UDP over IPV4 flows use these fields for computing Hash flow key:\nIP SA\nIP DA\nL4 bytes 0 & 1 [TCP/UDP src port]\n',
    },
  };

  test.each([
    ['channels/combined', '4'],
    ['ring/tx', '512'],
    ['coalesce/adaptive-rx', 'on'],
    ['coalesce/rx-frames', null],
    ['feature/generic-receive-offload', 'on'],
    ['feature/no-such', null],
    ['rss', 'equal 4'],
    ['hash/udp4', 'sdf'],
    ['hash/; rm', null],
    ['firmware/x', null],
  ])('%s holds %j', async (field, held) => expect(await machine(programs).value(`ethtool:${igb}/${field}`)).toBe(held));

  test.each([
    ['channels/combined', '2', 'ethtool -L eth0 combined 2'],
    ['ring/rx', '1024', 'ethtool -G eth0 rx 1024'],
    ['coalesce/adaptive-rx', 'off', 'ethtool -C eth0 adaptive-rx off'],
    ['feature/large-receive-offload', 'off', 'ethtool -K eth0 large-receive-offload off'],
    ['rss', 'equal 2', 'ethtool -X eth0 equal 2'],
    ['rss', 'other', 'ethtool -X eth0 default'],
    ['hash/udp4', 'sdfn', 'ethtool -N eth0 rx-flow-hash udp4 sdfn'],
  ])('%s is set to %s by %s', async (field, content, call) => {
    const { asked, write } = machine({ ...programs, [call]: { exitCode: 0 } });
    await write(`ethtool:${igb}/${field}`, content);
    expect(asked.at(-1)).toBe(call);
  });

  test.each([
    [{ exitCode: 80 }, null],
    [{ exitCode: 81 }, 'EOPNOTSUPP'],
    [{ exitCode: null, stderr: 'spawn ethtool ENOENT' }, 'EOPNOTSUPP'],
    [{ exitCode: 1, stderr: 'netlink error: Device or resource busy\n' }, 'EBUSY'],
    [
      { exitCode: 1, stderr: 'netlink error: requested channel count exceeds maximum (offset 36)\nnetlink error: Invalid argument' },
      'ERANGE',
    ],
    [{ exitCode: 1, stderr: 'Cannot set device ring parameters: Operation not supported' }, 'EOPNOTSUPP'],
    [{ exitCode: 1, stderr: 'netlink error: No such device' }, 'ENODEV'],
    [{ exitCode: 1, stderr: '' }, 'EINVAL'],
  ])('of which ethtool says %j is refused with %s', async (answer, code) => {
    const { write } = machine({ 'ethtool -G eth0 rx 1024': answer });
    const written = write(`ethtool:${igb}/ring/rx`, '1024');
    if (code === null) await written;
    else await expect(written).rejects.toMatchObject({ code });
  });

  test('that would leave a table with queues that are gone has the table go back to its driver’s first', async () => {
    const call = 'ethtool -L eth0 combined 2';
    const low = 'netlink error: requested channel counts are too low for existing indirection table (4)\nnetlink error: Invalid argument';
    const { asked, write } = machine({ [call]: { exitCode: 1, stderr: low }, 'ethtool -X eth0 default': { exitCode: 0 } });
    await expect(write(`ethtool:${igb}/channels/combined`, '2')).rejects.toMatchObject({ code: 'EINVAL' });
    expect(asked.filter((each) => /^ethtool -[LX]/.test(each))).toEqual([call, 'ethtool -X eth0 default', call]);
  });

  test('that its driver does not have is not asked of it', async () => {
    const { write, asked } = machine(programs);
    await expect(write(`ethtool:${igb}/coalesce/tx-usecs`, '1')).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
    expect(asked).not.toContain('ethtool -C eth0 tx-usecs 1');
  });

  test('is one of all that can be set of a NIC, what is fixed left out', async () => {
    expect((await machine(programs).host.keysOf(igb)).map((key) => key.replace(igb, 'B'))).toEqual([
      'irq:B/admin-0',
      'irq:B/0',
      'irq:B/1',
      'queue:B/rx-0/rps_cpus',
      'queue:B/rx-0/rps_flow_cnt',
      'queue:B/tx-0/xps_cpus',
      'ethtool:B/channels/combined',
      'ethtool:B/ring/rx',
      'ethtool:B/ring/tx',
      'ethtool:B/coalesce/adaptive-rx',
      'ethtool:B/coalesce/rx-usecs',
      'ethtool:B/feature/generic-receive-offload',
      'ethtool:B/rss',
    ]);
    expect(await machine(programs).host.keysOf('0000:99:00.0')).toEqual([]);
  });
});

describe('a service', () => {
  const shown = 'systemctl show --property=LoadState,ActiveState irqbalance.service';
  test.each([
    ['LoadState=loaded\nActiveState=active\n', 'active'],
    ['LoadState=loaded\nActiveState=failed\n', 'inactive'],
    ['LoadState=masked\nActiveState=inactive\n', 'inactive'],
    ['LoadState=not-found\nActiveState=inactive\n', null],
  ])('of which systemd says %j is %s', async (stdout, held) => {
    expect(await machine({ [shown]: { exitCode: 0, stdout } }).value('service:irqbalance')).toBe(held);
  });

  test('is stopped so that nothing starts it in this boot, and let run again', async () => {
    const calls = ['mask --runtime irqbalance', 'stop irqbalance', 'unmask --runtime irqbalance', 'start irqbalance'].map(
      (call) => `systemctl ${call}`,
    );
    const { write, asked } = machine(Object.fromEntries(calls.map((call) => [call, { exitCode: 0 }])));
    await write('service:irqbalance', 'inactive');
    await write('service:irqbalance', 'active');
    expect(asked).toEqual(calls);
    await expect(machine().write('service:irqbalance', 'inactive')).rejects.toMatchObject({ code: 'EPERM' });
  });
});

describe('a mask of CPUs', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1023 })), (cpus) => {
        const list = formatNumberList(cpus);
        expect(listOfMask(maskOfList(list))).toBe(list);
      }),
    );
  });

  test.each(['', '0x3', 'g', '1,2', '00000001,0001'])('is not %j', (text) => expect(listOfMask(text)).toBeNull());
});
