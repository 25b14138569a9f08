import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Check, DataPlane } from '../../proxy/model.ts';
import { backend, bind, checkSettings, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { type Answered, type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks, vips } from '../support/netns.ts';

const often = { ...checkSettings, inter: '100ms', fall: 2 } as const;
const http: Check = {
  kind: 'http',
  method: 'GET',
  path: '/healthz',
  host: 'shop.example',
  headers: {},
  expect: ['status', '200'],
  ...often,
};
const tcp: Check = { kind: 'tcp', ...often };
const two = (rest: Parameters<typeof server>[3] = {}) => [
  server('app1', servers.app1, 8080, rest),
  server('app2', servers.app2, 8080, rest),
];

const tls = {
  verify: 'required',
  caFile: '/run/weir/certificates/internal-ca.pem',
  sni: null,
  alpn: [],
  checkSni: null,
  options: {},
} as const;

/** A frontend for each backend, on a port of its own. */
const ports = {
  weighed: 8001,
  checked: 8002,
  connected: 8003,
  alone: 8004,
  hashed: 8005,
  impatient: 8006,
  named: 8007,
  hostless: 8008,
  private: 8009,
} as const;
type Name = keyof typeof ports;

const app: DataPlane = plane({
  frontends: (Object.keys(ports) as Name[]).map((name) => frontend(`to-${name}`, [bind(vips.main, ports[name])], name)),
  backends: [
    backend('weighed', [server('app1', servers.app1, 8080, { weight: 30 }), server('app2', servers.app2, 8080, { weight: 10 })]),
    backend('checked', [...two(), server('sorry', servers.sorry, 8080, { backup: true, check: false })], { check: http }),
    backend('connected', two({ observe: 'layer4', onError: 'mark-down' }), { check: tcp }),
    // nobody listens there
    backend('alone', [server('nobody', servers.app1, 9999)], { timeouts: { connect: '200ms' } }),
    backend('hashed', two(), {
      balance: { algorithm: 'hash', argument: 'req.hdr(X-Tenant)', words: [], hashType: 'consistent', hashBalanceFactor: null },
    }),
    backend('named', [server('app', 'app.internal', 8080)], { check: { ...tcp, inter: '1s' } }),
    backend('hostless', [server('app1', servers.app1, 8080)], { check: { ...http, host: null, headers: { 'X-Percent': '100%' } } }),
    backend('private', [server('api', 'api.internal', 8443, { tls }), server('stranger', 'stranger.internal', 8444, { tls })], {
      check: { ...http, host: 'api.internal' },
    }),
    backend('impatient', two({ maxconn: 1 }), { timeouts: { server: '600ms', queue: '300ms' } }),
  ],
});

let networks: Networks;
let peer: Peer;
let resolver: Peer;
let haproxy: Haproxy;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  for (const name of ['app1', 'app2', 'sorry'] as const) await peer.up({ name, address: servers[name], port: 8080, kind: 'http' });
  const ca = await makeCertificate('internal');
  const [api, stranger] = [await makeCertificate('api.internal', ca), await makeCertificate('api.internal')];
  await peer.up({ name: 'api', address: servers.api, port: 8443, kind: 'http', tls: api });
  await peer.up({ name: 'stranger', address: servers.api, port: 8444, kind: 'http', tls: stranger });
  resolver = startPeer(networks.proxy);
  await resolver.nameServer('127.0.0.53');
  for (const [name, address] of Object.entries({ app: servers.app1, api: servers.api, stranger: servers.api }))
    await resolver.name(`${name}.internal`, address);
  haproxy = await startHaproxy(networks.proxy, app, {
    '/run/systemd/resolve/stub-resolv.conf': 'nameserver 127.0.0.53\n',
    '/run/weir/certificates/internal-ca.pem': ca.cert,
  });
});

afterAll(async () => {
  await haproxy?.stop();
  await resolver?.stop();
  await peer?.stop();
  await networks?.stop();
});

/** Which servers HAProxy holds for up, of a backend. */
async function upOf(name: Name): Promise<readonly string[]> {
  const lines = (await haproxy.ask('show stat')).split('\n').map((line) => line.split(','));
  return lines
    .filter(
      ([proxy, called = '', ...rest]) =>
        proxy === name && !['FRONTEND', 'BACKEND'].includes(called) && /^(UP|no check)/.test(rest[15] ?? ''),
    )
    .map(([, called = '']) => called);
}

async function until(name: Name, expected: readonly string[]): Promise<void> {
  for (const limit = performance.now() + 10_000; ; await sleep(20)) {
    const found = await upOf(name);
    if (found.join() === expected.join()) return;
    if (performance.now() > limit) throw new Error(`backend ${name} has ${found.join()} up, not ${expected.join()}`);
  }
}

const ask = (name: Name, path = '/', headers: Readonly<Record<string, string>> = {}) =>
  peer.ask({ address: vips.main, port: ports[name], path, headers });
const answering = async (name: Name, times: number, headers: Readonly<Record<string, string>> = {}): Promise<readonly string[]> => {
  const names = [];
  for (let turn = 0; turn < times; turn++) names.push((JSON.parse((await ask(name, '/', headers)).body) as Answered).server);
  return names;
};

describe('a backend', () => {
  beforeEach(async () => {
    await until('checked', ['app1', 'app2', 'sorry']);
    await until('connected', ['app1', 'app2']);
  });

  test('gives each server the part that its weight says', async () => {
    const names = await answering('weighed', 40);
    expect(names.filter((name) => name === 'app1')).toHaveLength(30);
  });

  test('keeps what hashes alike at one server', async () => {
    const homes = [];
    for (let tenant = 0; tenant < 12; tenant++) {
      const names = new Set(await answering('hashed', 4, { 'x-tenant': `tenant-${tenant}` }));
      expect(names.size).toBe(1);
      homes.push(...names);
    }
    expect(new Set(homes).size).toBe(2);
  });

  test('takes a server out while its HTTP check fails, and asks the backup only when all have failed', async () => {
    expect(new Set(await answering('checked', 6))).toEqual(new Set(['app1', 'app2']));
    await peer.sick('app1');
    await until('checked', ['app2', 'sorry']);
    expect(new Set(await answering('checked', 6))).toEqual(new Set(['app2']));
    await peer.sick('app2');
    await until('checked', ['sorry']);
    expect(new Set(await answering('checked', 6))).toEqual(new Set(['sorry']));
    await peer.well('app1');
    await peer.well('app2');
    await until('checked', ['app1', 'app2', 'sorry']);
    expect(new Set(await answering('checked', 6))).toEqual(new Set(['app1', 'app2']));
  });

  test('loses no request to a server that is gone before its TCP check says so', async () => {
    await peer.down('app2');
    expect(new Set(await answering('connected', 10))).toEqual(new Set(['app1']));
    await until('connected', ['app1']);
    await peer.up({ name: 'app2', address: servers.app2, port: 8080, kind: 'http' });
  });

  test('checks a server that names no host, and one behind TLS by its name', async () => {
    await until('hostless', ['app1']);
    // the stranger's certificate is signed by nobody that the backend trusts
    await until('private', ['api']);
    expect(new Set(await answering('private', 4))).toEqual(new Set(['api']));
  });

  test('follows a name to another address', async () => {
    expect(new Set(await answering('named', 3))).toEqual(new Set(['app1']));
    await resolver.name('app.internal', servers.app2);
    for (const limit = performance.now() + 30_000; ; await sleep(500)) {
      if ((await answering('named', 1)).join() === 'app2') break;
      if (performance.now() > limit) throw new Error('the backend still asks the old address');
    }
  });

  test('answers 503 when nobody is there, and soon', async () => {
    const { status, ms } = await ask('alone');
    expect(status).toBe(503);
    expect(ms).toBeLessThan(4000);
  });

  test('gives up on a server that says nothing, and on a queue that does not move', async () => {
    const slow = await ask('impatient', '/slow/3000');
    expect(slow.status).toBe(504);
    expect(slow.ms).toBeGreaterThanOrEqual(590);
    expect(slow.ms).toBeLessThan(2500);
    const crowd = await Promise.all(Array.from({ length: 6 }, () => ask('impatient', '/slow/550')));
    const statuses = crowd.map(({ status }) => status);
    // one at each server is served, the rest has waited 300 ms when it is told
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(statuses.filter((status) => status === 503)).toHaveLength(4);
  });
});

describe('a client', () => {
  test('that sends its request too slowly is told so after ten seconds', async () => {
    const { received, isClosed, ms } = await peer.converse({
      address: vips.main,
      port: ports.weighed,
      send: 'GET / HTTP/1.1\r\nHost: a',
      forMs: 14_000,
    });
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(isClosed).toBe(true);
    expect(ms).toBeGreaterThan(9500);
    expect(ms).toBeLessThan(12_500);
  });
});
