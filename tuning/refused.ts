/** A kernel value that weir does not set because it does nothing any more or does harm. `ifValue` limits it to some values. */
export interface Refused {
  readonly name: RegExp;
  /** The name, and the value where one alone is refused, as people write them. */
  readonly shown: string;
  readonly ifValue?: RegExp;
  readonly why: string;
  readonly instead?: string;
}

/** One sysctl whatever its value, or with these values alone. */
function one(name: string, why: string, more: { readonly values?: readonly string[]; readonly instead?: string } = {}): Refused {
  const { values, instead } = more;
  return {
    name: new RegExp(`^${name.replaceAll('.', '\\.')}$`),
    shown: values === undefined ? name : `${name} = ${values.join(', ')}`,
    why,
    ...(values === undefined ? {} : { ifValue: new RegExp(`^(?:${values.join('|')})$`) }),
    ...(instead === undefined ? {} : { instead }),
  };
}

/**
 * Advice that is still copied from page to page. Sources: kernel Documentation/networking/ip-sysctl.rst and the removals in its history; HAProxy management guide,
 * 7, for connection tracking.
 */
export const refused: readonly Refused[] = [
  one('kernel.nmi_watchdog', 'hides a hanging processor, which must restart the machine while an update is on trial', { values: ['0'] }),
  {
    name: /^net\.ipv[46]\.(conf\.[^.]+\.)?(ip_)?forward(ing)?$/,
    shown: 'net.ipv4.ip_forward, net.ipv6.conf.*.forwarding',
    why: 'sets other values back when it changes, and this machine forwards no packets',
  },
  one('net.ipv4.ipfrag_low_thresh', 'does nothing since Linux 4.17'),
  one('net.ipv4.route.max_size', 'does nothing since Linux 3.6: there is no route cache'),
  one('net.ipv4.tcp_abort_on_overflow', 'answers a short burst with resets, where clients would have tried again', { values: ['1'] }),
  one('net.ipv4.tcp_adv_win_scale', 'does nothing since Linux 6.6'),
  one('net.ipv4.tcp_fack', 'does nothing since Linux 4.15'),
  one('net.ipv4.tcp_low_latency', 'does nothing since Linux 4.14', { instead: 'tuning.profile: latency does what there is to do' }),
  one('net.ipv4.tcp_max_syn_backlog', 'has no effect while tcp_syncookies is 1, which it is here', {
    instead: 'net.core.somaxconn is the limit that counts',
  }),
  one('net.ipv4.tcp_moderate_rcvbuf', 'gives every connection the same buffer, however fast it is', { values: ['0'] }),
  one('net.ipv4.tcp_sack', 'makes each lost packet cost a whole window', { values: ['0'] }),
  one('net.ipv4.tcp_syncookies', 'must be 1: without, a flood of SYNs stops the service; with 2, every connection loses its options', {
    values: ['0', '2'],
  }),
  one('net.ipv4.tcp_timestamps', 'takes away the measure of round trips and the reuse of waiting ports', { values: ['0'] }),
  one('net.ipv4.tcp_tw_recycle', 'broke clients behind NAT and is gone since Linux 4.12', {
    instead: 'net.ipv4.tcp_tw_reuse does what was meant',
  }),
  one('net.ipv4.tcp_window_scaling', 'limits each connection to 64 kB in flight', { values: ['0'] }),
  one('net.ipv4.udp_wmem_min', 'does nothing'),
  {
    name: /^net\.(?:netfilter\.|nf_conntrack|ipv4\.(?:netfilter\.)?ip_conntrack)/,
    shown: 'net.netfilter.*, net.nf_conntrack_max',
    why: 'is of connection tracking, which this machine does not load: it would cost about half of the capacity',
  },
];

/** Why a sysctl, or this value of it, is not set; null where nothing speaks against it. */
export function refusal(name: string, value: string): Refused | null {
  return refused.find((entry) => entry.name.test(name) && (entry.ifValue?.test(value) ?? true)) ?? null;
}
