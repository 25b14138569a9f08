import { currentChannels, queueCount } from './channels.ts';
import type { Irq, Knob, Nic } from './hardware.ts';
import { irqPath } from './knob-path.ts';
import { driverOf, type NicSituation } from './nic-situation.ts';
import { formatNumberList } from './number-list.ts';
import type { Planned } from './planned.ts';

/** An interrupt by its place, there or not yet. */
type Place = Pick<Irq, 'role' | 'serves' | 'index'>;

const source =
  'HAProxy management guide, 7 "CPU usage": interrupts on CPUs of their own that share a cache with HAProxy’s, irqbalance stopped; dpbench: one CPU for each, so that none is overrun';

/** The CPU of each interrupt of a NIC, one CPU alone: queue i goes to the planned CPU i modulo their number, what is no queue's to the first. */
export function irqKnobs(situation: NicSituation): Planned {
  const { nic, irqCpus, own } = situation;
  const path = `irq:${nic.bus}`;
  if (irqCpus.length === 0) return { knobs: [], omitted: [{ path, why: `${nic.name}: no CPUs are planned for its interrupts` }] };
  if (nic.irqs.length === 0) return { knobs: [], omitted: [{ path, why: `${nic.name}: ${withoutIrqs(nic)}` }] };
  const list = formatNumberList(irqCpus);
  const word = own?.values.irqCpus == null ? null : `config.yaml: tuning.links.${own.link}.irq-cpus`;
  const knob = (place: Place, cpu: number, reason: string): Knob => ({
    path: irqPath(nic, place),
    value: `${cpu}`,
    rule: 'exactly',
    reason: word === null ? reason : `set by the document: ${reason}`,
    source: word ?? source,
  });
  const queues = queueIrqs(situation).map((place) => {
    const cpu = cpuOfQueue(situation, place.index);
    const serves = place.serves === 'rx' || place.serves === 'tx' ? ` (${place.serves})` : '';
    return knob(
      place,
      cpu,
      `queue ${place.index}${serves} of ${nic.name}: CPU ${cpu} of ${irqCpus.length} that take its interrupts (${list})`,
    );
  });
  const first = irqCpus[0] as number;
  const others = nic.irqs
    .filter(({ role }) => role !== 'queue')
    .map((irq) => knob(irq, first, `${irq.role} interrupt of ${nic.name}: the first of the CPUs that take its interrupts (${list})`));
  return { knobs: [...queues, ...others], omitted: [] };
}

/** The CPU that takes a queue's interrupts. Only where CPUs are planned. */
export function cpuOfQueue({ nic, irqCpus }: NicSituation, queue: number): number {
  return irqCpus[Math.floor(queue / queuesOfIrq(nic)) % irqCpus.length] as number;
}

/** Queues that one interrupt serves: ice, where built from Intel's own source, names both (`ice-eth0-TxRx-0-1`; ethernet-linux-ice issue 16). */
function queuesOfIrq({ irqs }: Nic): number {
  const spans = irqs
    .map(({ action }) => /TxRx-(\d+)-(\d+)$/.exec(action))
    .map((match) => (match === null ? 1 : Number(match[2]) - Number(match[1]) + 1));
  return Math.max(1, ...spans);
}

/** The interrupts that its queues have once their number is as planned, each kind (rx, tx, both) on its own. */
function queueIrqs(situation: NicSituation): readonly Place[] {
  const { nic } = situation;
  const there = nic.irqs.filter(({ role }) => role === 'queue');
  const step = queuesOfIrq(nic);
  return [...new Set(there.map(({ serves }) => serves))].flatMap((serves): readonly Place[] => {
    const direction = serves === 'tx' ? 'tx' : 'rx';
    const [wanted, current] = [queueCount(situation, direction), currentChannels(nic, direction)];
    if (wanted === null || current === null || wanted === current) return there.filter((irq) => irq.serves === serves);
    return Array.from({ length: Math.ceil(wanted / step) }, (_, number) => ({ role: 'queue' as const, serves, index: number * step }));
  });
}

function withoutIrqs(nic: Nic): string {
  if (nic.driver === 'hv_netvsc') return 'its queues are channels of the VMBus, whose interrupts nobody can place';
  if (nic.hasCarrier === false) return 'it is down, and has its interrupts only while it is up';
  return `no interrupts of ${driverOf(nic)} were found`;
}
