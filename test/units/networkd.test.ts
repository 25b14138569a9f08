import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link } from '../../appliance/config/config.ts';
import { type NetworkInput, renderNetworkd } from '../../appliance/network/networkd.ts';
import { type Container, startContainer } from '../support/container.ts';
import type { Answer } from '../support/root.ts';

const mgmt: Link = {
  name: 'mgmt',
  carrier: { kind: 'mac', mac: '52:54:00:a1:00:01' },
  vlan: null,
  role: 'management',
  addresses: ['192.0.2.11/24'],
  dhcp: 'no',
  gateways: ['192.0.2.1'],
  routes: [],
  mtu: null,
};
const front: Link = {
  ...mgmt,
  name: 'front',
  carrier: { kind: 'mac', mac: '52:54:00:a1:00:02' },
  role: 'service',
  addresses: ['203.0.113.2/24', '2001:db8:1::2/64'],
  gateways: ['203.0.113.1', '2001:db8:1::1'],
};
const single: NetworkInput = {
  links: [mgmt, front],
  vips: new Map([['front', ['203.0.113.10', '2001:db8:1::10']]]),
  holdsVips: true,
  usesDhcpDns: true,
};

/** A client that is on neither link: what it gets back must come through the gateway that its question came through. */
const clients = ['198.51.100.7', '2001:db8:9::7'] as const;

/** Two gateways in one machine that drops whatever comes in by another way than it would answer by (RFC 3704, strict). */
const gateways = `
  for bridge in mgmt-sw front-sw; do ip link add $bridge up type bridge mcast_snooping 0; done
  ip addr add 192.0.2.1/24 dev mgmt-sw
  ip addr add 203.0.113.1/24 dev front-sw
  ip addr add 2001:db8:1::1/64 dev front-sw nodad
  ip addr add ${clients[0]}/32 dev lo
  ip addr add ${clients[1]}/128 dev lo nodad
  for name in all mgmt-sw front-sw; do echo 1 >/proc/sys/net/ipv4/conf/$name/rp_filter; done
`;

/** A VRRP instance that waits a minute before it would become master. */
const backup = `vrrp_instance site {
  state BACKUP
  interface front
  virtual_router_id 51
  priority 253
  advert_int 20
  version 3
  unicast_src_ip 203.0.113.2
  unicast_peer { 203.0.113.3 }
  virtual_ipaddress { 203.0.113.10/32 }
  virtual_ipaddress_excluded { 2001:db8:1::10/128 }
}
`;

describe('on a booted machine, networkd', () => {
  let box: Container;

  beforeAll(async () => {
    box = await startContainer({
      links: [
        { name: 'mgmt', mac: '52:54:00:a1:00:01', bridge: 'mgmt-sw' },
        { name: 'front', mac: '52:54:00:a1:00:02', bridge: 'front-sw' },
      ],
    });
    expect(await sh(box.world.run, gateways.replace(/ip link add.*;/, 'ip link set $bridge up;'))).toBe('');
    expect(await sh(box.run, 'nft flush ruleset')).toBe('');
  });
  afterAll(() => box?.stop());

  /** Runs shell text; what it wrote, which is empty when all went well and nothing was asked. */
  async function sh(run: Container['run'], script: string): Promise<string> {
    const { code, stdout, stderr }: Answer = await run(['sh', '-euc', script], { timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  async function lay(input: NetworkInput): Promise<void> {
    const files = [...renderNetworkd(input)].map(([path, text]) => `cat >${path} <<'END'\n${text}END`);
    await sh(box.run, ['mkdir -p /run/systemd/network; rm -f /run/systemd/network/*', ...files].join('\n'));
    await sh(box.run, '/usr/lib/weir/activate networkd');
  }

  async function settled<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
    await expect.poll(ask, { timeout: 15_000, interval: 200 }).toEqual(wanted);
  }

  async function addresses(link: string): Promise<readonly string[]> {
    const shown = JSON.parse(await sh(box.run, `ip -j addr show dev ${link}`)) as {
      addr_info: { local: string; prefixlen: number; scope: string }[];
    }[];
    return (shown[0]?.addr_info ?? []).filter(({ scope }) => scope === 'global').map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  }

  test('sets up static addresses and VIPs, and nothing else', async () => {
    await lay(single);
    await settled(() => addresses('front'), ['203.0.113.2/24', '203.0.113.10/32', '2001:db8:1::10/128', '2001:db8:1::2/64']);
    await settled(() => addresses('mgmt'), ['192.0.2.11/24']);
  });

  test('answers each client through the gateway of the address that it asked', async () => {
    await lay(single);
    await settled(() => addresses('mgmt'), ['192.0.2.11/24']);
    for (const address of ['192.0.2.11', '203.0.113.2', '203.0.113.10']) {
      const { code, stdout } = await box.world.run(['ping', '-n', '-c', '2', '-W', '2', '-I', clients[0], address]);
      expect(code, stdout).toBe(0);
    }
    for (const address of ['2001:db8:1::2', '2001:db8:1::10']) {
      const { code, stdout } = await box.world.run(['ping', '-6', '-n', '-c', '2', '-W', '2', '-I', clients[1], address]);
      expect(code, stdout).toBe(0);
    }
  });

  test('lets what the machine begins leave by the service link, from its own address and never from a VIP', async () => {
    await lay(single);
    await settled(
      async () => (await sh(box.run, `ip route get ${clients[0]}`)).replace(/ uid.*/s, ''),
      `${clients[0]} via 203.0.113.1 dev front src 203.0.113.2`,
    );
    const to6 = await sh(box.run, `ip route get ${clients[1]}`);
    expect(to6).toContain('via 2001:db8:1::1 dev front');
    expect(to6).toContain('src 2001:db8:1::2 ');
  });

  test('takes away what a new document no longer has, and puts it back', async () => {
    await lay(single);
    const before = await state();
    await lay({ ...single, links: [mgmt, { ...front, addresses: ['203.0.113.4/24'], gateways: [], mtu: 1400 }], vips: new Map() });
    await settled(() => addresses('front'), ['203.0.113.4/24']);
    await settled(async () => (await sh(box.run, 'ip -6 rule')).includes('2001:db8:1'), false);
    await settled(async () => (await sh(box.run, 'ip route show table all')).includes('203.0.113.1 '), false);
    await settled(async () => (await sh(box.run, 'cat /sys/class/net/front/mtu')).trim(), '1400');
    await lay(single);
    await settled(state, before);
  });

  test('leaves the VIPs of a single node to keepalived when it becomes one of a pair', async () => {
    await lay(single);
    await settled(async () => (await addresses('front')).length, 4);
    await lay({ ...single, holdsVips: false });
    await sh(box.run, `cat >/tmp/keepalived.conf <<'END'\n${backup}END\nkeepalived -f /tmp/keepalived.conf -p /tmp/k.pid -r /tmp/k2.pid`);
    await settled(() => addresses('front'), ['203.0.113.2/24', '2001:db8:1::2/64']);
    await sh(box.run, 'kill $(cat /tmp/k.pid); while [ -e /tmp/k.pid ]; do sleep 0.1; done');
  });

  test('keeps the VIPs that keepalived added when it reloads and when it restarts', async () => {
    await lay({ ...single, holdsVips: false });
    await sh(box.run, 'ip addr add 203.0.113.10/32 dev front; ip -6 addr add 2001:db8:1::10/128 dev front nodad preferred_lft 0');
    const held = await addresses('front');
    await sh(box.run, 'echo "#" >>/run/systemd/network/30-front.network; networkctl reload; sleep 2');
    expect(await addresses('front')).toEqual(held);
    await sh(box.run, 'systemctl restart systemd-networkd; sleep 3');
    expect(await addresses('front')).toEqual(held);
    expect((await box.world.run(['ping', '-n', '-c', '1', '-W', '2', '-I', clients[0], '203.0.113.10'])).code).toBe(0);
  });

  test('understands every line of every kind of link', async () => {
    const port = (mac: string) => ({ kind: 'mac', mac }) as const;
    const bond = { kind: 'bond', mode: 'active-backup', members: [port('52:54:00:a1:00:03'), port('52:54:00:a1:00:04')] } as const;
    const lacp = { ...bond, mode: '802.3ad', members: [{ kind: 'pci', pci: '0000:3b:00.0' }, port('52:54:00:a1:00:06')] } as const;
    const links: readonly Link[] = [
      {
        ...mgmt,
        routes: [
          { to: '10.0.0.0/8', via: '192.0.2.254', metric: 50 },
          { to: '10.9.0.0/16', via: null, metric: null },
        ],
      },
      { ...front, carrier: bond, vlan: 120, gateways: ['198.51.100.1', 'fe80::1'] },
      { ...mgmt, name: 'back', carrier: lacp, mtu: 9000, addresses: ['10.20.0.2/24'], gateways: [] },
      { ...mgmt, name: 'guests', carrier: { kind: 'link', link: 'back' }, vlan: 7, addresses: ['10.30.0.2/24'], gateways: [] },
      { ...mgmt, name: 'dynamic', carrier: { kind: 'pci', pci: '0000:5e:00.0' }, dhcp: 'yes', addresses: [], gateways: [] },
    ];
    // The parsers name the file of what they do not understand.
    const complaints = async () => {
      const said = await sh(
        box.run,
        `since=$(date +%T); systemctl restart systemd-networkd
         journalctl -b -o cat -u systemd-networkd --since $since; udevadm test-builtin net_setup_link /sys/class/net/mgmt 2>&1 || true`,
      );
      expect(said).toContain('Parsed configuration file "/run/systemd/network/10-mgmt.link"');
      return said.split('\n').filter((line) => /\.(network|netdev|link):/.test(line));
    };
    await lay({ ...single, links });
    expect(await complaints()).toEqual([]);
    await sh(box.run, "for file in /run/systemd/network/*; do printf '[Wrong]\\nWrong=1\\n' >>$file; done");
    expect((await complaints()).length).toBeGreaterThanOrEqual(renderNetworkd({ ...single, links }).size);
  });

  /** Addresses, rules and routes of our own, in one text. */
  async function state(): Promise<string> {
    return sh(
      box.run,
      '(ip -o addr show scope global; ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; cat /sys/class/net/*/mtu) | sort',
    );
  }
});
