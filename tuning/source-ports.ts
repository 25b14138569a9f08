import { parsePorts } from './bounds.ts';

/** The local ports of connections to servers, first and last (HAProxy Enterprise system tuning guide; the kernel likes their ends of different parity). */
export const localPortRange = '1024 65023';

/**
 * Connections that can be open at a time to one address and port from one address of this machine: the local ports, without those that the kernel gives to nobody
 * (kernel Documentation/networking/ip-sysctl.rst, "ip_local_port_range", "ip_local_reserved_ports"). `sysctl` is the document's own; `listening` are ports of this
 * machine, which are reserved.
 */
export function sourcePorts(sysctl: Readonly<Record<string, string>>, listening: readonly number[]): number {
  const [first, last] = rangeOf(sysctl['net.ipv4.ip_local_port_range']) ?? (rangeOf(localPortRange) as readonly [number, number]);
  const reserved = new Set([...listening, ...(parsePorts(sysctl['net.ipv4.ip_local_reserved_ports'] ?? '') ?? [])]);
  return last - first + 1 - [...reserved].filter((port) => port >= first && port <= last).length;
}

/** Null for what is no range; that is a problem of its own. */
function rangeOf(text = ''): readonly [number, number] | null {
  const [, first, last] = /^\s*(\d{1,5})\s+(\d{1,5})\s*$/.exec(text) ?? [];
  return first === undefined || Number(first) > Number(last) ? null : [Number(first), Number(last)];
}
