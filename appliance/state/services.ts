import { isSocketPath } from './bind-sockets.ts';
import type { Path } from './host-state.ts';
import { isKernelPath } from './kernel-path.ts';

/**
 * What can be activated, in the order of an apply: the firewall opens before anything listens, links and kernel values are there before HAProxy binds,
 * and keepalived is last, so that a VIP comes only to a machine that serves. On the way back the order is reversed: the VIP leaves first.
 */
export const serviceOrder = [
  'nftables',
  'networkd',
  'sysctl',
  'hostname',
  'timezone',
  'keyboard',
  'admin',
  'resolved',
  'chrony',
  'rsyslog',
  'sshd',
  'haproxy',
  'keepalived',
] as const;

/** A service that takes up what was written: one of {@link serviceOrder}. */
export type Service = (typeof serviceOrder)[number];

const owners: readonly (readonly [prefix: string, service: Service])[] = [
  ['/run/weir/nftables.conf', 'nftables'],
  ['/run/systemd/network/', 'networkd'],
  ['/etc/hostname', 'hostname'],
  ['/etc/localtime', 'timezone'],
  ['/etc/default/keyboard', 'keyboard'],
  ['/run/weir/shadow', 'admin'],
  ['/run/systemd/resolved.conf.d/', 'resolved'],
  ['/run/weir/chrony/', 'chrony'],
  ['/run/weir/rsyslog.conf', 'rsyslog'],
  ['/run/weir/rsyslog/', 'rsyslog'],
  ['/run/weir/ssh/', 'sshd'],
  ['/run/systemd/system/haproxy.service.d/', 'haproxy'],
  ['/run/weir/haproxy.cfg', 'haproxy'],
  ['/run/weir/certificates/', 'haproxy'],
  ['/run/weir/maps/', 'haproxy'],
  ['/run/weir/crt-lists/', 'haproxy'],
  ['/run/weir/spoe/', 'haproxy'],
  ['/run/weir/keepalived.conf', 'keepalived'],
];

/**
 * The service that takes up a path. Kernel values take effect when they are written and have none (null), like the file from which systemd-sysctl sets
 * them at the next boot.
 * @throws Error for a path that no service owns: a bug, for then a change would be written and never take effect.
 */
export function serviceOf(path: Path): Service | null {
  if (isKernelPath(path) || path.startsWith('/run/sysctl.d/')) return null;
  if (isSocketPath(path)) return 'haproxy';
  const owner = owners.find(([prefix]) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix));
  if (!owner) throw new Error(`no service takes up ${path}: add it to the table in state/services.ts`);
  return owner[1];
}

/** The place of a path in an apply: that of its service, kernel values with `sysctl`. */
export function rankOf(path: Path): number {
  return serviceOrder.indexOf(serviceOf(path) ?? 'sysctl');
}
