import { describe, expect, test } from 'vitest';
import { knownServices } from '../../appliance/host/probe/rival.ts';
import { probe } from '../../appliance/host/probe.ts';
import { type Capture, replay } from './capture.ts';

const folder = '/sys/devices/system/cpu';
const probed = (files: Capture['files'], more: Partial<Capture> = {}) => probe(replay({ folders: {}, programs: {}, ...more, files }), []);

describe('the CPUs of a machine', () => {
  test("of two kinds are told apart by Intel's own lists, or by what Arm's cores do", async () => {
    const intel = await probed({
      [`${folder}/online`]: '0-3\n',
      '/sys/devices/cpu_core/cpus': '0-1\n',
      '/sys/devices/cpu_atom/cpus': '2-3\n',
    });
    expect(intel.cpus.map(({ kind }) => kind)).toEqual(['performance', 'performance', 'efficiency', 'efficiency']);
    const arm = await probed({
      [`${folder}/online`]: '0-1\n',
      [`${folder}/cpu0/cpu_capacity`]: '446\n',
      [`${folder}/cpu1/cpu_capacity`]: '1024\n',
    });
    expect(arm.cpus.map(({ kind }) => kind)).toEqual(['efficiency', 'performance']);
  });

  test('of one kind have none', async () => {
    const alike = { [`${folder}/cpu0/cpu_capacity`]: '1024\n', [`${folder}/cpu1/cpu_capacity`]: '1024\n' };
    for (const files of [{}, alike, { '/sys/devices/cpu_core/cpus': '0-1\n' }]) {
      const { cpus } = await probed({ [`${folder}/online`]: '0-1\n', ...files });
      expect(cpus.map(({ kind }) => kind)).toEqual([null, null]);
    }
  });

  test('that the command line keeps free are isolated, and each has its governor', async () => {
    const { cpus } = await probed({
      [`${folder}/online`]: '0-3\n',
      [`${folder}/isolated`]: '1\n',
      [`${folder}/nohz_full`]: '3\n',
      [`${folder}/cpu0/cpufreq/scaling_governor`]: 'powersave\n',
    });
    expect(cpus.map(({ isIsolated }) => isIsolated)).toEqual([false, true, false, true]);
    expect(cpus.map(({ governor }) => governor)).toEqual(['powersave', null, null, null]);
  });

  test('are those that the control group and process 1 may use, both', async () => {
    const status = 'Name:\tsystemd\nCpus_allowed_list:\t0-2\n';
    const { cpus } = await probed({
      [`${folder}/online`]: '0-3\n',
      '/proc/1/status': status,
      '/sys/fs/cgroup/cpuset.cpus.effective': '1-3\n',
    });
    expect(cpus.map(({ id }) => id)).toEqual([1, 2]);
    expect((await probed({ [`${folder}/online`]: '0-3\n', '/sys/fs/cgroup/cpuset.cpus.effective': '\n' })).cpus).toHaveLength(4);
  });
});

describe('its nodes and rivals', () => {
  test('say how far memory is', async () => {
    const { nodes } = await probed(
      { '/sys/devices/system/node/node0/distance': '10 21\n', '/sys/devices/system/node/node1/distance': 'far\n' },
      { folders: { '/sys/devices/system/node': ['node0', 'node1'] } },
    );
    expect(nodes.map(({ distances }) => distances)).toEqual([[10, 21], []]);
  });

  test('are also those that ran before weir stopped them', async () => {
    expect((await probed({ '/run/weir/originals': 'service:irqbalance\tactive\nservice:tuned\tinactive\n' })).rivals).toEqual(['irqbalance']);
  });

  test('are the services that run', async () => {
    const programs = { [`systemctl is-active ${Object.keys(knownServices).join(' ')}`]: { exitCode: 3, stdout: 'inactive\ninactive\nactive\ninactive\nactive\n' } };
    expect((await probed({}, { programs })).rivals).toEqual(['tuned', 'NetworkManager']);
  });
});
