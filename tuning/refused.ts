/** A kernel value that weir does not set because it does nothing any more or does harm. `ifValue` limits it to some values. */
export interface Refused {
  readonly name: RegExp;
  readonly ifValue?: RegExp;
  readonly why: string;
  readonly instead?: string;
}

/** Advice that is still copied from page to page. Sources: kernel Documentation/networking/ip-sysctl.rst and the removals in its history. */
export const refused: readonly Refused[] = [
  {
    name: /^net\.ipv4\.tcp_tw_recycle$/,
    why: 'broke clients behind NAT and is gone since Linux 4.12',
    instead: 'net.ipv4.tcp_tw_reuse does what was meant',
  },
  { name: /^net\.ipv4\.tcp_low_latency$/, why: 'does nothing since Linux 4.14' },
  { name: /^net\.ipv4\.tcp_fack$/, why: 'does nothing since Linux 4.15' },
  { name: /^net\.ipv4\.tcp_adv_win_scale$/, why: 'does nothing since Linux 6.6' },
  { name: /^net\.ipv4\.udp_wmem_min$/, why: 'does nothing' },
  { name: /^net\.ipv4\.route\.max_size$/, why: 'does nothing since Linux 3.6: there is no route cache' },
  { name: /^net\.ipv4\.ipfrag_low_thresh$/, why: 'does nothing since Linux 4.17' },
  { name: /^net\.ipv4\.tcp_timestamps$/, ifValue: /^0$/, why: 'takes away the measure of round trips and the reuse of waiting ports' },
  { name: /^net\.ipv4\.tcp_sack$/, ifValue: /^0$/, why: 'makes each lost packet cost a whole window' },
  { name: /^net\.ipv4\.tcp_window_scaling$/, ifValue: /^0$/, why: 'limits each connection to 64 kB in flight' },
  { name: /^net\.ipv4\.tcp_moderate_rcvbuf$/, ifValue: /^0$/, why: 'gives every connection the same buffer, however fast it is' },
  {
    name: /^net\.ipv4\.tcp_syncookies$/,
    ifValue: /^[02]$/,
    why: 'must be 1: without, a flood of SYNs stops the service; with 2, every connection loses its options',
  },
  {
    name: /^net\.ipv4\.tcp_max_syn_backlog$/,
    why: 'has no effect while tcp_syncookies is 1, which it is here',
    instead: 'net.core.somaxconn is the limit that counts',
  },
  {
    name: /^net\.ipv4\.tcp_abort_on_overflow$/,
    ifValue: /^1$/,
    why: 'answers a short burst with resets, where clients would have tried again',
  },
  {
    name: /^net\.ipv[46]\.(conf\.[^.]+\.)?(ip_)?forward(ing)?$/,
    why: 'sets other values back when it changes, and this machine forwards no packets',
  },
  {
    name: /^net\.(netfilter|nf_conntrack)/,
    why: 'is of connection tracking, which this machine does not load: it would cost about half of the capacity',
  },
  {
    name: /^kernel\.nmi_watchdog$/,
    ifValue: /^0$/,
    why: 'hides a hanging processor, which must restart the machine while an update is on trial',
  },
];

/** Why a sysctl, or this value of it, is not set; null where nothing speaks against it. */
export function refusal(name: string, value: string): Refused | null {
  return refused.find((entry) => entry.name.test(name) && (entry.ifValue?.test(value) ?? true)) ?? null;
}
