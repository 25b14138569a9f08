import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Address, isLinkLocal, isWithin, type Network, networkAddress, parseAddress, parseNetwork } from '../schema/address.ts';
import type { Document } from '../schema.ts';
import { staticAddresses, translatePort } from '../translate/node.ts';
import { type At, type Context, firsts, problem, warning } from './context.ts';

type Links = Document['nodes'][string]['links'];
type Link = Links[string];

/** Checks the nodes and their links. */
export function checkLinks(context: Context): readonly Problem[] {
  const { document, nodeNames, isWhole } = context;
  const third = nodeNames[2];
  return [
    ...(nodeNames.length === 0 && isWhole('nodes') ? [problem(['nodes'], 'there is no node', 'name this machine and its links')] : []),
    ...(third === undefined
      ? []
      : [{ ...problem(['nodes', third], 'more than two nodes', 'weir runs alone or as a pair'), on: 'key' as const }]),
    ...Object.entries(document.nodes).flatMap(([node, { links }]) => {
      const at = ['nodes', node, 'links'];
      if (Object.keys(links).length === 0) return isWhole('nodes') ? [problem(at, `node ${quote(node)} has no link`)] : [];
      return [
        ...Object.entries(links).flatMap(([name, link]) => checkLink(name, link, { links, isWhole: isWhole('nodes') }, [...at, name])),
        ...checkSharing(links, at),
        ...checkOverlaps(links, at),
      ];
    }),
    ...checkAddresses(document),
    ...checkMacs(document),
  ];
}

/** The links of one node, and whether all of them could be read. */
interface Around {
  readonly links: Links;
  readonly isWhole: boolean;
}

function checkLink(name: string, link: Link, around: Around, at: At): readonly Problem[] {
  const problems: Problem[] = [];
  const carriers = (['mac', 'pci', 'bond', 'link'] as const).filter((key) => link[key] !== undefined);
  if (carriers.length === 0) problems.push(problem(at, `link ${quote(name)} has no NIC`, 'write mac:, pci: or bond:, or link: and vlan:'));
  if (carriers.length > 1) problems.push(problem(at, `link ${quote(name)} has ${carriers.join(' and ')}`, 'one of them carries it'));
  if (link.mode !== undefined && link.bond === undefined) problems.push(problem([...at, 'mode'], 'only a bond has a mode'));
  if (/^eth[0-9]+$/.test(name)) {
    problems.push({
      ...warning(
        at,
        `the kernel gives the name ${quote(name)} itself, so that renaming can fail`,
        'choose a name of its own, such as front',
      ),
      on: 'key',
    });
  }
  return [...problems, ...checkParent(name, link, around, at), ...checkRouting(link, at), ...checkMtu(link, around.links, at)];
}

function checkParent(name: string, link: Link, { links, isWhole }: Around, at: At): readonly Problem[] {
  if (link.link === undefined) return [];
  const path = [...at, 'link'];
  if (!Object.hasOwn(links, link.link)) {
    if (!isWhole) return [];
    return [problem(path, `this node has no link ${quote(link.link)}`, suggestion(link.link, Object.keys(links)))];
  }
  if (link.vlan === undefined) return [problem(path, `link ${quote(name)} is upon another and has no vlan`, 'write vlan: and its id')];
  const chain = [name];
  for (
    let below: string | undefined = link.link;
    below !== undefined;
    below = Object.hasOwn(links, below) ? links[below]?.link : undefined
  ) {
    if (below === name) return [problem(path, `link ${quote(name)} stands upon itself: ${[...chain, name].join(' upon ')}`)];
    if (chain.includes(below)) return [];
    chain.push(below);
  }
  return [];
}

function checkRouting(link: Link, at: At): readonly Problem[] {
  const subnets = networksOf(link);
  const isDynamic = typeof link.addresses === 'string';
  const gateways = [link.gateway].flat();
  const problems: Problem[] = [];
  const families = firsts<string>();
  for (const [index, text] of gateways.entries()) {
    const path = [...at, 'gateway', ...(Array.isArray(link.gateway) ? [index] : [])];
    const gateway = parseAddress(text);
    if (gateway === null) continue;
    if (isDynamic) problems.push(problem(path, 'the gateway comes with the addresses by DHCP', 'remove gateway:, or give addresses'));
    else problems.push(...checkReach(gateway, subnets, path, `the gateway ${text}`));
    if (families(String(gateway.family), text) !== null)
      problems.push(problem(path, `a second gateway for IPv${gateway.family}`, 'one of each family'));
  }
  for (const [index, { to, via }] of link.routes.entries()) {
    const path = [...at, 'routes', index];
    const router = via === undefined ? null : parseAddress(via);
    if (to === 'default') problems.push(problem([...path, 'to'], 'a default route is the gateway of the link', 'write gateway:'));
    if (router === null) continue;
    const family = parseNetwork(to)?.family ?? parseAddress(to)?.family;
    if (family !== undefined && family !== router.family)
      problems.push(problem([...path, 'via'], `${via} and ${to} are of different families`));
    else if (!isDynamic) problems.push(...checkReach(router, subnets, [...path, 'via'], `the router ${via}`));
  }
  return problems;
}

/** Links of one node in the same network: the kernel sends what is for that network by one of them, whichever was asked. */
function checkOverlaps(links: Links, at: At): readonly Problem[] {
  const first = firsts<string>();
  return Object.entries(links).flatMap(([name, link]) =>
    networksOf(link).flatMap((network) => {
      const subnet = `${networkAddress(network)}/${network.prefix}`;
      const other = isLinkLocal(network) ? null : first(subnet, name);
      if (other === null || other === name) return [];
      const hint = 'give each link a network of its own: the kernel answers by one of the two alone';
      return [warning([...at, name, 'addresses'], `link ${quote(other)} is in the network ${subnet} too`, hint)];
    }),
  );
}

function checkReach(address: Address, subnets: readonly Network[], at: At, what: string): readonly Problem[] {
  if (isLinkLocal(address)) return [];
  if (subnets.some((subnet) => subnet.text === address.text)) return [problem(at, `${what} is this machine itself`)];
  if (subnets.some((subnet) => isWithin(address, subnet))) return [];
  const known = subnets.map(({ text, prefix }) => `${text}/${prefix}`).join(', ');
  return [problem(at, `${what} is outside every subnet of this link`, known === '' ? 'the link has no address' : `the link has ${known}`)];
}

function checkMtu(link: Link, links: Links, at: At): readonly Problem[] {
  if (link.mtu === undefined) return [];
  const problems: Problem[] = [];
  const hasIpv6 = link.addresses === 'dhcp6' || networksOf(link).some(({ family }) => family === 6);
  if (hasIpv6 && link.mtu < 1280) problems.push(problem([...at, 'mtu'], 'IPv6 needs an mtu of at least 1280 (RFC 8200, section 5)'));
  const below = link.link !== undefined && Object.hasOwn(links, link.link) ? links[link.link]?.mtu : undefined;
  if (below !== undefined && below < link.mtu)
    problems.push(problem([...at, 'mtu'], `the mtu is larger than that of ${quote(link.link ?? '')} below, ${below}`));
  return problems;
}

/** One NIC belongs to one link, or to several that are told apart by their VLAN. */
function checkSharing(links: Links, at: At): readonly Problem[] {
  const owner = firsts<{ readonly name: string; readonly carrier: string }>();
  const tags = firsts<string>();
  return Object.entries(links).flatMap(([name, link]): readonly Problem[] => {
    const ports = link.bond ?? [link.mac ?? link.pci ?? ''].filter((port) => port !== '');
    const carrier = `${link.bond === undefined ? '' : 'bond '}${ports.map((port) => port.toLowerCase()).join(' ')}`;
    const place = (index: number) => [
      ...at,
      name,
      ...(link.bond === undefined ? [link.mac === undefined ? 'pci' : 'mac'] : ['bond', index]),
    ];
    const problems = ports.flatMap((port, index) => {
      const first = owner(JSON.stringify(translatePort(port)), { name, carrier });
      if (first === null || (first.carrier === carrier && first.name !== name)) return [];
      return [
        problem(
          place(index),
          first.name === name ? `the NIC ${port} stands twice in this bond` : `the NIC ${port} belongs to link ${quote(first.name)}`,
        ),
      ];
    });
    if (problems.length > 0) return problems;
    const base = link.link ?? carrier;
    const same = base === '' ? null : tags(`${base} ${link.vlan ?? ''}`, name);
    if (same === null) return [];
    const path = link.vlan === undefined ? place(0) : [...at, name, 'vlan'];
    const what =
      link.vlan === undefined ? `the NIC belongs to link ${quote(same)}` : `VLAN ${link.vlan} of the same NIC is link ${quote(same)}`;
    return [problem(path, what, 'links that share a NIC have a VLAN each')];
  });
}

function checkAddresses({ nodes }: Document): readonly Problem[] {
  const owner = firsts<string>();
  return everyLink(nodes).flatMap(({ node, name, link, at }) =>
    typeof link.addresses === 'string'
      ? []
      : link.addresses.flatMap((text, index) => {
          const first = owner(parseNetwork(text)?.text ?? text, `link ${quote(name)} of node ${quote(node)}`);
          return first === null ? [] : [problem([...at, 'addresses', index], `${text} is an address of ${first} already`)];
        }),
  );
}

function checkMacs({ nodes }: Document): readonly Problem[] {
  const owner = firsts<string>();
  return everyLink(nodes).flatMap(({ node, link, at }) => {
    const macs = [link.mac ?? '', ...(link.bond ?? [])].filter((port) => port !== '' && !port.includes('.'));
    return macs.flatMap((mac) => {
      const first = owner(mac.toLowerCase(), node);
      if (first === null || first === node) return [];
      return [
        problem(
          [...at, link.bond === undefined ? 'mac' : 'bond'],
          `the NIC ${mac} belongs to node ${quote(first)}`,
          'no two machines have the same',
        ),
      ];
    });
  });
}

/** Every link of the document with its path. */
export function everyLink(nodes: Document['nodes']) {
  return Object.entries(nodes).flatMap(([node, { links }]) =>
    Object.entries(links).map(([name, link]) => ({ node, name, link, at: ['nodes', node, 'links', name] })),
  );
}

/** The subnets that a link has static addresses in. */
export function networksOf(link: Link): readonly Network[] {
  return staticAddresses(link).flatMap((address) => parseNetwork(address) ?? []);
}
