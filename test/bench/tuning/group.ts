import type { Knob } from '../../../tuning/hardware.ts';

/** Values that are set together, because one without the other says little. */
export interface Group {
  readonly name: string;
  readonly knobs: readonly Knob[];
  /** Where the packets are received, when that is what is measured: beside HAProxy's own CPUs instead of on them. */
  readonly receivesElsewhere?: true;
}

/** The first that a path matches names its group. */
const names: readonly (readonly [RegExp, string])[] = [
  [/somaxconn|syn_backlog|syncookies|synack_retries|fastopen/, 'accepting'],
  [/ip_local|tw_reuse|tw_buckets|fin_timeout|max_orphans/, 'source ports and ends of connections'],
  [/rmem|wmem|notsent|slow_start|mtu_probing|metrics|tcp_mem|limit_output/, 'buffers and windows'],
  [/max_dgram_qlen/, 'log lines'],
  [/./, 'addresses'],
];

/** Whether a value is a network's own, so that it can be set for one contender alone (user_namespaces(7), network_namespaces(7)). */
export function isOfNetwork({ path }: Knob): boolean {
  return path.startsWith('/proc/sys/net/');
}

/** The values that a network can have of its own, in groups; the order is that of the table. */
export function groupsOf(knobs: readonly Knob[]): readonly Group[] {
  const named = knobs.filter(isOfNetwork).map((knob) => [names.find(([pattern]) => pattern.test(knob.path))?.[1] ?? '', knob] as const);
  return [...new Set(names.map(([, name]) => name))].flatMap((name) => {
    const own = named.flatMap(([group, knob]) => (group === name ? [knob] : []));
    return own.length === 0 ? [] : [{ name, knobs: own }];
  });
}

/** The name of a value below /proc/sys, as sysctl(8) has it. */
export function sysctlName({ path }: Knob): string {
  return path.replace('/proc/sys/', '').replaceAll('/', '.');
}

/** As sysctl(8) takes it. */
export function assignment(knob: Knob): string {
  return `${sysctlName(knob)}=${knob.value}`;
}
