import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Context, firsts, problem } from './context.ts';
import { networksOf } from './links.ts';

/** Checks VRRP instances: their link has static addresses of one family on every node, their ids are their own. */
export function checkVrrp({ document, isWhole, reference }: Context): readonly Problem[] {
  const ids = firsts<string>();
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
    ];
  });
}

function checkLink(name: string, at: readonly string[], nodes: Context['document']['nodes']): readonly Problem[] {
  const families: (4 | 6)[] = [];
  for (const [node, { links }] of Object.entries(nodes)) {
    const link = Object.hasOwn(links, name) ? links[name] : undefined;
    if (link === undefined) return [problem(at, `node ${quote(node)} has no link ${quote(name)}`, suggestion(name, Object.keys(links)))];
    const networks = networksOf(link);
    if (networks.length === 0)
      return [problem(at, `link ${quote(name)} of node ${quote(node)} has no static address`, 'VRRP needs one on each node')];
    families.push(networks.some(({ family }) => family === 4) ? 4 : 6);
  }
  const [first, second] = families;
  return second === undefined || first === second
    ? []
    : [problem(at, `the nodes have no address of the same family on link ${quote(name)}`, 'VRRP speaks IPv4 or IPv6, not both')];
}
