/** Something the kernel or a program told of, after which kernel values are looked at again. */
export type Happening =
  /** The agent has just begun: whatever differs was never set, or was set by what came before it. */
  | { readonly kind: 'start' }
  /** A link went up or down, or changed otherwise. */
  | { readonly kind: 'link'; readonly name: string }
  /** A driver took or left a device, or a device came or went; the device's bus address, or its name where it is on none. */
  | { readonly kind: 'driver'; readonly device: string }
  | { readonly kind: 'cpu'; readonly cpu: string }
  /** A file of sysctl.d(5) was written or removed. */
  | { readonly kind: 'settings' }
  /** Nothing told anything: it is looked at slowly all the same. */
  | { readonly kind: 'time' };

/** What `udevadm monitor --kernel` is asked for: devices of these subsystems. */
export const udevArguments = ['monitor', '--kernel', '--subsystem-match=net', '--subsystem-match=cpu', '--subsystem-match=pci'] as const;

/** `ip monitor link`, a line each. */
export const linkArguments = ['-oneline', 'monitor', 'link'] as const;

const pciAddress = /[\da-f]{4,}:[\da-f]{2}:[\da-f]{2}\.[\da-f]/gi;

/**
 * A line of `udevadm monitor --kernel` (udevadm(8)): `KERNEL[97.8] bind     /devices/pci0000:00/0000:00:02.0 (pci)`; null for its heading, and for queues, which
 * come and go with their device.
 */
export function readUdevLine(line: string): Happening | null {
  const [, action, path = '', subsystem] = /^KERNEL\[[\d.]+\] +(\w+) +(\/\S+) +\((\w+)\)$/.exec(line) ?? [];
  if (action === undefined || subsystem === undefined || path.includes('/queues/')) return null;
  if (subsystem === 'cpu') return { kind: 'cpu', cpu: path.slice(path.lastIndexOf('/') + 1) };
  if (subsystem === 'pci' && action !== 'bind' && action !== 'unbind') return null;
  if (path.includes('/virtual/')) return null;
  return { kind: 'driver', device: path.match(pciAddress)?.at(-1) ?? path.slice(path.lastIndexOf('/') + 1) };
}

/** A line of `ip -oneline monitor link` (ip-monitor(8)): `2: eth0@if3: <BROADCAST,UP> …`, or `Deleted 2: …`; null for neighbours of a bridge and the like. */
export function readLinkLine(line: string): Happening | null {
  const [, name] = /^(?:Deleted )?\d+: ([^\s:@]+)(?:@[^\s:]+)?: <[\w,-]*>/.exec(line) ?? [];
  return name === undefined || line.includes('AF_BRIDGE') ? null : { kind: 'link', name };
}
