import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guid, serverIds } from '../../proxy/haproxy/identity.ts';
import { backend, server } from './example.ts';

const idsOf = (names: readonly string[], rest: Parameters<typeof backend>[2] = {}) =>
  serverIds(
    backend(
      'app',
      names.map((name) => server(name, '10.0.0.1', 80)),
      rest,
    ),
  );
const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Two names that want one id: found by looking, as anybody could. */
function pairThatMeets(): readonly [string, string] {
  const homes = new Map<number, string>();
  for (let number = 0; ; number++) {
    const name = `app${number}`;
    const home = createHash('sha256').update(name).digest().readUInt32BE() % 999_999;
    const other = homes.get(home);
    if (other !== undefined) return [other, name];
    homes.set(home, name);
  }
}

describe('server ids', () => {
  test('are in the order of the document where the first of them is filled first', () => {
    const balance = { algorithm: 'first', argument: null, words: [], hashType: null, hashBalanceFactor: null };
    expect([...idsOf(['b', 'c', 'a'], { balance })]).toEqual([
      ['b', 1],
      ['c', 2],
      ['a', 3],
    ]);
  });

  test('come from the name alone: order and neighbours change nothing', () => {
    const few = idsOf(['app1', 'app2']);
    const many = idsOf(['zebra', ...named('x', 300), 'app2', 'app1']);
    expect([many.get('app1'), many.get('app2')]).toEqual([few.get('app1'), few.get('app2')]);
  });

  test('are distinct, positive and short in a backend of any size', () => {
    const ids = [...idsOf(named('app', 10_000)).values()];
    expect(new Set(ids).size).toBe(10_000);
    expect(Math.min(...ids)).toBeGreaterThan(0);
    expect(Math.max(...ids)).toBeLessThan(1_000_000);
  });

  test('of two names that meet, one moves, the same one in any order, and no other', () => {
    const [first, second] = pairThatMeets();
    const alone = idsOf([first]).get(first);
    expect(idsOf([second]).get(second)).toBe(alone);
    const others = named('other', 50);
    const met = idsOf([first, second, ...others]);
    expect(new Set([met.get(first), met.get(second)]).size).toBe(2);
    expect([met.get(first), met.get(second)]).toContain(alone);
    expect(idsOf([...others, second, first])).toEqual(met);
    for (const other of others) expect(met.get(other)).toBe(idsOf(others).get(other));
  });

  test('stay in any backend to which another server comes, unless the two meet', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/), { minLength: 1, maxLength: 60 }), (names) => {
        const [before, after] = [idsOf(names), idsOf([...names, 'comes-later'])];
        for (const name of names) expect(after.get(name)).toBe(before.get(name));
      }),
    );
  });
});

test('no two things have one guid, and none is longer than HAProxy takes', () => {
  const long = 'a'.repeat(64);
  const guids = [
    guid('frontend', 'web'),
    guid('backend', 'web'),
    guid('server', 'web', 'web'),
    guid('server', long, long),
    guid('server', long, `${long.slice(1)}b`),
  ];
  expect(new Set(guids).size).toBe(guids.length);
  expect(Math.max(...guids.map(({ length }) => length))).toBeLessThanOrEqual(127);
  expect(guids.slice(0, 3)).toEqual(['frontend:web', 'backend:web', 'server:web:web']);
});
