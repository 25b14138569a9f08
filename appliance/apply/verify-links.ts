import type { Host } from '../host/host.ts';
import { type HostState, plain } from '../state/host-state.ts';

/** Part of what `ip -j` prints, for links, addresses, routes and rules alike; absent keys are what this kind does not have. */
interface IpObject {
  readonly ifname?: string;
  readonly operstate?: string;
  readonly address?: string;
  readonly mtu?: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number; readonly mode?: string } };
  readonly addr_info?: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly tentative?: boolean;
    readonly dadfailed?: boolean;
  }[];
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly metric?: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly fwmark?: string;
  /** Of a route or a rule: whose list it stands in. */
  readonly family?: 'ipv4' | 'ipv6';
}

/** What the kernel has. */
export interface Links {
  readonly links: readonly IpObject[];
  readonly routes: readonly IpObject[];
  readonly rules: readonly IpObject[];
}

/** Asks the kernel for its links with addresses, its routes and its rules; a question that fails has an empty answer, and what is missing is said then. */
export async function askLinks(host: Host): Promise<Links> {
  const ask = async (...args: readonly string[]): Promise<readonly IpObject[]> => {
    const { stdout } = await host.run('ip', ['-j', ...args]);
    try {
      return JSON.parse(stdout === '' ? '[]' : stdout) as IpObject[];
    } catch {
      return [];
    }
  };
  const [links, routes4, routes6, rules4, rules6] = await Promise.all([
    ask('-d', 'addr'),
    ask('-4', 'route', 'show', 'table', 'all'),
    ask('-6', 'route', 'show', 'table', 'all'),
    ask('-4', 'rule'),
    ask('-6', 'rule'),
  ]);
  const of = (family: 'ipv4' | 'ipv6') => (one: IpObject) => ({ ...one, family });
  return {
    links,
    routes: [...routes4.map(of('ipv4')), ...routes6.map(of('ipv6'))],
    rules: [...rules4.map(of('ipv4')), ...rules6.map(of('ipv6'))],
  };
}

/** Where the kernel's links, addresses, routes and rules do not agree with networkd's files; devices of removed `.netdev` files must be gone. */
export function linkProblems(target: HostState, found: Links): readonly string[] {
  const files = [...target].filter(([path]) => path.startsWith('/run/systemd/network/'));
  const texts = (ending: string) => files.flatMap(([path, held]) => (held && path.endsWith(ending) ? [sections(plain(held.content))] : []));
  const gone = files.flatMap(([path, held]) =>
    held === null && path.endsWith('.netdev') ? [path.replace(/^.*\/\d+-|\.netdev$/g, '')] : [],
  );
  const made = texts('.netdev').map((file) => value(file, 'NetDev', 'Name'));
  return [
    ...texts('.netdev').flatMap((file) => netdevProblems(file, found)),
    ...texts('.network').flatMap((file) => networkProblems(file, found)),
    ...gone
      .filter((name) => !made.includes(name) && isVirtual(found, name))
      .map((name) => `link ${name} is still there, and no file of weir names it`),
  ];
}

function netdevProblems(file: readonly Section[], { links }: Links): readonly string[] {
  const name = value(file, 'NetDev', 'Name') ?? '';
  const link = links.find(({ ifname }) => ifname === name);
  if (!link) return [`link ${name} has not been made`];
  const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
  const [wantedKind, wantedId, wantedMode] = [value(file, 'NetDev', 'Kind'), value(file, 'VLAN', 'Id'), value(file, 'Bond', 'Mode')];
  return [
    ...(kind === wantedKind ? [] : [`link ${name} is a ${kind ?? 'NIC'}, not a ${wantedKind}`]),
    ...(wantedId === undefined || `${data?.id}` === wantedId ? [] : [`link ${name} has VLAN id ${data?.id}, not ${wantedId}`]),
    ...(wantedMode === undefined || data?.mode === wantedMode ? [] : [`bond ${name} works as ${data?.mode}, not as ${wantedMode}`]),
  ];
}

function networkProblems(file: readonly Section[], { links, routes, rules }: Links): readonly string[] {
  const name = value(file, 'Match', 'Name') ?? '';
  const link = links.find(({ ifname }) => ifname === name);
  if (!link) return [`there is no link ${name}`];
  const mtu = value(file, 'Link', 'MTUBytes');
  const held = (link.addr_info ?? [])
    .filter(({ tentative, dadfailed }) => !tentative && !dadfailed)
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const wanted = file.flatMap((section) => section.entries.filter(([key]) => key === 'Address').map(([, address]) => withPrefix(address)));
  return [
    ...(mtu === undefined || `${link.mtu}` === mtu ? [] : [`link ${name} has MTU ${link.mtu}, not ${mtu}`]),
    ...wanted.filter((address) => !held.includes(address)).map((address) => `link ${name} does not have the address ${address}`),
    ...of(file, 'Route')
      .filter((route) => !routes.some((one) => isRoute(one, name, route)))
      .map(
        (route) =>
          `there is no route to ${get(route, 'Destination')} by ${get(route, 'Gateway') ?? name} in table ${get(route, 'Table') ?? 'main'}`,
      ),
    ...of(file, 'RoutingPolicyRule')
      .filter((rule) => !rules.some((one) => isRule(one, rule)))
      .map(
        (rule) =>
          `there is no rule that looks up ${get(rule, 'From') ?? `the mark ${get(rule, 'FirewallMark')}`} in table ${get(rule, 'Table')}`,
      ),
  ];
}

function isRoute(one: IpObject, dev: string, route: Section): boolean {
  const to = get(route, 'Destination') ?? '';
  const dst = to === '0.0.0.0/0' || to === '::/0' ? 'default' : to.replace(/\/(32|128)$/, '');
  return (
    one.family === (to.includes(':') ? 'ipv6' : 'ipv4') &&
    one.dev === dev &&
    one.dst === dst &&
    one.gateway === get(route, 'Gateway') &&
    (one.table ?? 'main') === (get(route, 'Table') ?? 'main')
  );
}

function isRule(one: IpObject, rule: Section): boolean {
  const mark = get(rule, 'FirewallMark');
  if (mark !== undefined) return one.family === get(rule, 'Family') && one.table === get(rule, 'Table') && one.fwmark === mark;
  return (
    one.table === get(rule, 'Table') &&
    withPrefix(`${one.src}${one.srclen === undefined ? '' : `/${one.srclen}`}`) === withPrefix(get(rule, 'From') ?? '')
  );
}

function isVirtual({ links }: Links, name: string): boolean {
  return links.some(({ ifname, linkinfo }) => ifname === name && (linkinfo?.info_kind === 'vlan' || linkinfo?.info_kind === 'bond'));
}

function withPrefix(address: string): string {
  return address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
}

/** One `[Section]` of a systemd file and its settings in order. */
interface Section {
  readonly name: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** Reads the syntax of systemd.syntax(7) as far as weir writes it: no continued lines. */
function sections(text: string): readonly Section[] {
  return text
    .split(/^\[/m)
    .slice(1)
    .map((part) => {
      const [head, ...lines] = part.split('\n');
      const entries = lines
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
      return { name: (head ?? '').replace(/\]\s*$/, ''), entries };
    });
}

function of(file: readonly Section[], name: string): readonly Section[] {
  return file.filter((section) => section.name === name);
}

function get(section: Section | undefined, key: string): string | undefined {
  return section?.entries.find(([name]) => name === key)?.[1];
}

function value(file: readonly Section[], section: string, key: string): string | undefined {
  return get(of(file, section)[0], key);
}
