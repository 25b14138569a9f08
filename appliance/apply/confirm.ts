import type { Config, Link } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { restartsHaproxy } from '../state/haproxy-unit.ts';
import { type Held, plain } from '../state/host-state.ts';
import type { Plan } from '../state/plan.ts';

/**
 * Why a plan must be confirmed (or `--yes` be said): it changes something that the way to this machine depends on, or ends what HAProxy serves. Empty: it need not be. What is made
 * for the first time cannot cut anybody off, and has no reason here.
 */
export function needsConfirm(plan: Plan, config: Config, node: string): readonly string[] {
  const links = managementLinks(config, node);
  const reasons = plan.flatMap((step) => {
    if (step.kind === 'activate' || step.before === null) return [];
    if (step.path.startsWith('/run/weir/ssh/')) return [`${step.path} changes how sshd answers`];
    if (step.path === '/run/weir/nftables.conf')
      return ways(step.before, links) === ways(step.after, links) ? [] : ['the firewall in front of the management link changes'];
    const link = links.find((name) => deviceFile(name).test(step.path));
    return link === undefined ? [] : [`the management link ${link} changes (${step.path})`];
  });
  const restarts = restartsHaproxy(plan)
    ? ['HAProxy restarts, for it is to have other capabilities: its connections end, its stick tables are emptied']
    : [];
  return [...new Set([...reasons, ...restarts])];
}

/** The links by which people reach the node: those of the management role, with whatever carries them; without any, those on which sshd listens. */
function managementLinks(config: Config, node: string): readonly string[] {
  const all: readonly Link[] = Object.values(config.nodes[node]?.links ?? {});
  const management = all.filter(({ role }) => role === 'management');
  const people = management.length > 0 || config.system.ssh.keys.length === 0 ? management : all;
  const carries = (link: Link, other: Link) =>
    (link.carrier.kind === 'link' && link.carrier.link === other.name) || JSON.stringify(link.carrier) === JSON.stringify(other.carrier);
  return all.filter((link) => people.some((one) => one.name === link.name || carries(one, link))).map(({ name }) => name);
}

/** The networkd files of a link and of the devices below it, whose names are derived from its own. */
function deviceFile(link: string): RegExp {
  return new RegExp(`^/run/systemd/network/\\d+-${link.replaceAll('.', '\\.')}(-bond|-nic|-p\\d+)?(-\\d+)?\\.(link|netdev|network)$`);
}

/** What a firewall says about ssh and about these links. */
function ways(held: Held | null, links: readonly string[]): string {
  if (held === null) return '';
  const text = plain(held.content);
  const lines = text.split('\n').filter((line) => line.includes('dport 22 ') || links.some((link) => line.includes(`"${link}"`)));
  return [...lines, ...(text.match(/^ {2}set ssh[46] \{[^}]*\}?[^}]*\}/gm) ?? [])].join('\n');
}

/** How waiting for a confirmation ended. */
export type Confirmed = 'confirmed' | 'cancelled' | 'timeout';

/** The place where an apply waits for its confirmation, and where those who confirm or cancel find it. */
export interface Confirmation {
  /** Waits for an answer, at most this long. */
  readonly wait: (host: Host, seconds: number) => Promise<Confirmed>;
  /** Answers whoever waits; null when it was taken, else the reason why not. `connection` is what SSH_CONNECTION holds, or null. */
  readonly answer: (what: 'confirmed' | 'cancelled', connection: string | null) => string | null;
}

/** A confirmation for one apply, begun over this connection. */
export function confirmation(begunOver: string | null): Confirmation {
  let take: ((answer: Confirmed) => void) | null = null;
  return {
    wait: async (host, seconds) => {
      const over = new AbortController();
      const answer = await Promise.race([
        new Promise<Confirmed>((resolve) => {
          take = resolve;
        }),
        host.sleep(seconds * 1000, over.signal).then((): Confirmed => 'timeout'),
      ]);
      take = null;
      over.abort();
      return answer;
    },
    answer: (what, connection) => {
      if (take === null) return 'nothing waits to be confirmed';
      if (what === 'confirmed' && connection !== null && connection === begunOver)
        return 'this is the connection that the apply came over: open a new one, which proves that the machine is still reached, and confirm there';
      take(what);
      return null;
    },
  };
}
