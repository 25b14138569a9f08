import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolve } from '../../appliance/apply/resolve.ts';
import type { Fault, World } from '../../appliance/host/fake.ts';
import { plain, secretFile } from '../../appliance/state/host-state.ts';
import { applyTo, changeTo, copyOf, documentOf, freshWorld, hostOn, pictureOf, stateOf } from './machine.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../support/files/chain', name), 'utf8');
const files = { a: '/run/weir/certificates/a.pem', b: '/run/weir/certificates/b.pem' };
const pem = (name: 'leaf' | 'leaf-old') => secretFile(`${read(`${name}.crt`)}${read('leaf.key')}`);
const document = (name: 'leaf' | 'leaf-old') =>
  documentOf(
    stateOf(
      'aaaaaaaaaaaa',
      [files.a, files.b].map((path) => [path, pem(name)] as const),
    ),
    'document',
  );

const [before, after] = [document('leaf-old'), document('leaf')];
const once =
  (at: number, fault: Fault) =>
  ({ number }: { readonly number: number }) =>
    number === at ? fault : null;

async function runningBefore(): Promise<World> {
  const on = freshWorld();
  expect(await applyTo(hostOn(on), changeTo(before))).toMatchObject({ kind: 'confirmed' });
  return copyOf(on);
}
const running = (on: World) => Object.values(files).map((path) => plain(on.running.get('haproxy')?.get(path)?.content ?? ''));
const reloads = (on: World) => on.transcript.filter((line) => line === 'run /usr/lib/weir/activate haproxy').length;

describe('a change of certificates alone', () => {
  test('is taken up at the socket: all are set before the first is committed, and nothing is reloaded', async () => {
    const on = await runningBefore();
    expect(await applyTo(hostOn(on), changeTo(after))).toMatchObject({ kind: 'confirmed', changed: true });
    expect(running(on)).toEqual([plain(pem('leaf').content), plain(pem('leaf').content)]);
    expect(reloads(on)).toBe(0);
    const words = on.transcript.flatMap((line) => /(set|commit|show) ssl cert/.exec(line)?.[1] ?? []);
    expect(words).toEqual(['set', 'set', 'commit', 'commit', 'show', 'show']);
  });

  test('that nobody confirms is taken back in the same way', async () => {
    const on = await runningBefore();
    const old = pictureOf(on);
    expect(await applyTo(hostOn(on), changeTo(after, { confirmSeconds: 30 }))).toMatchObject({ kind: 'rolled-back' });
    expect(pictureOf(on)).toEqual(old);
    expect(reloads(on)).toBe(0);
  });

  test('is taken up by a reload where the socket does not take it, and nothing waits there', async () => {
    for (const word of ['set ssl cert', 'commit ssl cert', 'show ssl cert']) {
      const on = await runningBefore();
      const silent = ({ verb, what }: { readonly verb: string; readonly what: string }): Fault | null =>
        verb === 'ask' && what.includes(`${word} ${files.b}`) ? 'EIO' : null;
      expect(await applyTo(hostOn(on, { fault: silent }), changeTo(after)), word).toMatchObject({ kind: 'confirmed' });
      expect(running(on), word).toEqual([plain(pem('leaf').content), plain(pem('leaf').content)]);
      expect([reloads(on), on.running.has('haproxy, not committed')], word).toEqual([1, false]);
    }
  });

  test('killed anywhere ends as the old one or the new one', async () => {
    const [old, fresh] = [await runningBefore(), await runningBefore()];
    await applyTo(hostOn(fresh), changeTo(after));
    const ends = [running(old), running(fresh)];
    for (let at = 0; at < fresh.transcript.length; at++) {
      const on = copyOf(old);
      await applyTo(hostOn(on, { fault: once(at, 'killed') }), changeTo(after)).catch(() => {});
      await resolve(hostOn(on), () => {});
      expect(ends, fresh.transcript[at] ?? '').toContainEqual(running(on));
      const held = Object.values(files).map((path) => plain(on.files.get(path)?.content ?? ''));
      expect(held, fresh.transcript[at] ?? '').toEqual(running(on));
    }
  });
});
