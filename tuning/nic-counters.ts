/** The lines of `ethtool -S`: names as the driver has them (they may hold spaces, and come several times: then they are added up). Headings have no number. */
export function parseNicCounters(text: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s+(\S.*?)\s*:\s*(\d+)\s*$/.exec(line) ?? [];
    if (name !== undefined) counters.set(name, (counters.get(name) ?? 0) + Number(value));
  }
  return counters;
}

/** A cloud's allowance of an instance, by the counter of the packets that went beyond it (ENA Linux driver, "ENA_Linux_Best_Practices"). */
const allowances: Readonly<Record<string, string>> = {
  bw_in_allowance_exceeded: 'the bandwidth that this instance may receive with',
  bw_out_allowance_exceeded: 'the bandwidth that this instance may send with',
  pps_allowance_exceeded: 'the packets a second of this instance',
  conntrack_allowance_exceeded: "the connections that the cloud's firewall follows for this instance",
  linklocal_allowance_exceeded: "the packets a second to the cloud's own services (DNS, metadata, time)",
};

/** What counters of a NIC tell, as a sentence behind its name. */
export interface NicLoss {
  readonly counter: string;
  readonly count: number;
  readonly what: string;
  readonly todo: string;
}

/** Where drivers count packets that were lost between the wire and the kernel: each calls it by another name, and many count it for each queue as well. */
const losses: readonly (readonly [name: RegExp, what: string, todo: string])[] = [
  [
    /^(rx_missed_errors|rx_no_buffer_count|rx_no_dma_resources|rx_out_of_buffer|rx_discards?(_phy)?|rx_fifo_errors|port\.rx_(discards|dropped)|rx_dropped(\.nic)?|rx_drops|rx_total_discard_pkts|drv dropped rx total|pkts rx OOB|rx_queue_\d+_drops|rx_over_errors|rx_nodesc_dropped)$/i,
    'packets came in and found no room',
    'a larger ring (tuning.links), more queues, or interrupts on CPUs that are less busy',
  ],
  [
    /^(tx_dropped|tx_drops|tx_discards?(_phy)?|tx_fifo_errors|port\.tx_dropped_link_down|drv dropped tx total|pkts tx discard|tx_errors)$/i,
    'packets were not sent',
    'look at the link and at the ring for sending',
  ],
  [
    /^(rx_crc_errors(_phy)?|port\.rx_crc_errors|rx_errors|rx_symbol_err_phy|pkts rx err)$/i,
    'packets came in damaged',
    'look at the cable, the optics and the other end',
  ],
  [
    /^(tx_timeout(_count|s)?|tx_tx_timeouts|tx_queue_\d+_timeouts)$/i,
    'times the NIC stopped sending for too long',
    'look into the kernel log for its driver',
  ],
  [
    /^(rx_pause(_ctrl_phy)?|rx_flow_control_xo(n|ff)|port\.link_xoff_rx|rx_pause_frames)$/i,
    'times the other end asked to stop sending',
    'it, or what is behind it, is too slow',
  ],
];

/** What is known to be lost by how counters grew between two looks. */
export function nicLosses(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): readonly NicLoss[] {
  return [...after].flatMap(([counter, now]): readonly NicLoss[] => {
    const count = now - (before.get(counter) ?? now);
    if (count <= 0) return [];
    const allowance = allowances[counter];
    if (allowance !== undefined)
      return [
        {
          counter,
          count,
          what: `packets went beyond ${allowance} and waited or were dropped by the cloud`,
          todo: 'no tuning helps: take a larger instance, or several',
        },
      ];
    const known = losses.find(([name]) => name.test(counter));
    return known === undefined ? [] : [{ counter, count, what: known[1], todo: known[2] }];
  });
}
