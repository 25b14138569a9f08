import { describe, expect, test } from 'vitest';
import { createLog } from '../../../appliance/agent/log.ts';
import type { Happening } from '../../../appliance/agent/tuner/happening.ts';
import { createTuner, type Tuner } from '../../../appliance/agent/tuner/tuner.ts';
import { lastVerdicts } from '../../../appliance/agent/verdicts.ts';
import type { World } from '../../../appliance/host/fake.ts';
import type { Program } from '../../../appliance/host/fake-programs.ts';
import { linkTo, textFile } from '../../../appliance/state/host-state.ts';
import type { Irq } from '../../../tuning/hardware.ts';
import { applied, first, freshWorld, hostOn, second, value } from '../../apply/machine.ts';
import { demand, machine, nic } from '../../tuning/machine.ts';

const somaxconn = '/proc/sys/net/core/somaxconn';
const swappiness = '/proc/sys/vm/swappiness';
const time: readonly Happening[] = [{ kind: 'time' }];

/** A machine on which the first document is confirmed, with its tuner after its first round. */
async function tuned(
  programs: Readonly<Record<string, Program>> = {},
): Promise<{ on: World; tuner: Tuner; log: string[]; again: () => Promise<Tuner> }> {
  const on = freshWorld();
  await applied(on, first);
  const log: string[] = [];
  const again = async (): Promise<Tuner> => {
    const tuner = createTuner(
      hostOn(on, { programs }),
      createLog((text) => void log.push(text)),
      async () => machine(),
    );
    await tuner.round([{ kind: 'start' }]);
    return tuner;
  };
  return { on, log, again, tuner: await again() };
}

const holds = (on: World, path: string) => `${on.files.get(path)?.content}`;
const set = (on: World, path: string, content: string) => on.files.set(path, value(content));
const wanted = '65537';

/** systemctl of a machine on which this unit runs. */
const runs =
  (unit: string): Program =>
  ({ args }) =>
    args[0] === 'is-active'
      ? {
          stdout: args
            .slice(1)
            .map((name) => (name === unit ? 'active' : 'inactive'))
            .join('\n'),
        }
      : null;

describe('the tuner', () => {
  test('keeps what a value held before its first write of this boot, where nothing did so at the start', async () => {
    const { on, again } = await tuned();
    on.files.delete('/run/weir/originals');
    set(on, somaxconn, '4096');
    await again();
    expect(holds(on, somaxconn)).toBe(wanted);
    expect(holds(on, '/run/weir/originals')).toContain(`${somaxconn}\t4096\n`);
  });

  test('puts back what something unknown set, three times within an hour, and then says who should end it', async () => {
    const { on, tuner } = await tuned();
    for (const round of [1, 2, 3]) {
      set(on, somaxconn, '128');
      await tuner.round(time);
      expect(holds(on, somaxconn), `round ${round}`).toBe(wanted);
      expect(tuner.warnings()).toEqual([]);
    }
    set(on, somaxconn, '128');
    await tuner.round(time);
    expect(holds(on, somaxconn)).toBe('128');
    expect(tuner.warnings()).toEqual([expect.stringMatching(/somaxconn was set to 128 by something unknown again .*3 times/)]);
  });

  test('does not count what is an hour ago', async () => {
    const { on, tuner } = await tuned();
    for (const _ of [1, 2, 3, 4, 5]) {
      set(on, somaxconn, '128');
      await tuner.round(time);
      expect(holds(on, somaxconn)).toBe(wanted);
      on.nowMs += 25 * 60_000;
    }
  });

  test('leaves what a person who is logged in set, until the next apply', async () => {
    const { on, tuner, again } = await tuned();
    on.files.set('/run/systemd/sessions/3', textFile('UID=1000\nUSER=admin\nCLASS=user\nSTATE=active\n'));
    set(on, somaxconn, '128');
    for (const start of [async () => tuner, again]) {
      const one = await start();
      await one.round(time);
      expect(holds(on, somaxconn)).toBe('128');
      expect(one.warnings()).toEqual([expect.stringMatching(/somaxconn was set to 128 by hand \(admin was logged in\)/)]);
    }
    await applied(on, second);
    const after = await again();
    expect(holds(on, somaxconn)).toBe('65538');
    expect(after.warnings()).toEqual([]);
  });

  test('takes a session that is closing, and a manager of a user, for nobody', async () => {
    const { on, tuner } = await tuned();
    on.files.set('/run/systemd/sessions/3', textFile('USER=admin\nCLASS=user\nSTATE=closing\n'));
    on.files.set('/run/systemd/sessions/4', textFile('USER=admin\nCLASS=manager\nSTATE=active\n'));
    set(on, somaxconn, '128');
    await tuner.round(time);
    expect(holds(on, somaxconn)).toBe(wanted);
  });

  test('names the program that runs, although a person is logged in', async () => {
    const { on, tuner, log } = await tuned({ systemctl: runs('tuned') });
    on.files.set('/run/systemd/sessions/3', textFile('USER=admin\nCLASS=user\nSTATE=active\n'));
    for (const _ of [1, 2, 3, 4]) {
      set(on, somaxconn, '128');
      await tuner.round(time);
    }
    expect(log.join('')).toContain('"who":"tuned"');
    expect(tuner.warnings()).toEqual([expect.stringContaining('by tuned again')]);
  });

  test('does not take a balancer of interrupts for who set a sysctl', async () => {
    const { on, tuner, log } = await tuned({ systemctl: runs('irqbalance') });
    set(on, somaxconn, '128');
    await tuner.round(time);
    expect(log.join('')).toContain('"who":null');
  });

  test('names the settings file that says what the kernel holds, and warns of one that will win at the next boot', async () => {
    const { on, tuner, log } = await tuned();
    on.files.set('/etc/sysctl.d/99-local.conf', textFile('net.core.somaxconn = 128\n'));
    await tuner.round([{ kind: 'settings' }]);
    expect(tuner.warnings()).toEqual([expect.stringContaining('/etc/sysctl.d/99-local.conf sets /proc/sys/net/core/somaxconn to 128')]);
    set(on, somaxconn, '128');
    await tuner.round(time);
    expect(holds(on, somaxconn)).toBe(wanted);
    expect(log.join('')).toContain('"who":"/etc/sysctl.d/99-local.conf"');
    on.files.set('/etc/sysctl.d/99-local.conf', linkTo('/dev/null'));
    await tuner.round([{ kind: 'settings' }]);
    expect(tuner.warnings()).toEqual([]);
  });

  test('a value that the machine does not take is asked for once, and again only when something comes or goes', async () => {
    const { on, again } = await tuned();
    let writes = 0;
    const host = hostOn(on, {
      fault: ({ verb, what }) => {
        const isIt = verb === 'write' && what.startsWith(somaxconn);
        writes += Number(isIt);
        return isIt ? 'EIO' : null;
      },
    });
    set(on, somaxconn, '128');
    const tuner = createTuner(
      host,
      createLog(() => {}),
      async () => machine(),
    );
    await tuner.round([{ kind: 'start' }]);
    await tuner.round(time);
    expect(writes).toBe(1);
    await tuner.round([{ kind: 'driver', device: '0000:00:01.0' }]);
    expect(writes).toBe(2);
    await again();
    expect(holds(on, somaxconn)).toBe(wanted);
  });

  test('touches nothing but kernel values', async () => {
    const { on, tuner } = await tuned();
    on.files.set('/etc/hostname', textFile('other\n'));
    set(on, swappiness, '60');
    await tuner.round(time);
    expect(holds(on, swappiness)).toBe('1');
    expect(holds(on, '/etc/hostname')).toBe('other\n');
  });

  test.each([
    ['an apply that was interrupted waits to be undone', (on: World) => void on.files.set('/run/weir/apply.json', textFile('{}'))],
    ['somebody changes the machine', (on: World) => void Object.assign(on, { lockHolder: 'alice: apply' })],
  ])('does nothing while %s', async (_, prevent) => {
    const { on, tuner } = await tuned();
    set(on, somaxconn, '128');
    prevent(on);
    await tuner.round(time);
    expect(holds(on, somaxconn)).toBe('128');
    expect(tuner.warnings()).toEqual([]);
  });

  test('has nothing to say on a machine without a document, and says what it cannot read', async () => {
    const on = freshWorld();
    const tuner = createTuner(
      hostOn(on),
      createLog(() => {}),
      async () => machine(),
    );
    await tuner.round([{ kind: 'start' }]);
    expect(tuner.warnings()).toEqual([]);
    await applied(on, first);
    for (const path of [...on.files.keys()].filter((name) => name.endsWith('knobs.json'))) on.files.set(path, textFile('[{'));
    await tuner.round(time);
    expect(tuner.warnings()).toEqual([expect.stringContaining('the kernel values cannot be looked at')]);
  });

  test('plans anew when a link comes up, whose interrupts are known only then, and sends each to its CPU', async () => {
    const bus = '0000:04:00.0';
    const on = freshWorld();
    const asked = { profile: 'balanced' as const, demand: demand(), overrides: {}, links: {} };
    await applied(on, { ...first, asked });
    const irqs = [0, 1].map(
      (index): Irq => ({ number: 40 + index, action: '', role: 'queue', serves: 'both', index, affinity: [0], effective: [0] }),
    );
    let probed = 0;
    const probe = async () => {
      probed += 1;
      return machine({ nics: [nic({ pci: bus, driver: 'igb', channels: null, irqs: on.files.has(`irq:${bus}/0`) ? irqs : [] })] });
    };
    const tuner = createTuner(
      hostOn(on),
      createLog(() => {}),
      probe,
    );
    await tuner.round([{ kind: 'start' }]);
    for (const index of [0, 1]) set(on, `irq:${bus}/${index}`, '0-3');
    await tuner.round(time);
    expect([probed, holds(on, `irq:${bus}/0`)]).toEqual([1, '0-3']);
    await tuner.round([{ kind: 'link', name: 'front' }]);
    expect([probed, holds(on, `irq:${bus}/0`), holds(on, `irq:${bus}/1`)]).toEqual([2, '0', '1']);
    // its driver began anew
    set(on, `irq:${bus}/1`, '0-3');
    await tuner.round([{ kind: 'driver', device: bus }]);
    expect(holds(on, `irq:${bus}/1`)).toBe('1');
    expect(tuner.warnings()).toEqual([]);
    // what is refused is known to status and plans as well
    set(on, `irq:${bus}/1`, '0-3');
    const host = hostOn(on);
    const write: typeof host.write = async (path, held) => {
      if (path === `irq:${bus}/1`) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      return host.write(path, held);
    };
    await createTuner(
      { ...host, write },
      createLog(() => {}),
      probe,
    ).round([{ kind: 'start' }]);
    expect(await lastVerdicts(host)).toMatchObject([
      { path: `irq:${bus}/1`, wanted: '1', holds: '0-3', kind: 'unchangeable', reason: 'EIO' },
    ]);
  });
});
