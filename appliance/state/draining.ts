import { hardStopAfterSeconds } from '../../proxy/haproxy/global.ts';
import type { Config } from '../config/config.ts';
import { drainingAfter, renderDraining } from '../network/draining.ts';
import { firewallInput } from './firewall.ts';

/**
 * The rules that keep what a change closes open for connections that are still served by old workers, for as long as those may live; null when it closes
 * nothing. Both documents are taken on the same node; one that does not know the node had nothing open here.
 */
export function drainingRules(before: Config, after: Config, node: string): string | null {
  const draining = drainingAfter(firewallInput(before, node, []), firewallInput(after, node, []));
  return draining.ports.length === 0 && draining.servers.length === 0 ? null : renderDraining(draining, hardStopAfterSeconds(before.proxy));
}
