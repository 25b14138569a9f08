import { describe, expect, test } from 'vitest';
import type { Demand } from '../../tuning/demand.ts';
import type { Hardware, Knob } from '../../tuning/hardware.ts';
import { type Profile, profiles } from '../../tuning/profile.ts';
import { type Steering, unsteered } from '../../tuning/sysctl/entry.ts';
import { planSysctls } from '../../tuning/sysctl/plan.ts';
import { isCovered, normalForm, sysctlPath } from '../../tuning/sysctl.ts';
import { demand, machine, nic } from './machine.ts';

interface Case {
  readonly profile?: Profile;
  readonly hardware?: Partial<Hardware>;
  readonly originals?: Readonly<Record<string, string>>;
  readonly demand?: Partial<Demand>;
  readonly steering?: Partial<Steering>;
  readonly maxconn?: number;
}

/** What becomes of one value: its knob, or why it is left. */
function planned(
  name: string,
  { profile = 'balanced', hardware = {}, originals = {}, steering = {}, ...given }: Case,
): Knob | string | undefined {
  const here = machine(hardware, Object.fromEntries(Object.entries(originals).map(([key, value]) => [sysctlPath(key), value])));
  const { knobs, left, omitted } = planSysctls(
    {
      figures: profiles[profile],
      demand: demand(given.demand),
      maxconn: given.maxconn ?? 60_000,
      hardware: here,
      steering: { ...unsteered, ...steering },
    },
    new Map(),
  );
  const isIt = ({ path }: { readonly path: string }) => path === sysctlPath(name) || isCovered(path, sysctlPath(name));
  return knobs.find(isIt) ?? left.find(isIt)?.why ?? omitted.find(isIt)?.why;
}

const gigabyte = 2 ** 30;
const ten = { nics: [nic({ speedMbit: 10_000 })] };
const governor = '/sys/devices/system/cpu/cpufreq/policy*/scaling_governor';
const sleep = '/sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us';
const hugepages = '/sys/kernel/mm/transparent_hugepage/enabled';

describe('what a value is here, with the numbers that made it so', () => {
  test.each<[string, Case, Partial<Knob>]>([
    [
      'vm.min_free_kbytes',
      { hardware: { ...ten, memoryBytes: 64 * gigabyte }, originals: { 'vm.min_free_kbytes': '67584' } },
      { value: '671088', rule: 'at-least', reason: expect.stringContaining('1 % of 64 GB = 655 MB; a NIC has 10000 Mbit/s') },
    ],
    [
      'vm.min_free_kbytes',
      { hardware: { ...ten, memoryBytes: 512 * gigabyte } },
      { value: '1048576', reason: expect.stringContaining('at most 1 GB') },
    ],
    [
      'vm.min_free_kbytes',
      { hardware: { ...ten, memoryBytes: 64 * gigabyte }, originals: { 'vm.min_free_kbytes': '900000' } },
      { value: '900000' },
    ],
    [
      'net.ipv4.tcp_rmem',
      { profile: 'throughput', originals: { 'net.ipv4.tcp_rmem': '4096 131072 6291456' } },
      {
        value: '4096 131072 16777216',
        rule: 'at-least',
        reason: expect.stringContaining('2 x 1,000 Mbit/s x 100 ms = 25.0 MB, at most 16 MB'),
      },
    ],
    [
      'net.ipv4.tcp_rmem',
      { profile: 'throughput', hardware: { nics: [nic({ speedMbit: 100 })] }, originals: { 'net.ipv4.tcp_rmem': '4096 131072 6291456' } },
      { value: '4096 131072 6291456', reason: expect.stringContaining('2 x 100 Mbit/s x 100 ms = 2.5 MB') },
    ],
    [
      'net.ipv4.tcp_rmem',
      { profile: 'throughput', originals: { 'net.ipv4.tcp_rmem': '8192 200000 33554432' } },
      { value: '8192 200000 33554432' },
    ],
    [
      'net.ipv4.tcp_wmem',
      { profile: 'throughput', originals: { 'net.ipv4.tcp_wmem': '4096 16384 4194304' } },
      { value: '4096 16384 16777216' },
    ],
    [
      'net.ipv4.tcp_rmem',
      { profile: 'many-connections', originals: { 'net.ipv4.tcp_rmem': '4096 131072 33554432' } },
      { value: '4096 16060 262144', rule: 'at-most' },
    ],
    [
      'net.ipv4.tcp_wmem',
      { profile: 'many-connections', originals: { 'net.ipv4.tcp_wmem': '2048 16384 131072' } },
      { value: '2048 16384 131072', rule: 'at-most' },
    ],
    ['net.ipv4.tcp_notsent_lowat', { originals: { 'net.ipv4.tcp_notsent_lowat': '4294967295' } }, { value: '131072', rule: 'at-most' }],
    ['net.ipv4.tcp_slow_start_after_idle', { originals: { 'net.ipv4.tcp_slow_start_after_idle': '1' } }, { value: '0', rule: 'exactly' }],
    ['net.core.rmem_max', { demand: { quic: true }, originals: { 'net.core.rmem_max': '212992' } }, { value: '16777216' }],
    ['net.core.wmem_max', { demand: { quic: true }, originals: { 'net.core.wmem_max': '33554432' } }, { value: '33554432' }],
    [
      'net.core.rmem_default',
      { demand: { quic: true }, hardware: { memoryBytes: 64 * gigabyte }, maxconn: 7_000 },
      { value: `${2 ** 21}`, reason: expect.stringContaining('a quarter of 64 GB for 7,000 connections = 2,396 kB each') },
    ],
    [
      'net.core.rmem_default',
      { demand: { quic: true }, hardware: { memoryBytes: 512 * gigabyte }, maxconn: 7_000 },
      { value: `${2 ** 22}` },
    ],
    ['net.core.netdev_max_backlog', { steering: { usesRps: true } }, { value: '10000', rule: 'at-least' }],
    [
      'net.core.rps_sock_flow_entries',
      { steering: { flows: 32_768 } },
      { value: '32768', reason: expect.stringContaining('32,768 flows') },
    ],
    ['net.core.busy_poll', { profile: 'latency', steering: { isApart: true } }, { value: '50' }],
    ['net.core.busy_read', { profile: 'latency', steering: { isApart: true } }, { value: '50' }],
    [
      'kernel.numa_balancing',
      {
        steering: { isPinned: true },
        hardware: { nodes: [0, 1].map((id) => ({ id, memoryBytes: gigabyte, distances: [10, 21] })) },
        originals: { 'kernel.numa_balancing': '1' },
      },
      { value: '0', reason: expect.stringContaining('2 NUMA nodes') },
    ],
    ['net.ipv4.neigh.default.gc_thresh3', { demand: { neighbours: 1_022 } }, { value: '8192', reason: expect.stringContaining('1,022') }],
    ['net.ipv4.tcp_mtu_probing', { demand: { mtu: 9_000 } }, { value: '1', reason: expect.stringContaining('9000 bytes') }],
    [hugepages, { originals: { [hugepages]: '[always] madvise never' } }, { value: 'madvise', path: hugepages }],
    [governor, {}, { value: 'performance', path: '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor' }],
    [sleep, { profile: 'latency' }, { value: '10', path: '/sys/devices/system/cpu/cpu0/power/pm_qos_resume_latency_us' }],
    ['vm.swappiness', { profile: 'latency', originals: { 'vm.swappiness': '60' } }, { value: '1' }],
    ['net.ipv4.tcp_fin_timeout', { profile: 'many-connections', originals: { 'net.ipv4.tcp_fin_timeout': '60' } }, { value: '25' }],
    ['net.ipv4.tcp_syncookies', {}, { value: '1', rule: 'exactly' }],
    ['net.ipv4.tcp_timestamps', { originals: { 'net.ipv4.tcp_timestamps': '2' } }, { value: '2' }],
  ])('%s in %j', (name, given, wanted) => expect(planned(name, given)).toMatchObject(wanted));
});

describe('why a value is left', () => {
  test.each<[string, Case, string]>([
    ['vm.min_free_kbytes', { hardware: { ...ten, memoryBytes: 8 * gigabyte } }, 'there are 8.0 GB of memory, less than 16 GB'],
    [
      'vm.min_free_kbytes',
      { hardware: { nics: [nic({ speedMbit: 1_000 })], memoryBytes: 64 * gigabyte } },
      'the fastest NIC has 1000 Mbit/s',
    ],
    ['vm.min_free_kbytes', { hardware: { nics: [nic()], memoryBytes: 64 * gigabyte } }, 'of no NIC is it known'],
    ['net.ipv4.tcp_rmem', {}, 'the kernel enlarges it'],
    ['net.ipv4.tcp_rmem', { profile: 'latency' }, 'the kernel enlarges it'],
    ['net.core.rmem_max', {}, 'no bind speaks HTTP/3'],
    ['net.core.rmem_default', { demand: { quic: true } }, 'a quarter of 8.0 GB for 60,000 connections = 34 kB each, less than'],
    ['net.core.netdev_max_backlog', {}, 'no packets are handed to other CPUs'],
    ['net.core.rps_sock_flow_entries', { steering: { usesRps: true } }, 'RFS'],
    ['net.core.busy_poll', { profile: 'throughput', steering: { isApart: true } }, 'waiting costs a CPU'],
    ['net.core.busy_poll', { profile: 'latency' }, 'HAProxy shares CPUs with interrupts'],
    ['kernel.numa_balancing', { steering: { isPinned: true } }, 'there is one NUMA node'],
    ['net.ipv4.neigh.default.gc_thresh1', {}, 'room for 254 in the networks of its links: the table suffices'],
    ['net.ipv4.neigh.default.gc_thresh1', { demand: { neighbours: null } }, 'no document says'],
    ['net.ipv4.tcp_mtu_probing', {}, 'no link has packets of more than 1500 bytes'],
    ['net.ipv4.tcp_mem', {}, 'the kernel chooses it by its memory'],
    [hugepages, { originals: { [hugepages]: 'always madvise [never]' } }, 'it is never, which is stricter'],
    [sleep, {}, 'profile latency forbids it'],
    [sleep, { profile: 'latency', hardware: { virtualization: 'kvm' } }, 'the hypervisor decides'],
    [sleep, { profile: 'latency', originals: { [sleep.replace('*', '0')]: '5' } }, 'it is 5, which is stricter'],
    [sleep, { profile: 'latency', originals: { [sleep.replace('*', '0')]: 'n/a' } }, 'it is n/a, which is stricter'],
    ['fs.pipe-user-pages-soft', { demand: { splices: false } }, 'HAProxy splices nothing'],
  ])('%s in %j', (name, given, why) => expect(planned(name, given)).toContain(why));

  test('a machine that leaves the speed of its CPUs to nobody has no governor', () => {
    const here = machine();
    const originals = Object.fromEntries(Object.entries(here.originals).filter(([path]) => !path.includes('cpufreq')));
    const situation = { figures: profiles.balanced, demand: demand(), maxconn: 1000, steering: unsteered };
    const { knobs, left } = planSysctls({ ...situation, hardware: { ...here, originals } }, new Map());
    expect(knobs.some(({ value }) => value === 'performance')).toBe(false);
    expect(left).toContainEqual({ path: governor, why: 'this machine leaves it to nobody here' });
  });
});

test.each([
  ['4096\t131072\t6291456\n', '4096 131072 6291456'],
  ['always [madvise] never\n', 'madvise'],
  ['[always] madvise never\n', 'always'],
  ['performance\n', 'performance'],
])('the kernel means by %j %j', (text, value) => expect(normalForm(text)).toBe(value));
