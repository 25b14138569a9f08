import { queueCount } from './channels.ts';
import type { Hardware, Knob, Nic } from './hardware.ts';
import { ethtoolPath } from './knob-path.ts';
import { driverOf, firstValue, isFast, type NicSituation, planningSpeed, speedText } from './nic-situation.ts';
import type { Omitted, Planned } from './planned.ts';

/** Memory that a driver keeps ready for each packet that may come: a page (netdev, 2025-07-01: ice with 8160 descriptors and 8 queues). */
const bytesOfDescriptor = 4096;

const source =
  'talos pull request 9167 (drivers start small), Google guest-configs (4096 and 2048), netdev 2025-07-01 (their memory); the sizes by speed and 1 % of the memory are weir’s own, to be measured';

/** The rings of a NIC of 10 Gbit/s or more: large enough for a burst while interrupts are held back, never smaller than they were. */
export function ringKnobs(situation: NicSituation): Planned {
  const { nic } = situation;
  const why = reasonToLeave(situation);
  if (why !== null) return { knobs: [], omitted: [{ path: ethtoolPath(nic, 'ring'), why: `${nic.name}: ${why}` }] };
  const results = (['rx', 'tx'] as const).flatMap((direction) => {
    const most = nic.rings?.max[direction] ?? 0;
    return most === 0 ? [] : [direction === 'rx' ? rxRing(situation, most) : txRing(situation, most)];
  });
  return { knobs: results.filter((result) => 'value' in result), omitted: results.filter((result) => 'why' in result) };
}

function reasonToLeave(situation: NicSituation): string | null {
  const { nic } = situation;
  const speed = planningSpeed(situation);
  if (nic.rings === null) return `${driverOf(nic)} tells of no rings`;
  if (nic.driver === 'hv_netvsc')
    return 'its rings are parts of one buffer that it shares with the host, and changing them makes the NIC anew';
  if (speed === null) return 'its speed is not known, so its rings are kept';
  return isFast(situation) ? null : `${speedText(speed)} needs no larger rings than its driver's own`;
}

function rxRing(situation: NicSituation, most: number): Knob | Omitted {
  const { hardware, nic } = situation;
  const path = ethtoolPath(nic, 'ring/rx');
  const queues = queueCount(situation, 'rx');
  const memory = memoryOfNode(hardware, nic);
  if (queues === null || queues === 0) return { path, why: `${nic.name}: how many queues it has is not known, so its ring is kept` };
  if (memory === 0) return { path, why: `${nic.name}: the memory of its node is not known, so its ring is kept` };
  const speed = planningSpeed(situation) ?? 0;
  const bySpeed = speed >= 40_000 ? 8192 : 4096;
  const fitting = Math.floor(memory / 100 / bytesOfDescriptor / queues);
  // drivers take multiples of 8 or 32, some powers of two alone
  const allowed = fitting >= Math.min(bySpeed, most) ? bySpeed : fitting < 1 ? 0 : 2 ** Math.floor(Math.log2(fitting));
  const bounded = Math.min(most, allowed);
  const first = Number(firstValue(situation, path, `${nic.rings?.current.rx ?? 0}`));
  const mebibytes = (count: number) => Math.round((count * queues * bytesOfDescriptor) / 2 ** 20);
  const sum = `min(${bySpeed} at ${speedText(speed)}, ${most} that it allows${allowed < bySpeed ? `, ${allowed} by memory` : ''})`;
  const memoryText = `${queues} × ${bounded} × 4 KiB = ${mebibytes(bounded)} MiB of ${Math.round(memory / 2 ** 30)} GiB`;
  return {
    path,
    value: `${Math.max(bounded, first)}`,
    rule: 'at-least',
    reason: first > bounded ? `${sum} = ${bounded}; it had ${first}, which is kept` : `${sum} = ${bounded} (${memoryText})`,
    source,
  };
}

function txRing(situation: NicSituation, most: number): Knob {
  const { nic } = situation;
  const path = ethtoolPath(nic, 'ring/tx');
  const speed = planningSpeed(situation) ?? 0;
  const bySpeed = speed >= 40_000 ? 2048 : 1024;
  const bounded = Math.min(bySpeed, most);
  const first = Number(firstValue(situation, path, `${nic.rings?.current.tx ?? 0}`));
  const sum = `min(${bySpeed} at ${speedText(speed)}, ${most} that it allows) = ${bounded}`;
  return {
    path,
    value: `${Math.max(bounded, first)}`,
    rule: 'at-least',
    reason: first > bounded ? `${sum}; it had ${first}, which is kept` : sum,
    source,
  };
}

/** Bytes; 0: not known. Where the NIC's node is not known, the smallest. */
function memoryOfNode({ nodes, memoryBytes }: Hardware, { numaNode }: Nic): number {
  const own = nodes.find(({ id }) => id === numaNode);
  if (own !== undefined) return own.memoryBytes;
  return nodes.length > 1 ? Math.min(...nodes.map((node) => node.memoryBytes)) : memoryBytes;
}
