import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import type { ConditionInput } from '../../appliance/config/schema/condition.ts';
import { desiredState } from '../../appliance/state/desired.ts';

/** Conditions that come close to what a line of HAProxy holds, and pass it: wide maps, and lists of them that are negated. */
const { condition } = fc.letrec<{ condition: ConditionInput }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('wide', 'pairs', 'nested'),
    fc.integer({ min: 1, max: 60 }).map((count) => Object.fromEntries(headers(count).map((header) => [header, 'x']))),
    fc.array(tie('condition'), { minLength: 1, maxLength: 12 }),
  ),
}));
const headers = (count: number) => Array.from({ length: count }, (_, index) => `req.hdr(x-${index})`);
const acls = {
  wide: Object.fromEntries(headers(20).map((header) => [header, 'y'])),
  pairs: headers(3).map((header) => ({ [header]: 'y', method: 'PUT' })),
  nested: [{ acl: 'pairs', path: '/x' }, { path: '/y' }],
};

test('a condition that is accepted can be written', () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(condition, condition, (needed, excluded) => {
      const document = {
        version: 1,
        nodes: { lb1: { links: { front: { mac: '52:54:00:00:00:01', addresses: 'dhcp' } } } },
        acls,
        frontends: {
          web: {
            bind: [{ address: '*:80' }],
            'http-request': [{ 'set-path': '/', if: needed, unless: excluded }],
            use_backend: [{ backend: 'app', unless: excluded }],
            default_backend: 'app',
          },
        },
        backends: { app: { servers: { app1: '10.0.0.1:80' } } },
      };
      const { config } = load(JSON.stringify(document), { file: 'config.yaml', files: null });
      seen[config === null ? 'refused' : 'accepted']++;
      if (config !== null) desiredState(config, 'lb1', null, null);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
}, 60_000);
