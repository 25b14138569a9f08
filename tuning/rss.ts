import { queueCount } from './channels.ts';
import type { Knob } from './hardware.ts';
import { ethtoolPath } from './knob-path.ts';
import { driverOf, type NicSituation } from './nic-situation.ts';
import type { Planned } from './planned.ts';

/** How a NIC spreads packets over its queues: evenly over all that there are, and for HTTP/3 by ports as well as by addresses. */
export function rssKnobs(situation: NicSituation): Planned {
  const { nic, demand } = situation;
  const queues = queueCount(situation, 'rx');
  const path = ethtoolPath(nic, 'rss');
  if (nic.rss === null || nic.rss.length === 0)
    return { knobs: [], omitted: [{ path, why: `${nic.name}: ${driverOf(nic)} shows no table that spreads packets over queues` }] };
  if (queues === null) return { knobs: [], omitted: [{ path, why: `${nic.name}: how many queues it has is not known` }] };
  if (queues < 2) return { knobs: [], omitted: [{ path, why: `${nic.name}: with one queue there is nothing to spread` }] };
  if (nic.rss.length < queues)
    return { knobs: [], omitted: [{ path, why: `${nic.name}: its table has ${nic.rss.length} slots, fewer than its ${queues} queues` }] };
  const table: Knob = {
    path,
    value: `equal ${queues}`,
    rule: 'exactly',
    reason: `the ${nic.rss.length} slots of its table name each of ${queues} queues as often: a driver may leave the table as it was when its queues change`,
    source: 'Xilinx-CNS/onload issue 208; ethtool(8), -X',
  };
  return { knobs: [table, ...(demand.quic ? (['udp4', 'udp6'] as const).map((kind) => hash(situation, kind, queues)) : [])], omitted: [] };
}

function hash({ nic }: NicSituation, kind: 'udp4' | 'udp6', queues: number): Knob {
  return {
    path: ethtoolPath(nic, `hash/${kind}`),
    value: 'sdfn',
    rule: 'exactly',
    reason: `HTTP/3 is spoken: by addresses alone all packets of a client, or of a router with many behind it, meet in one of ${queues} queues`,
    source: 'Cloudflare, "How to receive a million packets per second"; ethtool(8), rx-flow-hash',
  };
}
