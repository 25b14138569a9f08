import type { Hardware, Irq, Nic } from './hardware.ts';
import { irqPath } from './knob-path.ts';
import { nicLosses } from './nic-counters.ts';
import { formatNumberList } from './number-list.ts';
import type { Softnet } from './softnet.ts';
import { tcpLosses } from './tcp-counters.ts';

/** What a machine has counted since it started. */
export interface Counters {
  /** How often each interrupt came to each CPU, by its number. */
  readonly interrupts: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly softnet: readonly Softnet[];
  readonly tcp: ReadonlyMap<string, number>;
  /** Of each NIC, by its name. */
  readonly nics: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** What was seen between two looks: that all is as planned, something to know, or a loss. */
export interface Finding {
  readonly kind: 'good' | 'note' | 'bad';
  readonly what: string;
  /** What can be done about it. */
  readonly todo: string | null;
}

/** Judges what grew between two looks. `wanted` has the planned CPUs of interrupts by key. */
export function judge(
  before: Counters,
  after: Counters,
  hardware: Pick<Hardware, 'nics'>,
  wanted: ReadonlyMap<string, string>,
): readonly Finding[] {
  return [
    ...hardware.nics.flatMap((nic) => interruptFindings(nic, before, after, wanted)),
    ...softnetFindings(before.softnet, after.softnet),
    ...tcpFindings(before.tcp, after.tcp),
    ...hardware.nics.flatMap((nic) => nicFindings(nic, before.nics.get(nic.name), after.nics.get(nic.name))),
  ];
}

function interruptFindings(nic: Nic, before: Counters, after: Counters, wanted: ReadonlyMap<string, string>): readonly Finding[] {
  const planned = nic.irqs.filter((irq) => wanted.has(irqPath(nic, irq)));
  let came = 0;
  const astray = planned.flatMap((irq) => {
    const grown = growth(irq, before, after);
    came += [...grown.values()].reduce((sum, count) => sum + count, 0);
    const cpu = wanted.get(irqPath(nic, irq));
    const elsewhere = [...grown].filter(([id, count]) => count > 0 && `${id}` !== cpu);
    return elsewhere.length === 0
      ? []
      : [`${irq.action || irq.number} on CPU ${formatNumberList(elsewhere.map(([id]) => id))} instead of ${cpu}`];
  });
  if (planned.length === 0) return [];
  if (astray.length > 0)
    return [
      {
        kind: 'bad',
        what: `${nic.name}: interrupts came elsewhere than planned: ${astray.join('; ')}`,
        todo: 'weir tune map shows all of them; weir apply sends them back',
      },
    ];
  return came === 0
    ? [
        {
          kind: 'note',
          what: `${nic.name}: no interrupt of a queue came`,
          todo: 'send traffic meanwhile, or look for longer: --traffic 60s',
        },
      ]
    : [{ kind: 'good', what: `${nic.name}: ${came.toLocaleString('en')} interrupts came, all where planned`, todo: null }];
}

function growth({ number }: Irq, before: Counters, after: Counters): ReadonlyMap<number, number> {
  const first = before.interrupts.get(number);
  return new Map([...(after.interrupts.get(number) ?? [])].map(([cpu, count]) => [cpu, count - (first?.get(cpu) ?? count)]));
}

function softnetFindings(before: readonly Softnet[], after: readonly Softnet[]): readonly Finding[] {
  const first = new Map(before.map((one) => [one.cpu, one]));
  const grown = (key: 'dropped' | 'squeezed') =>
    after.map((one) => ({ cpu: one.cpu, count: one[key] - (first.get(one.cpu)?.[key] ?? one[key]) })).filter(({ count }) => count > 0);
  const sum = (all: readonly { readonly count: number }[]) => all.reduce((total, { count }) => total + count, 0);
  const [dropped, squeezed] = [grown('dropped'), grown('squeezed')];
  const cpus = (all: readonly { readonly cpu: number }[]) => formatNumberList(all.map(({ cpu }) => cpu));
  return [
    dropped.length === 0
      ? { kind: 'good', what: 'no packet was lost for a full backlog', todo: null }
      : {
          kind: 'bad',
          what: `${sum(dropped)} packets were lost because the backlog of CPU ${cpus(dropped)} was full`,
          todo: 'net.core.netdev_max_backlog, or fewer packets by RPS to that CPU',
        },
    ...(squeezed.length === 0
      ? []
      : [
          {
            kind: 'note' as const,
            what: `CPU ${cpus(squeezed)} had more packets ${sum(squeezed)} times than it may take at once`,
            todo: 'more queues on more CPUs; then net.core.netdev_budget',
          },
        ]),
  ];
}

function tcpFindings(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): readonly Finding[] {
  const bad = tcpLosses.flatMap(({ counter, what, todo }): readonly Finding[] => {
    const count = (after.get(counter) ?? 0) - (before.get(counter) ?? after.get(counter) ?? 0);
    return count > 0 ? [{ kind: 'bad', what: `${count} ${what}`, todo }] : [];
  });
  if (after.size === 0) return [{ kind: 'note', what: "the kernel's TCP counters cannot be read", todo: null }];
  return bad.length > 0
    ? bad
    : [{ kind: 'good', what: 'no connection was lost: accept queues, waiting ports and memory sufficed', todo: null }];
}

function nicFindings(
  { name }: Nic,
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number> | undefined,
): readonly Finding[] {
  if (before === undefined || after === undefined || after.size === 0)
    return [{ kind: 'note', what: `${name}: its driver tells no counters`, todo: null }];
  const lost = nicLosses(before, after);
  if (lost.length === 0) return [{ kind: 'good', what: `${name}: its driver counted no loss`, todo: null }];
  return lost.map(({ counter, count, what, todo }) => ({ kind: 'bad', what: `${name}: ${count} ${what} (${counter})`, todo }));
}

/** Interrupts that go to other CPUs than they are asked to: each moves when it comes the next time, unless the kernel keeps it. */
export function pendingMoves({ nics }: Pick<Hardware, 'nics'>, wanted: ReadonlyMap<string, string>): readonly Finding[] {
  return nics.flatMap((nic) => {
    const waiting = nic.irqs.flatMap((irq) => {
      const cpu = wanted.get(irqPath(nic, irq));
      const { effective } = irq;
      if (cpu === undefined || effective === null || effective.length === 0 || formatNumberList(effective) === cpu) return [];
      return [`${irq.action || irq.number} on CPU ${formatNumberList(effective)} instead of ${cpu}`];
    });
    if (waiting.length === 0) return [];
    return [
      {
        kind: 'note' as const,
        what: `${nic.name}: go elsewhere until they come once more: ${waiting.join('; ')}`,
        todo: 'with --traffic it shows where they come',
      },
    ];
  });
}
