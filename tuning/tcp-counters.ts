/**
 * `/proc/net/netstat` and `/proc/net/snmp`: pairs of lines, the names of the counters and their values (proc_pid_net(5)); as `TcpExt.ListenOverflows`. What is no such
 * pair is left out.
 */
export function parseTcpCounters(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n');
  const counters = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    const [group, ...names] = line.split(/\s+/);
    const [valuesOf, ...values] = (lines[index + 1] ?? '').split(/\s+/);
    if (group !== valuesOf || !group?.endsWith(':') || !/^[A-Z]/.test(names[0] ?? '')) continue;
    for (const [at, name] of names.entries())
      if (/^-?\d+$/.test(values[at] ?? '')) counters.set(`${group.slice(0, -1)}.${name}`, Number(values[at]));
  }
  return counters;
}

/** A counter that tells of connections or data that were lost for want of something, and what that is. */
export interface TcpLoss {
  readonly counter: string;
  /** Says what happened, behind a number: `connections were dropped …`. */
  readonly what: string;
  readonly todo: string;
}

/** The counters that say that a limit was met (kernel Documentation/networking/snmp_counter.rst). */
export const tcpLosses: readonly TcpLoss[] = [
  {
    counter: 'TcpExt.ListenOverflows',
    what: 'connections found an accept queue full',
    todo: 'HAProxy does not accept fast enough: more threads, or a larger net.core.somaxconn, which it reads when it reloads',
  },
  {
    counter: 'TcpExt.ListenDrops',
    what: 'packets of new connections were dropped by a listener',
    todo: 'see the accept queue, and memory for sockets',
  },
  {
    counter: 'TcpExt.TCPTimeWaitOverflow',
    what: 'closed connections were forgotten too early',
    todo: 'net.ipv4.tcp_max_tw_buckets is too small for so many',
  },
  {
    counter: 'TcpExt.TCPReqQFullDoCookies',
    what: 'new connections were answered with SYN cookies',
    todo: 'a flood of SYNs, or an accept queue that is too short',
  },
  {
    counter: 'TcpExt.TCPReqQFullDrop',
    what: 'new connections were dropped while half open',
    todo: 'net.ipv4.tcp_syncookies must be 1',
  },
  {
    counter: 'TcpExt.TCPMemoryPressures',
    what: 'times the memory for TCP was nearly used up',
    todo: 'fewer connections, or more memory: net.ipv4.tcp_mem is a share of it',
  },
  {
    counter: 'TcpExt.TCPAbortOnMemory',
    what: 'connections were cut off for want of memory',
    todo: 'fewer connections, or more memory: net.ipv4.tcp_mem is a share of it, net.ipv4.tcp_max_orphans too',
  },
  {
    counter: 'TcpExt.TCPBacklogDrop',
    what: 'packets were dropped because a connection had too many that nobody read',
    todo: 'HAProxy is too busy to read: more threads',
  },
  {
    counter: 'TcpExt.PruneCalled',
    what: 'times a connection threw data away that it had received',
    todo: 'net.ipv4.tcp_rmem is too small, or memory is short',
  },
];
