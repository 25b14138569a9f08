import { describe, expect, test } from 'vitest';
import { nic, range } from './machine.ts';
import { channels, plan, vm } from './nic-plan.ts';
import { queueIrqs, sampleIrqs, sampleNic } from './samples.ts';

describe('on a virtual machine', () => {
  test('virtio with one queue asks the hypervisor for more', () => {
    const one = sampleNic(
      {
        i: 'virtio_net-fc618-ethtool-i-eth0.txt',
        l: 'virtio_net-fc618-ethtool-l-eth0.txt',
        g: 'virtio_net-fc618-ethtool-g-eth0.txt',
        c: 'virtio_net-fc618-ethtool-c-eth0.txt',
        k: 'virtio_net-fc618-ethtool-k-eth0.txt',
      },
      { name: 'eth0', irqs: sampleIrqs('virtio_net-fc618-interrupts.txt', 'virtio2') },
    );
    expect(plan(one, { hardware: vm('kvm', 2), irqCpus: [0, 1], haproxyCpus: [0, 1] })).toEqual({
      set: [
        'feature/generic-receive-offload = on',
        'feature/generic-segmentation-offload = on',
        'feature/scatter-gather = on',
        'feature/tcp-segmentation-offload = on',
        'feature/tx-checksumming = on',
        'ring/rx >= 256',
        'ring/tx >= 256',
        'irq:admin-0 = 0',
        'irq:rx-0 = 0',
        'irq:tx-0 = 0',
      ],
      left: [
        'ethtool:*/channels/combined: eth0: one queue is all that the hypervisor gives it, for 2 CPUs: ask the hypervisor for queues=2',
        'ethtool:*/rss: eth0: virtio_net shows no table that spreads packets over queues',
        'ethtool:*/coalesce: eth0: the interrupts of virtio_net are made by the host, and few hosts take a value',
        'queue:*/xps_cpus: eth0: with one queue there is nothing to choose',
      ],
    });
  });

  test('virtio with one queue for many CPUs has the kernel spread its packets, and take them to their threads', () => {
    const one = nic({
      driver: 'virtio_net',
      bus: '0000:00:03.0',
      channels: channels(1, 1),
      irqs: sampleIrqs('virtio_net-fc618-interrupts.txt', 'virtio2'),
    });
    const set = plan(one, { hardware: vm('kvm', 8), irqCpus: range(8), haproxyCpus: range(8) }).set;
    expect(set).toEqual([
      'irq:admin-0 = 0',
      'irq:rx-0 = 0',
      'irq:tx-0 = 0',
      'queue:rx-0/rps_cpus = 1-7',
      'queue:rx-0/rps_flow_cnt >= 32768',
    ]);
    expect(
      plan(one, { hardware: vm('kvm', 4), irqCpus: range(4), haproxyCpus: range(4) }).set.filter((line) => line.includes('rps')),
    ).toEqual([]);
  });

  test('each queue of virtio has both its interrupts on one CPU', () => {
    const irqs = range(4).flatMap((index) =>
      (['rx', 'tx'] as const).map((serves) => ({
        number: 30 + index,
        action: '',
        role: 'queue' as const,
        serves,
        index,
        affinity: null,
        effective: null,
      })),
    );
    const one = nic({ driver: 'virtio_net', channels: channels(4, 1), irqs });
    expect(plan(one, { hardware: vm('kvm', 4), irqCpus: range(4), haproxyCpus: range(4) }).set).toEqual([
      'channels/combined >= 4',
      ...range(4).map((queue) => `irq:rx-${queue} = ${queue}`),
      ...range(4).map((queue) => `irq:tx-${queue} = ${queue}`),
      ...range(4).map((queue) => `queue:tx-${queue}/xps_cpus = ${queue}`),
    ]);
  });

  test('ena with a queue for each CPU keeps them, each with a CPU of its own', () => {
    const one = sampleNic(
      { i: 'ena-2130g-ethtool-i-ens5.txt', l: 'ena-4vcpu-ethtool-l-ens5.txt', g: 'ena-8q-ethtool-g-ens5.txt' },
      { name: 'ens5', coalescing: { 'adaptive-rx': true, 'rx-usecs': 20, 'tx-usecs': 64 }, irqs: queueIrqs(4) },
    );
    expect(plan(one, { hardware: vm('amazon', 4), irqCpus: range(4), haproxyCpus: range(4) }).set).toEqual([
      'channels/combined >= 4',
      'coalesce/adaptive-rx = on',
      'coalesce/tx-usecs <= 64',
      'ring/rx >= 4096',
      'ring/tx >= 1024',
      ...range(4).map((queue) => `irq:${queue} = ${queue}`),
      'irq:admin-0 = 0',
      ...range(4).map((queue) => `queue:tx-${queue}/xps_cpus = ${queue}`),
    ]);
  });

  test('ena has no fewer queues than it had, and left to its driver by which it sends', () => {
    const one = nic({ driver: 'ena', channels: channels(8, 8), irqs: queueIrqs(8) });
    expect(plan(one, { hardware: vm('amazon', 16), irqCpus: range(4), haproxyCpus: range(16) })).toMatchObject({
      set: ['channels/combined >= 8', ...range(8).map((queue) => `irq:${queue} = ${queue % 4}`), 'irq:admin-0 = 0'],
    });
  });

  test('gve, which names all of its interrupts alike, has both directions of a queue on one CPU', () => {
    const irqs = sampleIrqs('gve-interrupts.txt', '0000:00:04.0');
    const one = nic({ driver: 'gve', bus: '0000:00:04.0', irqs, coalescing: { 'rx-usecs': 20, 'tx-usecs': 50 }, speedMbit: null });
    const lines = plan(one, { hardware: vm('google', 8), irqCpus: range(8), haproxyCpus: range(8), profile: 'throughput' }).set;
    expect(lines.slice(0, 2)).toEqual(['coalesce/rx-usecs = 20', 'coalesce/tx-usecs = 50']);
    const cpuOf = (kind: string) => lines.filter((line) => line.startsWith(`irq:${kind}-`)).map((line) => line.replace(/^irq:\w+-/, ''));
    expect(cpuOf('rx')).toEqual(['0 = 0']);
    expect(cpuOf('tx')).toEqual(cpuOf('rx'));
  });

  test('vmxnet3 has larger rings, and is told nothing about interrupts that its host makes', () => {
    const one = sampleNic(
      { i: 'vmxnet3-ethtool-i-ens160.txt', g: 'vmxnet3-ethtool-g-ens192.txt', k: 'vmxnet3-ethtool-k-eth0.txt' },
      {
        name: 'ens192',
        speedMbit: 10_000,
        queues: { rx: 4, tx: 4 },
        irqs: sampleIrqs('vmxnet3-4q-interrupts.txt', 'ens192'),
        coalescing: { 'adaptive-rx': true },
      },
    );
    const { set, left } = plan(one, { hardware: vm('vmware', 4), irqCpus: range(4), haproxyCpus: range(4) });
    expect(set).toEqual([
      'feature/generic-receive-offload = on',
      'feature/rx-checksumming = on',
      'feature/tx-checksumming = on',
      'ring/rx >= 4096',
      'ring/tx >= 1024',
      ...range(4).map((queue) => `irq:${queue} = ${queue}`),
      'irq:admin-0 = 0',
      ...range(4).map((queue) => `queue:tx-${queue}/xps_cpus = ${queue}`),
    ]);
    expect(left).toContain('ethtool:*/feature/tcp-segmentation-offload: ens192: vmxnet3 starts with it off, and may have a reason');
  });

  test('hv_netvsc has a channel for each CPU, and interrupts that nobody can place', () => {
    const one = sampleNic(
      { l: 'hv_netvsc-ethtool-l-eth0.txt', x: 'hv_netvsc-ethtool-x-eth0.txt' },
      { driver: 'hv_netvsc', rings: { max: { rx: 18_811, tx: 2560 }, current: { rx: 10_486, tx: 192 } } },
    );
    const { set, left } = plan(one, { hardware: vm('microsoft', 16), irqCpus: [], haproxyCpus: range(16) });
    expect(set).toEqual(['channels/combined >= 16', 'rss = equal 16']);
    expect(left.map((line) => line.split(': ')[0])).toEqual([
      'ethtool:*/ring',
      'ethtool:*/coalesce',
      'ethtool:*/feature',
      'irq:*',
      'queue:*/xps_cpus',
    ]);
  });

  test('xen-netfront shows nothing, and has nothing set', () => {
    expect(
      plan(sampleNic({ i: 'xen-vif-ethtool-i-enX0.txt' }), { hardware: vm('xen', 2), irqCpus: [0, 1], haproxyCpus: [0, 1] }).set,
    ).toEqual([]);
  });
});
