import { describe, expect, test } from 'vitest';
import { overruling, readSettings, settings } from '../../../appliance/agent/tuner/settings-file.ts';
import { linkTo, textFile } from '../../../appliance/state/host-state.ts';
import { freshWorld, hostOn } from '../../apply/machine.ts';

const one = (line: string) => readSettings('f', line).map(({ path, value }) => `${path}=${value}`);

describe('a file of sysctl.d', () => {
  test.each([
    ['net.core.somaxconn = 128', ['/proc/sys/net/core/somaxconn=128']],
    ['-net/core/somaxconn=128', ['/proc/sys/net/core/somaxconn=128']],
    ['net/ipv4/conf/eth0.1/rp_filter = 2', ['/proc/sys/net/ipv4/conf/eth0.1/rp_filter=2']],
    ['net.ipv4.conf.eth0/1.rp_filter = 2', ['/proc/sys/net/ipv4/conf/eth0.1/rp_filter=2']],
    ['net.ipv4.tcp_rmem = 4096\t131072  6291456 ', ['/proc/sys/net/ipv4/tcp_rmem=4096 131072 6291456']],
    ['# net.core.somaxconn = 128', []],
    ['; net.core.somaxconn = 128', []],
    ['-net.core.somaxconn', []],
    ['net.ipv4.conf.*.rp_filter = 2', []],
    ['nonsense', []],
  ])('%j', (line, read) => expect(one(line)).toEqual(read));

  const on = freshWorld();
  for (const [path, text] of [
    ['/usr/lib/sysctl.d/50-default.conf', 'net.core.somaxconn = 1\nvm.swappiness = 1\n'],
    ['/run/sysctl.d/90-weir.conf', 'net.core.somaxconn = 65535\nvm.swappiness = 10\n'],
    ['/etc/sysctl.d/99-local.conf', 'vm.swappiness = 60\nkernel.panic = 1\n'],
    ['/usr/lib/sysctl.d/99-local.conf', 'net.core.somaxconn = 7\n'],
    ['/usr/lib/sysctl.d/99-masked.conf', 'net.core.somaxconn = 8\n'],
    ['/etc/sysctl.d/README', 'net.core.somaxconn = 9\n'],
  ] as const)
    on.files.set(path, textFile(text));
  on.files.set('/etc/sysctl.d/99-masked.conf', linkTo('/dev/null'));

  test('wins over those before it by name, and over one of its name in a folder after its own', async () => {
    const all = await settings(hostOn(on));
    expect(all.filter(({ path }) => path.endsWith('somaxconn')).map(({ value }) => value)).toEqual(['1', '65535']);
    expect(all.map(({ file }) => file)).not.toContain('/usr/lib/sysctl.d/99-local.conf');
  });

  test("overrules weir where it comes after weir's own with another value", async () => {
    const wanted = new Map([
      ['/proc/sys/net/core/somaxconn', '65535'],
      ['/proc/sys/vm/swappiness', '10'],
    ]);
    expect(overruling(await settings(hostOn(on)), wanted)).toEqual([
      { file: '/etc/sysctl.d/99-local.conf', path: '/proc/sys/vm/swappiness', value: '60' },
    ]);
  });
});
