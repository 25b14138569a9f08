import type { Nic } from './hardware.ts';

/** Over how many queues a driver spreads packets, where that is fewer than it makes (perftune.py of seastar, commit 525fcc86). */
export const mostSpread: Readonly<Record<string, number>> = { ixgbe: 16, ixgbevf: 4, iavf: 16, i40evf: 16 };

/** The most queues that a NIC can receive with: what its driver may make, or has made where it tells of no more; null where neither is known. */
export function queuesPossible({ channels, queues, irqs, driver }: Nic): number | null {
  const most = channels === null ? null : (channels.max.combined ?? channels.max.rx);
  const receiving = irqs.filter(({ role, serves }) => role === 'queue' && serves !== 'tx').length;
  const possible = most ?? (receiving > 0 ? receiving : (queues?.rx ?? null));
  return possible === null ? null : Math.min(possible, mostSpread[driver ?? ''] ?? possible);
}
