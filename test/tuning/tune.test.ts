import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { violation } from '../../tuning/bounds.ts';
import { maxsock } from '../../tuning/descriptors.ts';
import type { Hardware, Knob } from '../../tuning/hardware.ts';
import { profiles } from '../../tuning/profile.ts';
import { catalogue, isCovered, sysctlPath } from '../../tuning/sysctl.ts';
import { type Tuned, tune } from '../../tuning/tune.ts';
import { cpu, demand, machine, nic } from './machine.ts';

function knob(tuned: Tuned, name: string): Knob | undefined {
  return tuned.knobs.find(({ path }) => path === sysctlPath(name));
}

function balanced(hardware: Hardware | null, overrides: Readonly<Record<string, string>> = {}, different = {}): Tuned {
  return tune(hardware, 'balanced', demand(different), overrides);
}

/** Values of a kernel that are what it takes. */
const anyOriginals = fc
  .record(
    Object.fromEntries(
      catalogue.flatMap(({ name, bounds }) =>
        bounds?.kind === 'numbers'
          ? [
              [
                sysctlPath(name).replace('*', '0'),
                fc
                  .array(fc.integer({ min: bounds.min, max: bounds.max }), { minLength: bounds.count, maxLength: bounds.count })
                  .map((numbers) => numbers.sort((a, b) => a - b).join(' ')),
              ],
            ]
          : [],
      ),
    ),
  )
  .map((values) => values as Readonly<Record<string, string>>);

const anyMachine = fc.record({
  memoryBytes: fc.integer({ min: 2 ** 27, max: 2 ** 43 }),
  openFiles: fc.option(fc.integer({ min: 1024, max: 2 ** 30 })),
  virtualization: fc.constantFrom('none', 'kvm', 'docker'),
  cpus: fc.integer({ min: 1, max: 256 }).map((count) => Array.from({ length: count }, (_, id) => cpu(id))),
  nics: fc.array(fc.record({ speedMbit: fc.option(fc.constantFrom(10, 1_000, 10_000, 100_000)) }).map(nic), { maxLength: 3 }),
});

const anyDemand = fc
  .record({
    maxconn: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
    splices: fc.boolean(),
    quic: fc.boolean(),
    fastOpen: fc.boolean(),
    isTransparent: fc.boolean(),
    hasVips: fc.boolean(),
    mtu: fc.constantFrom(1500, 9000),
    neighbours: fc.option(fc.integer({ min: 0, max: 2 ** 24 })),
  })
  .map(demand);

const profileNames = Object.keys(profiles) as (keyof typeof profiles)[];

describe('the catalogue', () => {
  test('is sorted, and each value has a reason and a source', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    expect(balanced(machine()).knobs.map(({ path }) => path)).toEqual(
      balanced(machine())
        .knobs.map(({ path }) => path)
        .sort(),
    );
    expect(balanced(machine()).knobs.every(({ reason, source }) => reason.length > 10 && source.length > 5)).toBe(true);
  });

  test.each(profileNames)('wishes only what its own bounds allow (%s)', (profile) => {
    for (const { path, value } of tune(null, profile, demand({ maxconn: 40_000 }), {}).knobs) {
      const entry = catalogue.find(({ name }) => isCovered(path, sysctlPath(name)));
      if (!entry?.bounds) throw new Error(`${path} is set and has no bounds`);
      expect(violation(value, entry.bounds), path).toBeNull();
    }
  });
});

describe('tuning', () => {
  test('never lowers what a person raised, and never raises what a person lowered', () => {
    fc.assert(
      fc.property(anyOriginals, anyMachine, fc.constantFrom(...profileNames), anyDemand, (values, different, profile, asked) => {
        const { knobs } = tune(machine(different, values), profile, asked, {});
        for (const { path, rule, value } of knobs) {
          const original = values[path];
          if (original === undefined || rule === 'exactly') continue;
          if (path.endsWith('pipe-user-pages-soft') && (original === '0' || value === '0')) continue;
          const [is, was] = [value, original].map((text) => text.split(' ').map(Number)) as [number[], number[]];
          if (rule === 'at-least') for (const [index, number] of was.entries()) expect(is[index], path).toBeGreaterThanOrEqual(number);
          if (rule === 'at-most') for (const [index, number] of was.entries()) expect(is[index], path).toBeLessThanOrEqual(number);
        }
      }),
    );
  });

  test('lowers nothing that has a limit but in the profile for many connections, where it says so', () => {
    fc.assert(
      fc.property(anyOriginals, anyMachine, fc.constantFrom(...profileNames), anyDemand, (values, different, profile, asked) => {
        const buffers = /tcp_[rw]mem$/;
        const lowering = tune(machine(different, values), profile, asked, {}).knobs.filter(
          ({ path, rule }) => buffers.test(path) && rule !== 'at-least',
        );
        expect(lowering.length > 0).toBe(profile === 'many-connections');
      }),
    );
  });

  test('is the same twice, and its values are within their own bounds, for any machine and any document', () => {
    fc.assert(
      fc.property(anyOriginals, anyMachine, fc.constantFrom(...profileNames), anyDemand, (values, different, profile, asked) => {
        const tuned = tune(machine(different, values), profile, asked, {});
        expect(tune(machine(different, values), profile, asked, {})).toEqual(tuned);
        for (const { path, value } of tuned.knobs) {
          const entry = catalogue.find(({ name }) => isCovered(path, sysctlPath(name)));
          expect(entry?.bounds && violation(value, entry.bounds), path).toBeNull();
        }
        const [set, left] = [tuned.knobs.map(({ path }) => path), tuned.left.map(({ path }) => path)];
        expect(set.filter((path) => left.includes(path))).toEqual([]);
      }),
    );
  });

  test('leaves a limit that is none as it is', () => {
    expect(knob(balanced(machine({}, { '/proc/sys/fs/pipe-user-pages-soft': '0' })), 'fs.pipe-user-pages-soft')?.value).toBe('0');
    expect(knob(balanced(machine({}, { '/proc/sys/fs/pipe-user-pages-soft': '16384' })), 'fs.pipe-user-pages-soft')?.value).toBe('600000');
  });

  test('counts pipes as the document says them: how many, and of what size', () => {
    const usual = machine({}, { '/proc/sys/fs/pipe-user-pages-soft': '16384' });
    const pages = (different: object) => knob(balanced(usual, {}, { maxconn: 4000, ...different }), 'fs.pipe-user-pages-soft')?.value;
    expect(pages({ maxpipes: 5000 })).toBe('80000');
    expect(pages({ pipesize: 262_144 })).toBe('64000');
    expect(pages({ splices: false, maxpipes: 5000 })).toBeUndefined();
    // as HAProxy 3.0.11 counts: two descriptors a pipe
    expect(maxsock(7979, demand({ maxpipes: 1994 }), 2)).toBe(maxsock(7979, demand(), 2));
    expect(maxsock(7979, demand({ maxpipes: 2 }), 2)).toBe(maxsock(7979, demand(), 2) - 3984);
  });

  test('leaves out, and reports, what this kernel does not have', () => {
    const tuned = balanced(machine({}, { '/proc/sys/net/unix/max_dgram_qlen': null }));
    expect(knob(tuned, 'net.unix.max_dgram_qlen')).toBeUndefined();
    expect(tuned.omitted).toEqual([{ path: '/proc/sys/net/unix/max_dgram_qlen', why: 'Linux 6.12.0 here has no such value' }]);
  });

  test('leaves out in a container what belongs to its host', () => {
    const tuned = balanced(machine({ virtualization: 'systemd-nspawn' }));
    expect(tuned.knobs.every(({ path }) => path.startsWith('/proc/sys/net/'))).toBe(true);
    expect(tuned.omitted.map(({ path }) => path)).toEqual([
      '/sys/devices/system/cpu/cpufreq/policy*/scaling_governor',
      '/sys/kernel/mm/transparent_hugepage/enabled',
      ...['fs/file-max', 'fs/nr_open', 'fs/pipe-user-pages-soft', 'vm/swappiness'].map((path) => `/proc/sys/${path}`),
    ]);
    // Of the network, but one for all namespaces.
    expect(balanced(machine({ virtualization: 'docker' }), {}, { quic: true }).omitted).toContainEqual({
      path: '/proc/sys/net/core/rmem_max',
      why: 'belongs to the host of this container (docker)',
    });
  });

  test('leaves out without hardware what depends on memory, unless the document says how many connections', () => {
    const ofMemory = ['kernel/numa_balancing', 'vm/min_free_kbytes'];
    const ofConnections = ['fs/file-max', 'fs/nr_open', 'fs/pipe-user-pages-soft'];
    const omitted = (tuned: Tuned) => tuned.omitted.map(({ path }) => path.replace('/proc/sys/', '')).sort();
    expect(omitted(balanced(null))).toEqual([...ofConnections, ...ofMemory].sort());
    expect(omitted(balanced(null, {}, { maxconn: 40_000 }))).toEqual(ofMemory);
  });

  test('reserves the ports of binds from outgoing connections, with those that were reserved before', () => {
    expect(knob(balanced(machine()), 'net.ipv4.ip_local_reserved_ports')?.value).toBe('0,8443');
    expect(knob(balanced(null, {}, { ports: [80, 8443, 9000, 9001] }), 'net.ipv4.ip_local_reserved_ports')?.value).toBe('8443,9000-9001');
    expect(knob(balanced(null, {}, { ports: [80] }), 'net.ipv4.ip_local_reserved_ports')).toBeUndefined();
    expect(knob(balanced(null, { 'net.ipv4.ip_local_reserved_ports': '7000' }), 'net.ipv4.ip_local_reserved_ports')?.value).toBe(
      '7000,8443',
    );
  });

  test('lets HAProxy bind addresses that are not there yet, and answers ARP strictly, only where there is a need', () => {
    const names = [
      'net.ipv4.ip_nonlocal_bind',
      'net.ipv6.ip_nonlocal_bind',
      'net.ipv4.conf.all.arp_ignore',
      'net.ipv4.conf.all.arp_announce',
    ];
    const values = (different: object) => names.map((name) => knob(balanced(null, {}, different), name)?.value);
    expect(values({})).toEqual(['1', '1', '1', '2']);
    expect(values({ hasVips: false })).toEqual(['1', '1', undefined, undefined]);
    expect(values({ hasVips: false, bindsAddresses: false })).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('sizes the accept queue for few and for many connections', () => {
    expect(knob(balanced(null), 'net.core.somaxconn')?.value).toBe('65535');
    expect(knob(balanced(null, {}, { maxconn: 500 }), 'net.core.somaxconn')?.value).toBe('4096');
  });

  test('takes the word of the document, below or above its own', () => {
    const tuned = balanced(machine({}, { '/proc/sys/net/core/somaxconn': '4096' }), {
      'net.core.somaxconn': ' 1024\n',
      'net.ipv4.ip_local_port_range': '2000\t60001',
    });
    expect(knob(tuned, 'net.core.somaxconn')).toMatchObject({ value: '1024', rule: 'exactly', reason: 'set by the document' });
    expect(knob(tuned, 'net.ipv4.ip_local_port_range')?.value).toBe('2000 60001');
    expect(tuned.problems).toEqual([]);
  });

  test.each([
    [
      'net.ipv4.tcp_tw_recycle',
      '1',
      'net.ipv4.tcp_tw_recycle broke clients behind NAT and is gone since Linux 4.12',
      'net.ipv4.tcp_tw_reuse does what was meant',
    ],
    ['net.ipv4.tcp_low_latency', '1', 'net.ipv4.tcp_low_latency does nothing since Linux 4.14', 'tuning.profile: latency'],
    ['net.ipv4.tcp_fack', '1', 'does nothing', 'leave it out'],
    ['net.ipv4.tcp_adv_win_scale', '2', 'does nothing', 'leave it out'],
    ['net.ipv4.udp_wmem_min', '8192', 'does nothing', 'leave it out'],
    ['net.ipv4.route.max_size', '1', 'there is no route cache', 'leave it out'],
    ['net.ipv4.ipfrag_low_thresh', '1', 'does nothing', 'leave it out'],
    ['net.ipv4.tcp_max_syn_backlog', '60000', 'has no effect while tcp_syncookies is 1', 'net.core.somaxconn'],
    ['net.ipv4.tcp_timestamps', '0', 'the reuse of waiting ports', 'leave it out'],
    ['net.ipv4.tcp_sack', '0', 'a whole window', 'leave it out'],
    ['net.ipv4.tcp_window_scaling', '0', '64 kB in flight', 'leave it out'],
    ['net.ipv4.tcp_moderate_rcvbuf', '0', 'the same buffer', 'leave it out'],
    ['net.ipv4.tcp_abort_on_overflow', '1', 'answers a short burst with resets', 'leave it out'],
    ['net.ipv4.netfilter.ip_conntrack_max', '1', 'connection tracking', 'leave it out'],
    ['net.ipv6.conf.all.forwarding', '1', 'forwards no packets', 'leave it out'],
    ['kernel.nmi_watchdog', '0', 'while an update is on trial', 'leave it out'],
    ['net.core.default_qdisc', 'fq', 'net.core.default_qdisc is left as the kernel has it: only devices', 'leave it out'],
    ['net.core.netdev_max_backlog', '250000', 'must lie between 64 and 65536', undefined],
    ['net.ipv4.tcp_congestion_control', 'vegas', 'must be one of bbr, cubic', undefined],
    ['net.ipv4.tcp_syncookies', '0', 'must be 1', 'leave it out'],
    ['net.ipv4.ip_forward', '1', 'forwards no packets', 'leave it out'],
    ['net.netfilter.nf_conntrack_max', '262144', 'connection tracking', 'leave it out'],
    ['net.ipv4.ip_nonlocal_bind', '0', 'net.ipv4.ip_nonlocal_bind must be 1', 'leave it out'],
    ['somaxconn', '4096', 'somaxconn is not a kernel value that weir sets', 'did you mean net.core.somaxconn?'],
    ['net.core.somaxcon', '4096', 'is not a kernel value that weir sets', 'did you mean net.core.somaxconn?'],
    ['net.ipv4.tcp_synakc_retries', '2', 'is not a kernel value that weir sets', 'did you mean net.ipv4.tcp_synack_retries?'],
    ['net/core/somaxconn', '4096', 'is not a kernel value that weir sets', 'did you mean net.core.somaxconn?'],
    ['kernel.core_pattern', '|/bin/sh', 'is not a kernel value that weir sets', 'weir tune explain'],
    ['net.core.somaxconn', 'many', 'net.core.somaxconn must be a whole number from 1 to 2147483647, not "many"', undefined],
    ['vm.swappiness', '500', 'vm.swappiness must lie between 0 and 200, not "500"', undefined],
  ])('refuses %s = %s and says why', (name, value, message, hint) => {
    const { problems, knobs } = balanced(null, { [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ at: ['tuning', 'sysctl', name] });
    expect(problems[0]?.message).toContain(message);
    if (hint === undefined) expect(problems[0]?.hint).toBeUndefined();
    else expect(problems[0]?.hint).toContain(hint);
    expect(knobs.some((one) => one.value === value && one.reason === 'set by the document')).toBe(false);
  });

  test('sets nothing of a document that its bounds refuse, whatever the value is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...catalogue.filter(({ name }) => !name.startsWith('/'))), fc.string(), (sysctl, value) => {
        const { knobs, problems } = balanced(null, { [sysctl.name]: value });
        const set = knobs.find(({ path, reason }) => path === sysctlPath(sysctl.name) && reason === 'set by the document');
        expect(problems.length === 0).toBe(set !== undefined);
        expect(set?.value ?? '0').toMatch(/^(?:[\d ,-]*|[a-z]+)$/);
      }),
    );
  });
});
