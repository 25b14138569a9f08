import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Context, firsts, problem } from './context.ts';
import { networksOf } from './links.ts';

/** Checks VRRP instances: their link has static addresses of one family on every node, their ids are their own, and they have a VIP to decide on. */
export function checkVrrp({ document, nodeNames, isWhole, reference }: Context): readonly Problem[] {
  const ids = firsts<string>();
  const used = new Set(Object.values(document.vips).map(({ vrrp }) => vrrp));
  const needsVip = nodeNames.length > 1 && isWhole('vips');
  return Object.entries(document.vrrp).flatMap(([name, { link, virtual_router_id: id, prefer }]) => {
    const at = ['vrrp', name];
    const same = ids(`${link} ${id}`, name);
    return [
      ...(isWhole('nodes') ? checkLink(link, [...at, 'link'], document.nodes) : []),
      ...(same === null
        ? []
        : [
            problem(
              [...at, 'virtual_router_id'],
              `VRRP instance ${quote(same)} has the id ${id} on link ${quote(link)}`,
              'choose another id',
            ),
          ]),
      ...(prefer === undefined ? [] : reference('nodes', prefer, [...at, 'prefer'])),
      ...(needsVip && !used.has(name)
        ? [
            {
              ...problem(
                at,
                `no VIP belongs to VRRP instance ${quote(name)}`,
                `write vrrp: ${name} in one below vips, or remove the instance`,
              ),
              on: 'key' as const,
            },
          ]
        : []),
    ];
  });
}

function checkLink(name: string, at: readonly string[], nodes: Context['document']['nodes']): readonly Problem[] {
  let shared: readonly (4 | 6)[] = [4, 6];
  for (const [node, { links }] of Object.entries(nodes)) {
    const link = Object.hasOwn(links, name) ? links[name] : undefined;
    if (link === undefined) return [problem(at, `node ${quote(node)} has no link ${quote(name)}`, suggestion(name, Object.keys(links)))];
    const networks = networksOf(link);
    if (networks.length === 0)
      return [problem(at, `link ${quote(name)} of node ${quote(node)} has no static address`, 'VRRP needs one on each node')];
    shared = shared.filter((family) => networks.some((network) => network.family === family));
  }
  return shared.length > 0
    ? []
    : [problem(at, `the nodes have no address of the same family on link ${quote(name)}`, 'VRRP speaks IPv4 or IPv6, not both')];
}
