import { describe, expect, test } from 'vitest';
import { type Counters, judge, pendingMoves } from '../../tuning/evidence.ts';
import { nic } from './machine.ts';

const bus = '0000:04:00.0';
const eth0 = nic({
  name: 'eth0',
  pci: bus,
  irqs: [0, 1].map((index) => ({
    number: 40 + index,
    action: `eth0-TxRx-${index}`,
    role: 'queue',
    serves: 'both',
    index,
    affinity: [6 + index],
    effective: [6 + index],
  })),
});
const wanted = new Map([
  [`irq:${bus}/0`, '6'],
  [`irq:${bus}/1`, '7'],
]);

const counters = (different: Partial<Counters> = {}): Counters => ({
  interrupts: new Map([40, 41].map((number) => [number, new Map([0, 6, 7].map((cpu) => [cpu, 100]))])),
  softnet: [{ cpu: 6, dropped: 1, squeezed: 1 }],
  tcp: new Map([['TcpExt.ListenOverflows', 5]]),
  nics: new Map([['eth0', new Map([['rx_drops', 3]])]]),
  ...different,
});

/** Interrupts that came so often to these CPUs since {@link counters}. */
const came = (number: number, more: Readonly<Record<number, number>>) =>
  new Map([...counters().interrupts, [number, new Map([0, 6, 7].map((cpu) => [cpu, 100 + (more[cpu] ?? 0)]))]]);

const judged = (after: Partial<Counters>) =>
  judge(counters(), counters(after), { nics: [eth0] }, wanted).map(({ kind, what }) => `${kind}: ${what}`);

describe('what is seen between two looks', () => {
  test('is good when interrupts came where they are planned and nothing was lost', () => {
    expect(judged({ interrupts: came(40, { 6: 1200 }) })).toEqual([
      'good: eth0: 1,200 interrupts came, all where planned',
      'good: no packet was lost for a full backlog',
      'good: no connection was lost: accept queues, waiting ports and memory sufficed',
      'good: eth0: its driver counted no loss',
    ]);
  });

  test('is bad when one came elsewhere, and says where', () => {
    expect(judged({ interrupts: came(41, { 0: 3, 7: 9 }) })[0]).toBe(
      'bad: eth0: interrupts came elsewhere than planned: eth0-TxRx-1 on CPU 0 instead of 7',
    );
  });

  test('says when nothing came, which proves nothing', () => {
    expect(judged({})[0]).toBe('note: eth0: no interrupt of a queue came');
  });

  test.each([
    [{ softnet: [{ cpu: 6, dropped: 4, squeezed: 1 }] }, 'bad: 3 packets were lost because the backlog of CPU 6 was full'],
    [{ softnet: [{ cpu: 6, dropped: 1, squeezed: 9 }] }, 'note: CPU 6 had more packets 8 times than it may take at once'],
    [{ tcp: new Map([['TcpExt.ListenOverflows', 7]]) }, 'bad: 2 connections found an accept queue full'],
    [
      {
        tcp: new Map([
          ['TcpExt.ListenOverflows', 5],
          ['TcpExt.TCPTimeWaitOverflow', 0],
        ]),
      },
      'good: no connection was lost: accept queues, waiting ports and memory sufficed',
    ],
    [{ tcp: new Map() }, "note: the kernel's TCP counters cannot be read"],
    [{ nics: new Map([['eth0', new Map([['rx_drops', 10]])]]) }, 'bad: eth0: 7 packets came in and found no room (rx_drops)'],
    [
      {
        nics: new Map([
          [
            'eth0',
            new Map([
              ['rx_drops', 3],
              ['pps_allowance_exceeded', 2],
            ]),
          ],
        ]),
      },
      'good: eth0: its driver counted no loss',
    ],
    [{ nics: new Map() }, 'note: eth0: its driver tells no counters'],
  ] as const)('%#: %s', (after, finding) => expect(judged(after as Partial<Counters>)).toContain(finding));
});

test('an interrupt that goes elsewhere than it is asked to is told with where it goes', () => {
  const other = { ...eth0, irqs: eth0.irqs.map((irq) => ({ ...irq, effective: [0] })) };
  expect(pendingMoves({ nics: [eth0] }, wanted)).toEqual([]);
  expect(pendingMoves({ nics: [other] }, wanted).map(({ what }) => what)).toEqual([
    'eth0: go elsewhere until they come once more: eth0-TxRx-0 on CPU 0 instead of 6; eth0-TxRx-1 on CPU 0 instead of 7',
  ]);
});
