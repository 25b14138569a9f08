import { describe, expect, test } from 'vitest';
import { bringBack } from '../../appliance/apply/bring-back.ts';
import { resolve } from '../../appliance/apply/resolve.ts';
import { type FakeOptions, killed, type World } from '../../appliance/host/fake.ts';
import type { Host } from '../../appliance/host/host.ts';
import { bus, keysOn, startNic, tuned, withDriver } from './driver.ts';
import { applyTo, changeTo, copyOf, documentOf, freshWorld, hostOn, pictureOf, stateOf } from './machine.ts';

const withNic = documentOf(stateOf('cccccccccccc', tuned), 'with a NIC');
const withoutNic = documentOf(stateOf('dddddddddddd'), 'without');

/** What the NIC holds once it is tuned. */
const wanted = {
  ...Object.fromEntries(tuned.map(([path, { content }]) => [path, `${content}`])),
  [`ethtool:${bus}/rss`]: 'equal 2',
};

function machine(): World {
  const on = freshWorld();
  startNic(on);
  return on;
}

const driven = (on: World, options: Omit<FakeOptions, 'serviceOf'> = {}): Host => withDriver(on, hostOn(on, options));

async function applied(): Promise<{ on: World; before: World }> {
  const on = machine();
  const before = copyOf(on);
  expect(await applyTo(driven(on), changeTo(withNic))).toMatchObject({ kind: 'confirmed', verdicts: [] });
  return { on, before };
}

describe('an apply of what NICs hold', () => {
  test('sets all of it, although channels and rings make the rest anew', async () => {
    const { on } = await applied();
    expect(keysOn(on)).toEqual(wanted);
  });

  test('stops rivals first, then makes queues, then sends interrupts to their CPUs', async () => {
    const { on } = await applied();
    const written = on.transcript.flatMap((line) => /^write ((?:irq|queue|ethtool|service):\S+)/.exec(line)?.[1] ?? []);
    expect(written.map((path) => path.replace(bus, 'B'))).toEqual([
      'service:irqbalance',
      'ethtool:B/channels/combined',
      'ethtool:B/ring/rx',
      'ethtool:B/coalesce/rx-usecs',
      'irq:B/0',
      'irq:B/1',
      'queue:B/tx-0/xps_cpus',
      'queue:B/tx-1/xps_cpus',
    ]);
  });

  test('twice is once', async () => {
    const { on } = await applied();
    const picture = pictureOf(on);
    expect(await applyTo(driven(on), changeTo(withNic))).toMatchObject({ kind: 'confirmed', changed: false });
    expect(pictureOf(on)).toEqual(picture);
  });

  test('of a document without it gives the NIC back what it held first, also what nobody had set', async () => {
    const { on, before } = await applied();
    on.files.set(`ethtool:${bus}/coalesce/rx-usecs`, { content: '60', mode: 0o644, owner: 'root:root' });
    expect(await applyTo(driven(on), changeTo(withoutNic))).toMatchObject({ kind: 'confirmed' });
    expect(keysOn(on)).toEqual(keysOn(before));
  });

  test('that fails when HAProxy does not follow leaves the NIC as it was', async () => {
    const on = machine();
    const before = pictureOf(on);
    let isBroken = true;
    const host = driven(on, {
      programs: {
        '/usr/lib/weir/activate': ({ args }) => {
          if (!isBroken || args[0] !== 'haproxy') return null;
          isBroken = false;
          return { exitCode: 1, stderr: 'no' };
        },
      },
    });
    expect(await applyTo(host, changeTo(withNic))).toMatchObject({ kind: 'rolled-back' });
    expect(pictureOf(on)).toEqual(before);
  });

  test('killed at any moment is undone by whoever comes next, or is done', async () => {
    const start = machine();
    const whole = copyOf(start);
    await applyTo(driven(whole), changeTo(withNic));
    const operations = whole.transcript.length;
    expect(operations).toBeGreaterThan(40);
    for (let at = 0; at < operations; at++) {
      const on = copyOf(start);
      const dying = driven(on, { fault: ({ number }) => (number === at ? 'killed' : null) });
      await applyTo(dying, changeTo(withNic)).catch((error) => {
        if (error !== killed) throw error;
      });
      const resolved = await resolve(driven(on), () => {});
      const isDone = on.files.has('/data/weir/confirmed');
      expect(keysOn(on), `killed at ${at}: ${resolved.kind}`).toEqual(isDone ? wanted : keysOn(start));
    }
  });

  test.each(['EIO', 'ENOSPC', 'EINVAL', 'EOPNOTSUPP', 'EBUSY', 'ERANGE', 'EOVERFLOW', 'EPERM'])(
    'that a driver refuses with %s is a verdict, and the rest is set',
    async (code) => {
      const on = machine();
      const host = driven(on);
      const refusing: Host = {
        ...host,
        write: async (path, held) => {
          if (path === `irq:${bus}/1` || path === `ethtool:${bus}/ring/rx`) throw Object.assign(new Error(code), { code });
          return host.write(path, held);
        },
      };
      expect(await applyTo(refusing, changeTo(withNic))).toMatchObject({
        kind: 'confirmed',
        verdicts: [
          { path: `ethtool:${bus}/ring/rx`, kind: 'unchangeable', holds: '256', reason: code },
          { path: `irq:${bus}/1`, kind: 'unchangeable', holds: '0-3', reason: code },
        ],
      });
      expect(keysOn(on)).toEqual({ ...wanted, [`ethtool:${bus}/ring/rx`]: '256', [`irq:${bus}/1`]: '0-3' });
    },
  );

  test('whose NIC goes away in the middle is confirmed without it', async () => {
    const on = machine();
    const host = driven(on);
    const leaving: Host = {
      ...host,
      write: async (path, held) => {
        await host.write(path, held);
        if (path === `ethtool:${bus}/channels/combined`)
          for (const key of [...on.files.keys()]) if (key.includes(bus)) on.files.delete(key);
      },
    };
    const outcome = await applyTo(leaving, changeTo(withNic));
    expect(outcome).toMatchObject({
      kind: 'confirmed',
      verdicts: expect.arrayContaining([expect.objectContaining({ path: `irq:${bus}/0`, kind: 'absent' })]),
    });
    expect(keysOn(on)).toEqual({ 'service:irqbalance': 'inactive' });
  });

  test('whose driver changes a value again and again says so, and goes on', async () => {
    const on = machine();
    const host = driven(on);
    const fickle: Host = {
      ...host,
      readKeys: async (keys) =>
        new Map([...(await host.readKeys(keys))].map(([key, held]) => [key, key.endsWith('rx-usecs') ? `${on.transcript.length}` : held])),
    };
    const outcome = await applyTo(fickle, changeTo(withNic));
    expect(outcome).toMatchObject({
      kind: 'confirmed',
      verdicts: [expect.objectContaining({ path: `ethtool:${bus}/coalesce/rx-usecs`, kind: 'adjusted' })],
    });
  });
});

describe('bringing back', () => {
  test('is the same twice, and leaves what is not there', async () => {
    const { on, before } = await applied();
    const values = new Map([...Object.entries(keysOn(before)), ['irq:0000:99:00.0/0', '3'] as const]);
    for (const _ of [1, 2]) {
      expect(await bringBack(driven(on), values)).toEqual([]);
      expect(keysOn(on)).toEqual(keysOn(before));
    }
  });

  test('says what does not come back, and brings the rest', async () => {
    const { on, before } = await applied();
    const host = driven(on);
    const refusing: Host = {
      ...host,
      write: async (path, held) => {
        if (path === `ethtool:${bus}/ring/rx`) throw Object.assign(new Error('busy'), { code: 'EBUSY', syscall: 'write' });
        return host.write(path, held);
      },
    };
    expect(await bringBack(refusing, new Map(Object.entries(keysOn(before))))).toEqual([
      `ethtool:${bus}/ring/rx cannot be put back: it is in use`,
    ]);
    expect(keysOn(on)).toEqual({ ...keysOn(before), [`ethtool:${bus}/ring/rx`]: '1024' });
  });
});
