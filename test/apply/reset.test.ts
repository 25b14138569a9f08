import { describe, expect, test } from 'vitest';
import { readReset, reset } from '../../appliance/apply/reset.ts';
import { killed, type World } from '../../appliance/host/fake.ts';
import { bus, keysOn, startNic, tuned, withDriver } from './driver.ts';
import { applyTo, changeTo, copyOf, documentOf, freshWorld, hostOn, stateOf, value } from './machine.ts';

const one = documentOf(stateOf('cccccccccccc', [...tuned, ['/proc/sys/vm/swappiness', value('1')]]), 'one');
const two = documentOf(
  stateOf('dddddddddddd', [...tuned.filter(([path]) => !path.includes('channels')), [`ethtool:${bus}/channels/combined`, value('3')]]),
  'two',
);

const kernelOf = (on: World) => ({
  ...keysOn(on),
  ...Object.fromEntries([...on.files].filter(([path]) => path.startsWith('/proc/')).map(([path, { content }]) => [path, `${content}`])),
});

/** A machine with a NIC that has been tuned by two documents, one after the other, and what its kernel held before. */
async function tunedTwice(): Promise<{ on: World; before: Readonly<Record<string, string>> }> {
  const on = freshWorld();
  startNic(on);
  const before = kernelOf(on);
  for (const document of [one, two])
    expect(await applyTo(withDriver(on, hostOn(on)), changeTo(document))).toMatchObject({ kind: 'confirmed' });
  expect(kernelOf(on)).not.toEqual(before);
  return { on, before };
}

describe('a reset', () => {
  test('brings back what the kernel and NICs held first, also after two applies, and is the same twice', async () => {
    const { on, before } = await tunedTwice();
    for (const _ of [1, 2]) {
      expect(await reset(withDriver(on, hostOn(on)), 'alice')).toMatchObject({ kind: 'reset', left: [] });
      expect(kernelOf(on)).toEqual(before);
    }
    expect(await readReset(hostOn(on))).toMatchObject({ by: 'alice', done: true });
  });

  test('killed at any moment is ended by whoever comes next', async () => {
    const { on: start, before } = await tunedTwice();
    const whole = copyOf(start);
    await reset(withDriver(whole, hostOn(whole)), 'alice');
    for (let at = 0; at < whole.transcript.length; at++) {
      const on = copyOf(start);
      const dying = withDriver(on, hostOn(on, { fault: ({ number }) => (number === at ? 'killed' : null) }));
      await reset(dying, 'alice').catch((error) => {
        if (error !== killed) throw error;
      });
      const begun = await readReset(hostOn(on));
      if (begun?.done === false) await reset(withDriver(on, hostOn(on)), begun.by);
      expect(kernelOf(on), `killed at ${at}`).toEqual(begun === null ? kernelOf(start) : before);
    }
  });

  test('says what does not come back, and brings the rest', async () => {
    const { on, before } = await tunedTwice();
    const host = withDriver(on, hostOn(on));
    const refusing = {
      ...host,
      write: async (path: string, held: Parameters<typeof host.write>[1]) => {
        if (path === '/proc/sys/vm/swappiness') throw Object.assign(new Error('read-only'), { code: 'EROFS', syscall: 'write' });
        return host.write(path, held);
      },
    };
    on.files.set('/proc/sys/vm/swappiness', value('7'));
    expect(await reset(refusing, 'alice')).toMatchObject({
      kind: 'reset',
      left: ['/proc/sys/vm/swappiness cannot be put back: the file system is read-only'],
    });
    expect(kernelOf(on)).toEqual({ ...before, '/proc/sys/vm/swappiness': '7' });
  });

  test('is refused while the machine is changed', async () => {
    const { on } = await tunedTwice();
    on.lockHolder = 'bob: apply';
    expect(await reset(withDriver(on, hostOn(on)), 'alice')).toEqual({ kind: 'busy', holder: 'bob: apply' });
  });

  test('is over with the next apply, which sets everything again', async () => {
    const { on } = await tunedTwice();
    const after = kernelOf(on);
    await reset(withDriver(on, hostOn(on)), 'alice');
    expect(await applyTo(withDriver(on, hostOn(on)), changeTo(two))).toMatchObject({ kind: 'confirmed', changed: true });
    expect(kernelOf(on)).toEqual(after);
    expect(await readReset(hostOn(on))).toBeNull();
  });

  test('leaves a machine that nobody tuned as it is', async () => {
    const on = freshWorld();
    expect(await reset(hostOn(on), 'alice')).toEqual({ kind: 'reset', values: 0, left: [] });
  });
});
