import { describe, expect, test } from 'vitest';
import type { LinkDemand } from '../../tuning/demand.ts';
import type { Hardware, Nic } from '../../tuning/hardware.ts';
import { chooseNics } from '../../tuning/nic-choice.ts';
import { nicKnobs } from '../../tuning/nic-knobs.ts';
import { cpuPlan, demand, machine, nic } from './machine.ts';
import { channels } from './nic-plan.ts';
import { queueIrqs } from './samples.ts';

const [front, back, mgmt] = ['0000:01:00.0', '0000:02:00.0', '0000:03:00.0'].map((pci, index) =>
  nic({
    name: `eth${index}`,
    pci,
    mac: `52:54:00:00:00:0${index}`,
    driver: 'ixgbe',
    speedMbit: 10_000,
    channels: channels(8, 8),
    irqs: queueIrqs(8),
  }),
) as [Nic, Nic, Nic];

const on = (link: string, address: string, role: LinkDemand['role'] = 'service'): LinkDemand => ({ link, nic: address, role });

function chosen(hardware: Partial<Hardware>, links: readonly LinkDemand[] | null) {
  const { chosen: found, omitted } = chooseNics(machine(hardware), { links });
  return [
    ...found.map(({ nic: { name }, role, isManagement }) => `${name} ${role}${isManagement ? ', managed by' : ''}`),
    ...omitted.map(({ why }) => why),
  ];
}

describe('the NICs that are tuned', () => {
  const nics = [front, back, mgmt];

  test('are those of the document, by PCI or MAC address, each for what its links are for', () => {
    expect(
      chosen({ nics }, [on('front', '0000:01:00.0'), on('back', '52:54:00:00:00:01'), on('mgmt', '0000:03:00.0', 'management')]),
    ).toEqual(['eth0 service', 'eth1 service', 'eth2 management, managed by']);
    expect(chosen({ nics }, [on('front', '0000:01:00.0')])).toEqual(['eth0 service']);
  });

  test('that links share are for the one that asks the most, and people’s way in all the same', () => {
    const links = [on('mgmt', '0000:01:00.0', 'management'), on('front', '52:54:00:00:00:00'), on('sync', '0000:02:00.0', 'pair')];
    expect(chosen({ nics }, links)).toEqual(['eth0 service, managed by', 'eth1 pair']);
  });

  test('are all that are not down where no document says', () => {
    expect(chosen({ nics: [front, { ...back, hasCarrier: false }, { ...mgmt, hasCarrier: true }] }, null)).toEqual([
      'eth0 service',
      'eth2 service',
    ]);
  });

  test('are the slaves of a bond', () => {
    const slaves = [front, back].map((each) => ({ ...each, master: 'bond0' }));
    expect(chosen({ nics: slaves }, [on('front', '52:54:00:00:00:00'), on('front', '52:54:00:00:00:01')])).toEqual([
      'eth0 service',
      'eth1 service',
    ]);
  });

  test('on Hyper-V are the virtual functions that carry the traffic', () => {
    const synthetic = nic({ name: 'eth0', driver: 'hv_netvsc' });
    const beneath = nic({ name: 'enP1s1', pci: '0001:00:02.0', driver: 'mlx5_core', master: 'eth0' });
    const why = 'eth0: its virtual function enP1s1 carries the traffic, and is tuned in its place';
    expect(chosen({ nics: [beneath, synthetic], virtualization: 'microsoft' }, [on('front', '52:54:00:00:00:01')])).toEqual([
      'enP1s1 service',
      why,
    ]);
    expect(chosen({ nics: [synthetic], virtualization: 'microsoft' }, [on('front', '52:54:00:00:00:01')])).toEqual(['eth0 service']);
  });

  test('are none in a container, and none that are ends of virtual cables', () => {
    expect(chosen({ nics, virtualization: 'systemd-nspawn' }, null)).toEqual([
      'NICs and their interrupts belong to the host of this container (systemd-nspawn)',
    ]);
    expect(chosen({ nics: [nic({ driver: 'veth' })] }, null)).toEqual(['front: is no NIC but the end of a virtual cable (veth)']);
    expect(chosen({ nics: [], virtualization: 'systemd-nspawn' }, null)).toEqual([]);
  });
});

describe('what is planned', () => {
  const links = [on('front', '0000:01:00.0'), on('mgmt', '0000:03:00.0', 'management')];
  const plan = cpuPlan({ '0000:01:00.0': [2], '0000:03:00.0': [3] }, [0, 1]);
  const planned = nicKnobs(machine({ nics: [front, back, mgmt] }), plan, 'balanced', demand({ links }));
  const of = (bus: string) => planned.knobs.filter(({ path }) => path.includes(bus));

  test('for a management link is the place of its interrupts alone, after everything else', () => {
    expect(of('0000:03:00.0').map(({ path, value }) => `${path} ${value}`)).toEqual([
      ...Array.from({ length: 8 }, (_, index) => `irq:0000:03:00.0/${index} 3`),
      'irq:0000:03:00.0/admin-0 3',
    ]);
    expect(of('0000:03:00.0').every(({ isLast }) => isLast)).toBe(true);
    expect(of('0000:01:00.0').some(({ isLast }) => isLast)).toBe(false);
    expect(of('0000:02:00.0')).toEqual([]);
  });

  test('is sorted by path, each path once', () => {
    const paths = planned.knobs.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)].sort());
  });

  test('stops what would move interrupts, where any are planned', () => {
    const services = (hardware: Partial<Hardware>, own = plan) =>
      nicKnobs(machine({ nics: [front], ...hardware }), own, 'balanced', demand()).knobs.filter(({ path }) => path.startsWith('service:'));
    expect(services({ rivals: ['irqbalance'] }).map(({ path, value, reason }) => [path, value, reason])).toEqual([
      ['service:irqbalance', 'inactive', 'the interrupts of 2 NICs are planned, and irqbalance moves interrupts every ten seconds'],
    ]);
    expect(services({})).toEqual([]);
    expect(services({ rivals: ['irqbalance', 'tuned'], virtualization: 'kvm' })).toHaveLength(2);
    expect(services({ rivals: ['irqbalance'], virtualization: 'docker' })).toEqual([]);
    expect(services({ rivals: ['irqbalance'] }, cpuPlan({}, [0, 1]))).toEqual([]);
  });

  test('for two ports behind one bus address has each key once', () => {
    const ports = [front, { ...back, bus: front.bus }];
    const paths = nicKnobs(machine({ nics: ports }), plan, 'balanced', demand()).knobs.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});
