import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link, Port } from '../../appliance/config/config.ts';
import { renderNetworkd } from '../../appliance/network/networkd.ts';
import { bootGuest, type Guest } from '../support/qemu.ts';

const port = (number: number): Port => ({ kind: 'mac', mac: `52:54:00:00:01:0${number}` });

function link(name: string, different: Partial<Link>): Link {
  return {
    name,
    carrier: { kind: 'mac', mac: '52:54:00:00:00:01' },
    vlan: null,
    role: 'service',
    addresses: [],
    dhcp: 'no',
    gateways: [],
    routes: [],
    mtu: null,
    ...different,
  };
}

const mgmt = link('mgmt', { role: 'management', addresses: ['10.0.2.15/24'], gateways: ['10.0.2.2'] });
const lacp = { kind: 'bond', mode: '802.3ad', members: [port(1), port(2)] } as const;
const front = link('front', { carrier: lacp, vlan: 120, addresses: ['203.0.113.2/24'], gateways: ['203.0.113.1'] });
const back = link('back', { carrier: { kind: 'pci', pci: '0000:00:12.0' }, mtu: 9000, addresses: ['10.20.0.2/24'] });
const spare = link('spare', { carrier: port(4), dhcp: 'ipv4' });
const links = [mgmt, front, back, spare];

/** Four NICs of four drivers in one network, besides the one that every guest has. */
const nics = [
  ['e1000e', 'addr=0x10'],
  ['igb', 'bus=second'],
  ['virtio-net-pci', 'addr=0x12'],
  ['vmxnet3', 'addr=0x13'],
].flatMap(([driver, place], index) => [
  ...(driver === 'igb' ? ['-device', 'pcie-root-port,id=second,slot=1'] : []),
  ...['-netdev', `hubport,id=nic${index},hubid=1`, '-device', `${driver},netdev=nic${index},mac=52:54:00:00:01:0${index + 1},${place}`],
]);

/** What the kernel says of a device, as far as links decide it. */
interface Shown {
  readonly ifname: string;
  readonly mtu: number;
  readonly master?: string;
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number; readonly mode?: string } };
}

describe('on a machine with real network drivers', () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await bootGuest({ extra: nics });
    await guest.waitFor(/login: /);
  });
  afterAll(() => guest?.remove());

  async function sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await guest.run(['sh', '-euc', script], { timeoutMs: 120_000 });
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  /** Writes what has changed alone, as an apply does. */
  async function lay(wanted: readonly Link[]): Promise<void> {
    const vips = new Map([['front', ['203.0.113.10']]]);
    const files = renderNetworkd({ links: wanted, vips, holdsVips: true, usesDhcpDns: true });
    const writes = [...files].map(([path, text]) => `cat >/tmp/new <<'END'\n${text}END\ncmp -s /tmp/new ${path} || cp /tmp/new ${path}`);
    const removes = `for file in /run/systemd/network/*; do case " ${[...files.keys()].join(' ')} " in *" $file "*) ;; *) rm -f "$file" ;; esac; done`;
    await sh(['mkdir -p /run/systemd/network', ...writes, removes, '/usr/lib/weir/activate networkd'].join('\n'));
  }

  async function devices(): Promise<readonly string[]> {
    const shown = JSON.parse(await sh('ip -j -d link')) as readonly Shown[];
    return shown
      .filter(({ ifname }) => ifname !== 'lo')
      .map(({ ifname, mtu, master, link: parent, linkinfo }) => {
        const { mode, id } = linkinfo?.info_data ?? {};
        return [ifname, mtu, ...(mode ? [mode] : []), ...(id ? [`vlan ${id} on ${parent}`] : []), ...(master ? [`in ${master}`] : [])].join(
          ' ',
        );
      })
      .sort();
  }

  async function addresses(name: string): Promise<string> {
    return (await sh(`ip -o -4 addr show dev ${name}`)).replace(/.*inet (\S+) .*\n/g, '$1 ').trim();
  }

  const settled = (wanted: readonly string[]) => expect.poll(devices, { timeout: 60_000, interval: 1000 }).toEqual(wanted);

  const whole = [
    'back 9000',
    'front 1500 vlan 120 on front-bond',
    'front-bond 1500 802.3ad',
    'front-p0 1500 in front-bond',
    'front-p1 1500 in front-bond',
    'mgmt 1500',
    'spare 1500',
  ];

  test('every NIC gets the name that the document gives it, by MAC or PCI address, and bonds and VLANs stand upon them', async () => {
    await lay(links);
    await settled(whole);
    await expect.poll(() => addresses('front'), { timeout: 60_000 }).toBe('203.0.113.2/24 203.0.113.10/32');
  });

  test('another bond mode, VLAN and MTU come, and go again', async () => {
    await lay(links);
    await settled(whole);
    const other = { ...front, carrier: { ...lacp, mode: 'active-backup' as const }, vlan: 121, mtu: 4000 };
    await lay([mgmt, other, { ...back, mtu: null }, spare]);
    await settled([
      'back 1500',
      'front 4000 vlan 121 on front-bond',
      'front-bond 4000 active-backup',
      'front-p0 4000 in front-bond',
      'front-p1 4000 in front-bond',
      'mgmt 1500',
      'spare 1500',
    ]);
    await lay(links);
    await settled(whole);
    await expect.poll(() => addresses('front'), { timeout: 60_000 }).toBe('203.0.113.2/24 203.0.113.10/32');
  });

  test('a larger MTU comes, and goes again, without making the bond anew', async () => {
    await lay(links);
    await settled(whole);
    const bond = await sh('cat /sys/class/net/front-bond/ifindex');
    await lay([mgmt, { ...front, mtu: 4000 }, back, spare]);
    await settled(whole.map((line) => (line.startsWith('front') ? line.replace('1500', '4000') : line)));
    await lay(links);
    await settled(whole);
    expect(await sh('cat /sys/class/net/front-bond/ifindex')).toBe(bond);
    await expect.poll(() => addresses('front'), { timeout: 60_000 }).toBe('203.0.113.2/24 203.0.113.10/32');
  });

  test("a bond's members become links of their own, under other names, and go back into it", async () => {
    await lay(links);
    await settled(whole);
    await lay([
      mgmt,
      { ...front, carrier: port(1), vlan: null },
      link('other', { carrier: port(2), addresses: ['203.0.114.2/24'] }),
      back,
      spare,
    ]);
    await settled(['back 9000', 'front 1500', 'mgmt 1500', 'other 1500', 'spare 1500']);
    await expect.poll(() => addresses('front'), { timeout: 60_000 }).toBe('203.0.113.2/24 203.0.113.10/32');
    await lay(links);
    await settled(whole);
    await expect.poll(() => addresses('front'), { timeout: 60_000 }).toBe('203.0.113.2/24 203.0.113.10/32');
  });
});
