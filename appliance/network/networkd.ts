import type { Link } from '../config/config.ts';
import { familyOf, normalCidr, sortByAddress } from './address.ts';
import { type BondDevice, type Device, devices, type NicDevice, type VlanDevice } from './device.ts';
import { type LinkRoute, linkRoutes, type Routing, routing, type SourceRule, sourceRules } from './route.ts';
import { loopbackNetwork } from './transparent.ts';

/** What networkd's files are made from. */
export interface NetworkInput {
  /** The links of one node. */
  readonly links: readonly Link[];
  /** The addresses (no prefix length) of the VIPs that each link carries, by the link's name. */
  readonly vips: ReadonlyMap<string, readonly string[]>;
  /** Whether the links hold the VIPs themselves (a single node), or keepalived adds and removes them (a pair). */
  readonly holdsVips: boolean;
  /** Whether name servers that DHCP offers are used: when the document names none. */
  readonly usesDhcpDns: boolean;
  /** Whether packets to addresses of others are taken, those that the firewall marks. */
  readonly isTransparent?: boolean;
}

const header = '# written by weir from config.yaml, edits here are lost';

const folder = '/run/systemd/network';

/**
 * All files of systemd-networkd and udev for one node, by path: `10-<device>.link` names a NIC, `20-<device>.netdev` makes a bond or VLAN,
 * `30-<device>.network` sets it up. NICs that no link names get no file and stay down. (systemd.link(5), systemd.netdev(5), systemd.network(5), 257)
 */
export function renderNetworkd(input: NetworkInput): ReadonlyMap<string, string> {
  const all = devices(input.links);
  const routes = routing(input.links);
  const files: [path: string, text: string][] = [];
  for (const device of all) {
    if (device.kind === 'nic') files.push([`${folder}/10-${device.name}.link`, renderLink(device)]);
    else files.push([`${folder}/20-${device.name}.netdev`, renderNetdev(device)]);
    files.push([`${folder}/30-${device.name}.network`, renderNetwork(device, input, routes)]);
  }
  if (input.isTransparent) files.push([`${folder}/${loopbackNetwork.name}`, text([loopbackNetwork.lines])]);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One `[Section]` with its settings; settings whose value is null are left out. */
function section(name: string, settings: readonly (readonly [key: string, value: string | number | null])[]): readonly string[] {
  const lines = settings.filter(([, value]) => value !== null).map(([key, value]) => `${key}=${value}`);
  return lines.length === 0 ? [] : ['', `[${name}]`, ...lines];
}

function text(lines: readonly (readonly string[])[]): string {
  return `${[header, ...lines.flat()].join('\n')}\n`;
}

/** Physical NICs only (`Kind=!*`): a VLAN or bond above has the same MAC and must not be renamed. */
function renderLink({ name, port, mtu }: NicDevice): string {
  return text([
    section('Match', [
      port.kind === 'mac' ? ['PermanentMACAddress', port.mac] : ['Path', `pci-${port.pci}`],
      ['Type', 'ether'],
      ['Kind', '!*'],
    ]),
    section('Link', [
      ['Name', name],
      ['MTUBytes', mtu],
    ]),
  ]);
}

function renderNetdev(device: BondDevice | VlanDevice): string {
  const { name, kind, mtu } = device;
  if (kind === 'vlan') {
    return text([
      // With the MTU: another one makes the VLAN anew, which networkd does after the device below has got its own.
      section('NetDev', [
        ['Name', name],
        ['Kind', kind],
        ['MTUBytes', mtu],
      ]),
      section('VLAN', [['Id', device.id]]),
    ]);
  }
  const first = device.ports[0];
  // Without the MTU: a bond is made anew when this file changes, and need not be for that.
  const bond: readonly (readonly [string, string | number | null])[] =
    device.mode === '802.3ad'
      ? [
          ['Mode', device.mode],
          // A partner that has gone is noticed after 3 s instead of 90 (IEEE 802.1AX, 6.4.4), and flows of one pair of hosts use all members.
          ['LACPTransmitRate', 'fast'],
          ['TransmitHashPolicy', 'layer3+4'],
          ['MinLinks', 1],
        ]
      : [
          ['Mode', device.mode],
          // The switch learns the new port from gratuitous ARP and unsolicited neighbour advertisements: several, because one may be lost.
          ['GratuitousARP', 5],
        ];
  return text([
    section('NetDev', [
      ['Name', name],
      ['Kind', kind],
      // Otherwise it depends on the name, and switches and DHCP servers know the NICs' own.
      ['MACAddress', first?.kind === 'mac' ? first.mac : null],
    ]),
    section('Bond', [...bond, ['MIIMonitorSec', '100ms']]),
  ]);
}

function renderNetwork(device: Device, input: NetworkInput, routes: Routing): string {
  const { name, link, vlans, mtu } = device;
  const vips = (link && input.vips.get(link.name)) ?? [];
  const takesDhcpMtu = link?.mtu === null && takes4(link);
  return text([
    section('Match', [['Name', name]]),
    section('Link', [
      // Written even where it is the usual one: otherwise a smaller value that comes back after a larger one would never be set.
      ['MTUBytes', takesDhcpMtu ? null : mtu],
      ['RequiredForOnline', 'no'],
    ]),
    section('Network', [
      ['Bond', device.kind === 'nic' ? device.bond : null],
      ...(link === null ? carrierSettings : linkSettings(link, vips, input.holdsVips)),
      ...vlans.map((vlan) => ['VLAN', vlan] as const),
    ]),
    ...(link === null ? [] : addresses(link, input.holdsVips ? vips : [])),
    ...(link === null ? [] : linkRoutes(link, routes).map(route)),
    ...(link === null ? [] : sourceRules(link, vips, routes).map(rule)),
    ...(link === null ? [] : dynamic(link, routes.metrics.get(link.name) ?? null, input.usesDhcpDns, takesDhcpMtu)),
  ]);
}

/** A device that only carries others: no address, not even a link-local one. */
const carrierSettings = [
  ['LinkLocalAddressing', 'no'],
  ['IPv6AcceptRA', 'no'],
  ['LLDP', 'no'],
  ['ConfigureWithoutCarrier', 'yes'],
  ['IgnoreCarrierLoss', 'yes'],
] as const;

function linkSettings(link: Link, vips: readonly string[], holdsVips: boolean): readonly (readonly [string, string])[] {
  const speaks6 = takes6(link) || [...link.addresses, ...vips].some((address) => familyOf(address) === 6);
  return [
    ['DHCP', link.dhcp],
    ['LinkLocalAddressing', speaks6 ? 'ipv6' : 'no'],
    ['IPv6AcceptRA', takes6(link) ? 'yes' : 'no'],
    ['LLDP', 'no'],
    ['LLMNR', 'no'],
    ['MulticastDNS', 'no'],
    // A DHCP client that starts without a carrier waits longer and longer between its questions.
    ['ConfigureWithoutCarrier', link.dhcp === 'no' ? 'yes' : 'no'],
    ['IgnoreCarrierLoss', 'yes'],
    // keepalived's VIPs are foreign to networkd, which would remove them (`static` is not enough for its IPv6 ones, whose lifetime is zero). Where there
    // are none, whatever is foreign goes.
    ['KeepConfiguration', vips.length > 0 && !holdsVips ? 'yes' : link.dhcp === 'no' ? 'no' : 'dynamic-on-stop'],
  ];
}

function addresses(link: Link, vips: readonly string[]): readonly (readonly string[])[] {
  return [
    ...link.addresses.map((cidr) => section('Address', [['Address', normalCidr(cidr)]])),
    ...sortByAddress(vips, (vip) => vip).map((vip) =>
      section('Address', [
        ['Address', normalCidr(vip)],
        // Serving at once; and never the source of what the machine begins itself.
        ['DuplicateAddressDetection', 'none'],
        ['PreferredLifetime', familyOf(vip) === 6 ? 0 : null],
      ]),
    ),
  ];
}

function route({ to, via, onLink, table, metric }: LinkRoute): readonly string[] {
  return section('Route', [
    ['Destination', to],
    ['Gateway', via],
    ['GatewayOnLink', onLink ? 'yes' : null],
    ['Scope', via === null && familyOf(to) === 4 ? 'link' : null],
    ['Table', table],
    ['Metric', metric],
  ]);
}

function rule({ from, table, priority }: SourceRule): readonly string[] {
  return section('RoutingPolicyRule', [
    ['From', from],
    ['Table', table],
    ['Priority', priority],
  ]);
}

/** What is taken from DHCP and router advertisements: addresses, routes, name servers if the document has none; nothing else. */
function dynamic(link: Link, metric: number | null, usesDns: boolean, takesMtu: boolean): readonly (readonly string[])[] {
  const dns = usesDns ? 'yes' : 'no';
  const never = [
    ['UseDomains', 'no'],
    ['UseNTP', 'no'],
  ] as const;
  return [
    takes4(link)
      ? section('DHCPv4', [
          // The MAC, which administrators know and reservations name; the same at every boot.
          ['ClientIdentifier', 'mac'],
          ['RouteMetric', metric],
          ['UseMTU', takesMtu ? 'yes' : null],
          ['UseDNS', dns],
          ...never,
          ['UseHostname', 'no'],
          ['UseTimezone', 'no'],
          ['SendRelease', 'no'],
        ])
      : [],
    takes6(link) ? section('DHCPv6', [['UseDNS', dns], ...never, ['UseHostname', 'no'], ['SendRelease', 'no']]) : [],
    takes6(link)
      ? section('IPv6AcceptRA', [
          ['RouteMetric', metric],
          ['UseDNS', dns],
          ['UseDomains', 'no'],
        ])
      : [],
  ];
}

function takes4({ dhcp }: Link): boolean {
  return dhcp === 'ipv4' || dhcp === 'yes';
}

function takes6({ dhcp }: Link): boolean {
  return dhcp === 'ipv6' || dhcp === 'yes';
}
