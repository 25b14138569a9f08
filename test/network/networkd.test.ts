import { describe, expect, test } from 'vitest';
import type { Link } from '../../appliance/config/config.ts';
import { type NetworkInput, renderNetworkd } from '../../appliance/network/networkd.ts';
import { link } from './link.ts';

const folder = '/run/systemd/network';

function render(links: readonly Link[], different: Partial<NetworkInput> = {}): ReadonlyMap<string, string> {
  return renderNetworkd({ links, vips: new Map(), holdsVips: true, usesDhcpDns: false, ...different });
}

/** The sections of a file as `[Section] Key=value Key=value`. */
function sections(text: string | undefined): readonly string[] {
  return (text ?? '')
    .trim()
    .split('\n\n')
    .slice(1)
    .map((section) => section.replaceAll('\n', ' '));
}

describe('the files of links', () => {
  test('are a .link and a .network for a NIC, with its name matched to the physical device alone', () => {
    const files = render([link('front')]);
    expect([...files.keys()]).toEqual([`${folder}/10-front.link`, `${folder}/30-front.network`]);
    expect(sections(files.get(`${folder}/10-front.link`))).toEqual([
      '[Match] PermanentMACAddress=52:54:00:00:00:01 Type=ether Kind=!*',
      '[Link] Name=front MTUBytes=1500',
    ]);
    const pci = render([link('front', { carrier: { kind: 'pci', pci: '0000:5e:00.0' } })]);
    expect(sections(pci.get(`${folder}/10-front.link`))[0]).toBe('[Match] Path=pci-0000:5e:00.0 Type=ether Kind=!*');
  });

  test('make a bond with a VLAN upon it', () => {
    const members = [
      { kind: 'mac', mac: '52:54:00:00:00:0a' },
      { kind: 'pci', pci: '0000:3b:00.1' },
    ] as const;
    const files = render([link('front', { carrier: { kind: 'bond', mode: '802.3ad', members }, vlan: 120, mtu: 9000 })]);
    expect(sections(files.get(`${folder}/20-front-bond.netdev`))).toEqual([
      '[NetDev] Name=front-bond Kind=bond MACAddress=52:54:00:00:00:0a',
      '[Bond] Mode=802.3ad LACPTransmitRate=fast TransmitHashPolicy=layer3+4 MinLinks=1 MIIMonitorSec=100ms',
    ]);
    expect(sections(files.get(`${folder}/20-front.netdev`))).toEqual(['[NetDev] Name=front Kind=vlan MTUBytes=9000', '[VLAN] Id=120']);
    expect(sections(files.get(`${folder}/30-front-bond.network`))[2]).toMatch(/^\[Network\] .*LinkLocalAddressing=no .*VLAN=front$/);
    expect(sections(files.get(`${folder}/30-front-p1.network`))[2]).toMatch(/^\[Network\] Bond=front-bond /);
    expect(sections(files.get(`${folder}/30-front.network`))).toContain('[Address] Address=192.0.2.11/24');
  });

  test('watch the members of an active-backup bond, and tell the switch when another one takes over', () => {
    const carrier = { kind: 'bond', mode: 'active-backup', members: [{ kind: 'pci', pci: '0000:3b:00.0' }] } as const;
    const netdev = sections(render([link('front', { carrier })]).get(`${folder}/20-front.netdev`));
    expect(netdev).toEqual(['[NetDev] Name=front Kind=bond', '[Bond] Mode=active-backup GratuitousARP=5 MIIMonitorSec=100ms']);
  });

  const vips = new Map([['front', ['2001:db8::10', '203.0.113.10']]]);
  const front = link('front', { addresses: ['203.0.113.2/24', '2001:DB8::2/64'], gateways: ['203.0.113.1'] });

  test('hold the VIPs of a single node, usable at once and never a source', () => {
    const network = sections(render([front], { vips }).get(`${folder}/30-front.network`));
    expect(network.filter((section) => section.startsWith('[Address]'))).toEqual([
      '[Address] Address=203.0.113.2/24',
      '[Address] Address=2001:db8::2/64',
      '[Address] Address=203.0.113.10/32 DuplicateAddressDetection=none',
      '[Address] Address=2001:db8::10/128 DuplicateAddressDetection=none PreferredLifetime=0',
    ]);
    expect(network[2]).toContain('KeepConfiguration=no');
  });

  test('leave the VIPs of a pair to keepalived, but have their routing rules', () => {
    const network = sections(render([front], { vips, holdsVips: false }).get(`${folder}/30-front.network`));
    expect(network.some((section) => section.startsWith('[Address]') && section.includes('.10/32'))).toBe(false);
    expect(network.some((section) => section.startsWith('[RoutingPolicyRule] From=203.0.113.10/32 Table='))).toBe(true);
    expect(network[2]).toContain('KeepConfiguration=yes');
  });

  test('speak no IPv6 where the document has none', () => {
    expect(sections(render([link('front')]).get(`${folder}/30-front.network`))[2]).toContain('LinkLocalAddressing=no IPv6AcceptRA=no');
    expect(sections(render([front]).get(`${folder}/30-front.network`))[2]).toContain('LinkLocalAddressing=ipv6 IPv6AcceptRA=no');
  });

  test('take addresses and routes from DHCP, and name servers if the document has none; never a name, a time zone or time servers', () => {
    const dynamic = link('front', { dhcp: 'yes', addresses: [] });
    const network = sections(render([dynamic], { usesDhcpDns: true }).get(`${folder}/30-front.network`));
    expect(network).toContain(
      '[DHCPv4] ClientIdentifier=mac RouteMetric=100 UseMTU=yes UseDNS=yes UseDomains=no UseNTP=no UseHostname=no UseTimezone=no SendRelease=no',
    );
    expect(network).toContain('[IPv6AcceptRA] RouteMetric=100 UseDNS=yes UseDomains=no');
    expect(network[2]).toContain('DHCP=yes LinkLocalAddressing=ipv6 IPv6AcceptRA=yes');
    const own = sections(render([{ ...dynamic, dhcp: 'ipv4', mtu: 1400 }]).get(`${folder}/30-front.network`));
    expect(own.find((section) => section.startsWith('[DHCPv4]'))).toMatch(/UseDNS=no/);
    expect(own.join(' ')).toContain('MTUBytes=1400');
    expect(own.join(' ')).not.toMatch(/UseMTU|\[DHCPv6\]|\[IPv6AcceptRA\]/);
  });

  test('never make the boot wait', () => {
    const files = render([front, link('other', { dhcp: 'ipv4', addresses: [] })]);
    const networks = [...files].filter(([path]) => path.endsWith('.network'));
    expect(networks.every(([, text]) => text.includes('\nRequiredForOnline=no\n'))).toBe(true);
  });
});
