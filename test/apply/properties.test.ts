import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observeOne } from '../../appliance/apply/observe.ts';
import { resolve } from '../../appliance/apply/resolve.ts';
import { killed } from '../../appliance/host/fake.ts';
import { contentOf, type Held, isSame, secretFile } from '../../appliance/state/host-state.ts';
import { applyTo, changeTo, copyOf, documentOf, freshWorld, hostOn, pictureOf, value } from './machine.ts';

const text = fc.string({ unit: 'binary', maxLength: 30 });
const file = fc.record({ content: text, mode: fc.constantFrom(0o644, 0o600), owner: fc.constantFrom('root:root', 'root:weir') });
const link = text.map((content): Held => ({ content, mode: 0o120777, owner: 'root:root' }));
/** A file that stood beside a document: text, or bytes that are none. */
const named = (path: string, isSecret: boolean) =>
  fc
    .oneof(
      text.map((said): Uint8Array => new TextEncoder().encode(said)),
      fc.uint8Array({ maxLength: 20 }),
    )
    .map((bytes): [string, Held] => [path, { content: contentOf(bytes, isSecret), mode: 0o600, owner: 'root:root' }]);
const entries = fc.uniqueArray(
  fc.oneof(
    fc.tuple(fc.constantFrom('/run/weir/haproxy.cfg', '/run/weir/keepalived.conf', '/run/weir/rsyslog.conf', '/etc/hostname'), file),
    fc.tuple(fc.constant('/run/weir/shadow'), text.map(secretFile)),
    named('/run/weir/certificates/a.pem', true),
    named('/run/weir/maps/a.map', false),
    named('/run/weir/maps/b.map', false),
    fc.tuple(fc.constant('/etc/localtime'), link),
    fc.tuple(
      fc.constantFrom('/proc/sys/net/core/somaxconn', '/proc/sys/vm/swappiness'),
      fc.nat().map((n) => value(`${n}`)),
    ),
  ),
  { selector: ([path]) => path },
);
const document = fc.tuple(entries, fc.string()).map(([state, config]) => documentOf(new Map<string, Held | null>(state), config));

test('any document applied twice is as applied once', async () => {
  await fc.assert(
    fc.asyncProperty(document, document, async (one, other) => {
      const on = freshWorld();
      await applyTo(hostOn(on), changeTo(one));
      await applyTo(hostOn(on), changeTo(other));
      const once = pictureOf(on);
      expect(await applyTo(hostOn(on), changeTo(other))).toMatchObject({ kind: 'confirmed', changed: false });
      expect(pictureOf(on)).toEqual(once);
      for (const [path, held] of other.state) expect(isSame(await observeOne(hostOn(on), path), held), path).toBe(true);
    }),
  );
});

test('any change that nobody confirms leaves the machine as it was', async () => {
  await fc.assert(
    fc.asyncProperty(document, document, async (one, other) => {
      const on = freshWorld();
      await applyTo(hostOn(on), changeTo(one));
      const before = pictureOf(on);
      const outcome = await applyTo(hostOn(on), changeTo(other, { confirmSeconds: 30 }));
      expect(['rolled-back', 'confirmed']).toContain(outcome.kind);
      expect(pictureOf(on)).toEqual(before);
    }),
  );
});

test('any change killed anywhere ends as the old machine or the new one, never a mixture', async () => {
  await fc.assert(
    fc.asyncProperty(document, document, fc.double({ min: 0, max: 1, noNaN: true }), async (one, other, part) => {
      const old = freshWorld();
      await applyTo(hostOn(old), changeTo(one));
      const fresh = copyOf(old);
      await applyTo(hostOn(fresh), changeTo(other));
      const at = Math.floor(part * (fresh.transcript.length - 1));
      const on = copyOf(old);
      await applyTo(hostOn(on, { fault: ({ number }) => (number === at ? 'killed' : null) }), changeTo(other)).catch((error) =>
        expect(error).toBe(killed),
      );
      await resolve(hostOn(on), () => {});
      expect([pictureOf(old), pictureOf(fresh)]).toContainEqual(pictureOf(on));
    }),
  );
});
