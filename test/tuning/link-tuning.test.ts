import { describe, expect, test } from 'vitest';
import type { LinkDemand } from '../../tuning/demand.ts';
import type { Hardware } from '../../tuning/hardware.ts';
import { type LinkTuning, refuseLinkTuning } from '../../tuning/link-tuning.ts';
import { nicKnobs } from '../../tuning/nic-knobs.ts';
import { cpu, cpuPlan, demand, machine, nic, range } from './machine.ts';
import { channels } from './nic-plan.ts';
import { queueIrqs } from './samples.ts';

const pci = '0000:01:00.0';
const card = nic({
  pci,
  driver: 'mlx5_core',
  speedMbit: 25_000,
  channels: channels(8, 8),
  rings: { max: { rx: 8192, tx: 8192 }, current: { rx: 1024, tx: 1024 } },
  coalescing: { 'adaptive-rx': true, 'rx-usecs': 8 },
  features: {
    'generic-receive-offload': { isOn: true, isFixed: false },
    'large-receive-offload': { isOn: false, isFixed: false },
    'rx-gro-hw': { isOn: false, isFixed: true },
  },
  irqs: queueIrqs(8),
});

const links: readonly LinkDemand[] = [{ link: 'front', nic: pci, role: 'service' }];

/** What the document says of a link, with nothing else said. */
function said(different: Partial<LinkTuning>): LinkTuning {
  return { channels: null, ring: { rx: null, tx: null }, coalesce: {}, features: {}, irqCpus: null, rpsCpus: null, ...different };
}

function planned(own: Partial<LinkTuning>, hardware: Partial<Hardware> = {}, named = links) {
  const cpus = range(8).map((id) => cpu(id));
  return nicKnobs(
    machine({ nics: [card], cpus, ...hardware }),
    cpuPlan({ [pci]: [6, 7] }, range(6)),
    'balanced',
    demand({ links: named }),
    { front: said(own) },
  );
}

const setBy = (result: ReturnType<typeof planned>) =>
  result.knobs
    .filter(({ reason }) => reason.startsWith('set by the document'))
    .map(
      ({ path, value, rule, source }) =>
        `${path.replace(`${pci}/`, '')} ${value} ${rule} ${source.replace('config.yaml: tuning.links.', '')}`,
    );

const told = (result: ReturnType<typeof planned>) =>
  result.problems.map(({ at, message, hint }) => `${at.slice(2).join('.')}: ${message} (${hint})`);

describe('what the document says of a link’s NIC', () => {
  test('wins over the plan, and is shown as the document’s', () => {
    const result = planned({
      channels: 4,
      ring: { rx: 512, tx: null },
      coalesce: { 'rx-usecs': 30 },
      features: { gro: false, 'large-receive-offload': true },
    });
    expect(result.problems).toEqual([]);
    expect(setBy(result)).toEqual([
      'ethtool:channels/combined 4 exactly front.channels',
      'ethtool:coalesce/adaptive-rx off exactly front.coalesce.rx-usecs',
      'ethtool:coalesce/rx-usecs 30 exactly front.coalesce.rx-usecs',
      'ethtool:feature/generic-receive-offload off exactly front.features.gro',
      'ethtool:feature/large-receive-offload on exactly front.features.large-receive-offload',
      'ethtool:ring/rx 512 exactly front.ring.rx',
    ]);
  });

  test('decides over what follows from it: queues over interrupts, their CPUs over the plan', () => {
    const result = planned({ channels: 3, irqCpus: '2-3', rpsCpus: '4,5' });
    const values = (prefix: string) =>
      result.knobs.filter(({ path }) => path.startsWith(prefix)).map(({ path, value }) => `${path.slice(prefix.length)} ${value}`);
    expect(values(`irq:${pci}/`)).toEqual(['0 2', '1 3', '2 2', 'admin-0 2']);
    expect(values(`queue:${pci}/`)).toEqual([
      'rx-0/rps_cpus 4-5',
      'rx-1/rps_cpus 4-5',
      'rx-2/rps_cpus 4-5',
      'tx-0/xps_cpus 2',
      'tx-1/xps_cpus 3',
      'tx-2/xps_cpus 2',
    ]);
    expect(result.cpuPlan.irqCpus.get(pci)).toEqual([2, 3]);
    expect(result.knobs.find(({ path }) => path === `irq:${pci}/1`)).toMatchObject({ source: 'config.yaml: tuning.links.front.irq-cpus' });
  });

  test('warns where interrupts then share CPUs with threads that are bound to them', () => {
    const bound = cpuPlan({ [pci]: [6, 7] }, range(6));
    const plan = { ...bound, threads: { ...bound.threads, cpuMap: [{ threads: 'auto:1/1-6', cpus: '0-5' }] } };
    const cpus = range(8).map((id) => cpu(id));
    const result = nicKnobs(machine({ nics: [card], cpus }), plan, 'balanced', demand({ links }), { front: said({ irqCpus: '5-6' }) });
    expect(result.cpuPlan.warnings).toEqual(["the document puts interrupts of front on CPUs of HAProxy's threads: 5"]);
  });

  test('beyond what the NIC can do is a problem at its place, and the plan’s own value stays', () => {
    const result = planned({
      channels: 9,
      ring: { rx: 16_384, tx: 4096 },
      coalesce: { 'tx-usecs': 50 },
      features: { 'rx-gro-hw': true, zebra: true },
      irqCpus: '7-9',
      rpsCpus: '12',
    });
    expect(told(result)).toEqual([
      'front.channels: front (mlx5_core) has at most 8 channels, not 9 (write 8 or less)',
      'front.ring.rx: the rx ring of front (mlx5_core) holds at most 8192, not 16384 (write 8192 or less)',
      'front.coalesce.tx-usecs: front (mlx5_core) has no tx-usecs (it has adaptive-rx, rx-usecs)',
      'front.features.rx-gro-hw: front (mlx5_core) fixes rx-gro-hw off (leave it out)',
      'front.features.zebra: front (mlx5_core) has no feature zebra ("ethtool -k" shows what it has)',
      'front.irq-cpus: this machine has no CPU 8-9 (its own are 0-7)',
      'front.rps-cpus: this machine has no CPU 12 (its own are 0-7)',
    ]);
    expect(setBy(result)).toEqual(['ethtool:ring/tx 4096 exactly front.ring.tx']);
    expect(result.knobs.find(({ path }) => path.endsWith('ring/rx'))).toMatchObject({ value: '4096' });
    expect(result.knobs.find(({ path }) => path.endsWith('channels/combined'))).toMatchObject({ value: '2' });
  });

  test('as the NIC fixes it is neither a problem nor a value to set', () => {
    const result = planned({ features: { 'rx-gro-hw': false } });
    expect([...told(result), ...setBy(result)]).toEqual([]);
  });

  test('of which the NIC tells nothing is tried', () => {
    const blank = nic({ pci, driver: 'newdrv' });
    const result = planned(
      { channels: 4, ring: { rx: 512, tx: null }, coalesce: { 'rx-usecs': 30 }, features: { tso: false } },
      { nics: [blank] },
    );
    expect(result.problems).toEqual([]);
    expect(setBy(result).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'ethtool:channels/combined 4',
      'ethtool:coalesce/rx-usecs 30',
      'ethtool:feature/tcp-segmentation-offload off',
      'ethtool:ring/rx 512',
    ]);
  });

  test('of a bond is for each of its NICs, and wrong for both is said once', () => {
    const other = { ...card, name: 'eth1', pci: '0000:01:00.1', bus: '0000:01:00.1', mac: null };
    const bond = [...links, { link: 'front', nic: '0000:01:00.1', role: 'service' as const }];
    const both = planned({ ring: { rx: 2048, tx: null } }, { nics: [card, other] }, bond);
    expect(setBy(both)).toHaveLength(2);
    expect(told(planned({ channels: 99 }, { nics: [card, other] }, bond))).toHaveLength(1);
  });

  test('of a management link is set after all others', () => {
    const managed = planned({ ring: { rx: 2048, tx: null } }, {}, [{ link: 'front', nic: pci, role: 'management' }]);
    expect(managed.knobs.find(({ path }) => path.endsWith('ring/rx'))).toMatchObject({ value: '2048', isLast: true });
    expect(managed.knobs.some(({ path }) => path.endsWith('ring/tx') || path.includes('channels'))).toBe(false);
  });

  test('of two links on one NIC stands in one place', () => {
    const shared = [...links, { link: 'dmz', nic: pci, role: 'service' as const }];
    const result = nicKnobs(machine({ nics: [card] }), cpuPlan({ [pci]: [3] }, [0]), 'balanced', demand({ links: shared }), {
      dmz: said({ channels: 2 }),
      front: said({ channels: 3 }),
    });
    expect(told(result)).toEqual([
      'dmz: dmz stands on the NIC of front (front), which has values of its own here (say everything of one NIC in one place)',
    ]);
    expect(result.knobs.find(({ path }) => path.endsWith('combined'))).toMatchObject({ value: '3' });
  });

  test('of a link that stands on no NIC is a problem, but in a container', () => {
    const cable = { ...card, driver: 'veth' };
    expect(told(planned({ channels: 2 }, { nics: [cable] }))).toEqual([
      'front: the NIC of front cannot be tuned: it is no NIC but the end of a virtual cable (veth) (leave it out)',
    ]);
    expect(told(planned({ channels: 2 }, { nics: [cable], virtualization: 'lxc' }))).toEqual([]);
  });
});

describe('what no NIC should be told', () => {
  const refused = (own: Partial<LinkTuning>, isTransparent = false) =>
    refuseLinkTuning({ front: said(own) }, { isTransparent }).map(({ at, message }) => `${at.join('.')}: ${message}`);

  test('is refused with the reason', () => {
    expect(refused({ features: { lro: true } })).toEqual([]);
    expect(refused({ features: { lro: true } }, true)).toEqual([
      'tuning.links.front.features.lro: lro breaks connections whose addresses are not of this machine: the NIC merges packets that must be sent on as they came',
    ]);
    expect(refused({ coalesce: { 'adaptive-rx': true, 'rx-usecs': 30, 'tx-usecs': 126 } })).toEqual([
      'tuning.links.front.coalesce.rx-usecs: rx-usecs does nothing while adaptive-rx is true',
      'tuning.links.front.coalesce.tx-usecs: tx-usecs above 125 makes every answer wait for it',
    ]);
    expect(refused({ coalesce: { 'adaptive-rx': false, 'rx-usecs': 125 } })).toEqual([]);
  });
});
