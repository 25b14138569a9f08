import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import {
  type Address,
  broadcastAddress,
  isWithin,
  type Network,
  networkAddress,
  parseAddress,
  unusable,
  withArticle,
} from '../schema/address.ts';
import { linkOfVip } from '../translate.ts';
import { type At, type Context, firsts, problem } from './context.ts';
import { everyLink, networksOf } from './links.ts';

/** Checks VIPs: something carries them, and their addresses lie in a subnet of that link on every node and belong to nobody else. */
export function checkVips(context: Context): readonly Problem[] {
  const { document } = context;
  const taken = new Map<string, string>();
  for (const { node, name, link } of everyLink(document.nodes)) {
    for (const { text } of networksOf(link)) taken.set(text, `an address of link ${quote(name)} of node ${quote(node)}`);
    for (const gateway of [link.gateway].flat()) taken.set(parseAddress(gateway)?.text ?? gateway, `the gateway of link ${quote(name)}`);
  }
  const owner = firsts<string>();
  return Object.entries(document.vips).flatMap(([name, vip]) => {
    const at = ['vips', name];
    return [
      ...checkCarrier(vip, at, context),
      ...vip.addresses.flatMap((text, index) => {
        const path = [...at, 'addresses', index];
        const address = parseAddress(text);
        if (address === null) return [];
        const range = unusable(address);
        if (range !== null) return [problem(path, `${text} is ${withArticle(range)} address, which no interface may have`)];
        const holder = taken.get(address.text);
        if (holder !== undefined) return [problem(path, `${text} is ${holder}`, 'a VIP is an address of its own')];
        const first = owner(address.text, name);
        if (first !== null)
          return [problem(path, first === name ? `${text} stands twice in this VIP` : `${text} belongs to VIP ${quote(first)}`)];
        return checkSubnet(text, linkOfVip(vip, document.vrrp), path, context);
      }),
    ];
  });
}

function checkCarrier(
  { vrrp, link }: Context['document']['vips'][string],
  at: At,
  { document, nodeNames, isWhole, reference }: Context,
): readonly Problem[] {
  const names = Object.keys(document.vrrp);
  const known = names.length === 0 ? 'define one below vrrp:' : `write vrrp: ${names.join(' or ')}`;
  if (vrrp !== undefined && link !== undefined)
    return [problem([...at, 'link'], 'the link of this VIP is that of its VRRP instance', 'remove link:')];
  if (vrrp !== undefined) return reference('vrrp', vrrp, [...at, 'vrrp']);
  if (nodeNames.length > 1) return [problem(at, 'with two nodes a VIP needs a VRRP instance, or both would hold it', known)];
  if (link === undefined) return [problem(at, 'nothing carries this VIP', 'write link: and the name of a link')];
  const [node] = Object.entries(document.nodes);
  if (node === undefined || !isWhole('nodes') || Object.hasOwn(node[1].links, link)) return [];
  return [problem([...at, 'link'], `node ${quote(node[0])} has no link ${quote(link)}`, suggestion(link, Object.keys(node[1].links)))];
}

function checkSubnet(text: string, name: string | null, at: At, { document }: Context): readonly Problem[] {
  const address = parseAddress(text);
  for (const [node, { links }] of Object.entries(document.nodes)) {
    const link = name !== null && Object.hasOwn(links, name) ? links[name] : undefined;
    // Which subnet DHCP will choose is not known here.
    if (address === null || link === undefined || typeof link.addresses === 'string') continue;
    const networks = networksOf(link);
    const subnet = networks.find((network) => isWithin(address, network));
    if (subnet !== undefined && isReserved(address, subnet))
      return [
        problem(at, `${text} is no address that a machine may have in ${subnet.text}/${subnet.prefix}`, 'it is its first or its last'),
      ];
    if (subnet !== undefined) continue;
    const known = networks.map((network) => `${network.text}/${network.prefix}`).join(', ');
    return [
      problem(
        at,
        `${text} is outside every subnet of link ${quote(name ?? '')} on node ${quote(node)}`,
        known === '' ? 'the link has no address' : `the link has ${known}`,
      ),
    ];
  }
  return [];
}

/** Whether an IPv4 address names its subnet itself or all of it (RFC 1122, 3.2.1.3; RFC 3021: a /31 has neither). */
function isReserved({ family, text }: Address, subnet: Network): boolean {
  return family === 4 && subnet.prefix < 31 && [networkAddress(subnet), broadcastAddress(subnet)].includes(text);
}
