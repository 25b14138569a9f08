import { createHash } from 'node:crypto';
import type { Link } from '../config/config.ts';
import { type Family, familyOf, isInside, isLinkLocal, networkOf, normalAddress, normalCidr, sortByAddress } from './address.ts';

/** One route as networkd's `[Route]` says it. `table` null is the main one; `via` null is a network on the link itself. */
export interface LinkRoute {
  readonly to: string;
  readonly via: string | null;
  /** The gateway is on the link although no subnet of the link holds it. */
  readonly onLink: boolean;
  readonly table: number | null;
  readonly metric: number | null;
}

/** One routing rule: what comes from this address is looked up in this table. */
export interface SourceRule {
  readonly from: string;
  readonly table: number;
  readonly priority: number;
}

/** What a node's links have by way of routes: each link's table (null without gateway), and the metric of its default route in the main table. */
export interface Routing {
  readonly tables: ReadonlyMap<string, number>;
  readonly metrics: ReadonlyMap<string, number>;
}

/** Before the main table (32766) and after the local one (0). */
const rulePriority = 1000;

/** The default routes of the main table by role: what the machine begins itself leaves by a service link, by management only if there is no other. */
const metricByRole = { service: 100, pair: 200, management: 300 } as const;

/**
 * Table numbers and metrics of a node's links. A table's number comes from the link's name alone, so that a link that comes or goes moves no other one's
 * routes; 1,000 to 16,778,215 keeps clear of the kernel's own tables (253 to 255).
 */
export function routing(links: readonly Link[]): Routing {
  const ordered = [...links].sort((a, b) => (a.name < b.name ? -1 : 1));
  const tables = new Map<string, number>();
  for (const link of ordered.filter(({ gateways }) => gateways.length > 0)) {
    let table = 1000 + createHash('sha256').update(link.name).digest().readUIntBE(0, 3);
    while ([...tables.values()].includes(table)) table++;
    tables.set(link.name, table);
  }
  const metrics = new Map<string, number>();
  for (const role of ['service', 'pair', 'management'] as const) {
    const same = ordered.filter((link) => link.role === role && (link.gateways.length > 0 || link.dhcp !== 'no'));
    for (const [index, link] of same.entries()) metrics.set(link.name, metricByRole[role] + index);
  }
  return { tables, metrics };
}

/**
 * The routes of a link: its own and a default one in the main table, and in the link's table, for answers from its addresses, its networks, its routes and
 * the default.
 */
export function linkRoutes(link: Link, { tables, metrics }: Routing): readonly LinkRoute[] {
  const own = link.routes.map(({ to, via, metric }) => ({ to: normalCidr(to), ...hop(link, via), table: null, metric }));
  const defaults = link.gateways.map((gateway) => ({ to: defaultOf(familyOf(gateway) as Family), ...hop(link, gateway) }));
  const table = tables.get(link.name);
  if (table === undefined) return own;
  const networks = [...new Set(link.addresses.map(networkOf))].filter((network) => !/\/(32|128)$/.test(network));
  return [
    ...own,
    ...defaults.map((route) => ({ ...route, table: null, metric: metrics.get(link.name) ?? null })),
    ...networks.map((to) => ({ to, via: null, onLink: false, table, metric: null })),
    ...own.map((route) => ({ ...route, table })),
    ...defaults.map((route) => ({ ...route, table, metric: null })),
  ];
}

/** The rules of a link with a gateway: everything from its addresses and from the VIPs it carries is looked up in its own table. */
export function sourceRules(link: Link, vips: readonly string[], { tables }: Routing): readonly SourceRule[] {
  const table = tables.get(link.name);
  if (table === undefined) return [];
  const sources = new Set([...link.addresses, ...vips].map((cidr) => normalCidr(cidr.split('/')[0] as string)));
  const families = new Set(link.gateways.map(familyOf));
  const answered = [...sources].filter((from) => families.has(familyOf(from)));
  return sortByAddress(answered, (from) => from).map((from) => ({ from, table, priority: rulePriority }));
}

function defaultOf(family: Family): string {
  return family === 4 ? '0.0.0.0/0' : '::/0';
}

function hop(link: Link, via: string | null): Pick<LinkRoute, 'via' | 'onLink'> {
  if (via === null) return { via: null, onLink: false };
  return { via: normalAddress(via), onLink: !isLinkLocal(via) && !link.addresses.some((cidr) => isInside(via, cidr)) };
}
