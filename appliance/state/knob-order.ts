import type { Path } from './host-state.ts';
import { isKey } from './kernel-path.ts';

/**
 * The order in which kernel values are set: who would set them otherwise stops first; channels and rings make queues and interrupts anew, so they come before all that
 * stands on these; and sysctls are last, because HAProxy reads some of them when it starts to listen.
 */
const order: readonly RegExp[] = [
  /^service:/,
  /^ethtool:[^/]+\/channels\//,
  /^ethtool:[^/]+\/ring\//,
  /^ethtool:[^/]+\/(rss|hash)/,
  /^ethtool:[^/]+\/coalesce\//,
  /^ethtool:[^/]+\/feature\//,
  /^irq:/,
  /^queue:.*\/xps_cpus$/,
  /^queue:/,
];

/** The place of a kernel value among others. */
export function knobRank(path: Path): number {
  const rank = order.findIndex((kind) => kind.test(path));
  return rank === -1 ? order.length : rank;
}

/** Whether a NIC makes its queues and interrupts anew when this is set: what else it holds is lost or changes. */
export function remakesQueues(path: Path): boolean {
  return /^ethtool:[^/]+\/(channels|ring)\//.test(path);
}

/** The bus address in a NIC's key; null for a path, and for a service. */
export function busOf(path: Path): string | null {
  return isKey(path) && !path.startsWith('service:') ? (/^\w+:([^/]+)/.exec(path)?.[1] ?? null) : null;
}
