import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Condition } from '../../proxy/model.ts';
import { acls, anyCondition, anyRequest, meant } from '../proxy/conditions.ts';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type Answered, type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks, vips } from '../support/netns.ts';

// printed by a failing test: change it to hunt further
const seed = 20_260_711;
const conditions: readonly Condition[] = fc.sample(anyCondition, { numRuns: 400, seed });

let networks: Networks;
let peer: Peer;
let haproxy: Haproxy;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  await peer.up({ name: 'app1', address: servers.app1, port: 8080, kind: 'http' });
  // the answers of a request come back as headers, forty at a time: a request has room for a hundred
  const parts = Array.from({ length: conditions.length / 40 }, (_, part) => conditions.slice(part * 40, part * 40 + 40));
  haproxy = await startHaproxy(
    networks.proxy,
    plane({
      acls,
      frontends: parts.map((part, index) =>
        frontend(`part${index}`, [bind(vips.main, 8000 + index)], 'app', {
          rules: {
            'http-request': part.map((condition, number) => ({
              action: { kind: 'add-header', headers: { [`Holds-${number}`]: 'yes' } },
              condition,
            })),
          },
        }),
      ),
      backends: [backend('app', [server('app1', servers.app1, 8080)])],
    }),
  );
});

afterAll(async () => {
  await haproxy?.stop();
  await peer?.stop();
  await networks?.stop();
});

test('HAProxy decides 400 generated conditions on 30 generated requests as the document means them', async () => {
  let held = 0;
  for (const request of fc.sample(anyRequest, { numRuns: 30, seed })) {
    for (let part = 0; part < conditions.length / 40; part++) {
      const headers = Object.fromEntries(Object.entries(request).map(([header, value]) => [`x-${header}`, value ?? '']));
      const { status, body } = await peer.ask({ address: vips.main, port: 8000 + part, path: '/', headers });
      expect(status).toBe(200);
      const seen = (JSON.parse(body) as Answered).headers;
      for (const [number, condition] of conditions.slice(part * 40, part * 40 + 40).entries()) {
        const isMeant = meant(condition, request);
        expect(seen[`holds-${number}`], JSON.stringify({ request, condition })).toBe(isMeant ? 'yes' : undefined);
        if (isMeant) held++;
      }
    }
  }
  // about half: neither is the document always false, nor the check
  expect(held).toBeGreaterThan(2000);
  expect(held).toBeLessThan(10_000);
});
