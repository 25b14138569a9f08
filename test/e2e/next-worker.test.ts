import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseReload, reload } from '../../proxy/haproxy/runtime.ts';
import type { Check, Server } from '../../proxy/model.ts';
import { backend, bind, checkSettings, frontend, plane, server } from '../proxy/example.ts';
import { askSocket, type Haproxy, type HaproxyOptions, startHaproxy } from '../support/haproxy.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { clients, type Networks, servers, startNetworks, vips } from '../support/netns.ts';

const check: Check = {
  kind: 'http',
  method: 'GET',
  path: '/healthz',
  host: null,
  headers: {},
  expect: ['status', '200'],
  ...checkSettings,
  fall: 2,
};

const three = (rest: Partial<Server> = {}) => (['app1', 'app2', 'app3'] as const).map((name) => server(name, servers[name], 8080, rest));

/** The same service in every turn, but for a limit that makes it another generation. */
const app = (turn: number, of: Readonly<{ servers?: readonly Server[]; check?: Check | null }> = {}) =>
  plane({
    stickTables: [
      {
        name: 'clients',
        type: 'ipv6',
        length: null,
        size: '10k',
        expire: '10m',
        store: ['http_req_cnt', 'gpc0'],
        srvkey: 'name',
        nopurge: false,
        peers: null,
        isOfPeers: false,
        writeTo: null,
      },
    ],
    frontends: [
      frontend('web', [bind(vips.main, 80)], 'app', {
        maxconn: 5000 + turn,
        rules: { 'http-request': [{ action: { kind: 'track-sc', index: 0, sample: 'src', table: 'clients' }, condition: null }] },
      }),
    ],
    backends: [backend('app', of.servers ?? three(), { check: of.check === undefined ? check : of.check })],
  });

let networks: Networks;
let peer: Peer;
let visitors: Peer;
let haproxy: Haproxy | undefined;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  visitors = startPeer(networks.outside);
  for (const name of ['app1', 'app2', 'app3'] as const) await peer.up({ name, address: servers[name], port: 8080, kind: 'http' });
});

afterEach(async () => {
  await haproxy?.stop();
  haproxy = undefined;
});

afterAll(async () => {
  await visitors?.stop();
  await peer?.stop();
  await networks?.stop();
});

async function start(options: HaproxyOptions = {}): Promise<Haproxy> {
  haproxy = await startHaproxy(networks.proxy, app(0), {}, options);
  return haproxy;
}

const load = (seconds: number) => visitors.load({ address: vips.main, port: 80, path: '/', perSecond: 300, seconds });

/** A row of `show stat` by the names of its columns. */
async function stat(of: Haproxy, proxy: string, name: string): Promise<Readonly<Record<string, string>>> {
  const [head = '', ...rows] = (await of.ask('show stat')).split('\n');
  const keys = head.replace(/^# /, '').split(',');
  const cells = rows.map((row) => row.split(',')).find(([px, sv]) => px === proxy && sv === name) ?? [];
  return Object.fromEntries(keys.map((key, index) => [key, cells[index] ?? '']));
}

async function until(of: Haproxy, name: string, status: string): Promise<void> {
  for (const limit = performance.now() + 15_000; ; await sleep(20)) {
    const found = (await stat(of, 'app', name)).status;
    if (found === status) return;
    if (performance.now() > limit) throw new Error(`${name} is ${found}, not ${status}`);
  }
}

const must = async (of: Haproxy, plane: ReturnType<typeof app>) => expect(await of.reload(plane)).toMatchObject({ isDone: true });

describe('the next worker', () => {
  /** How many requests of a client's the table still knows of, soon after a reload. */
  async function remembered(options: HaproxyOptions): Promise<number> {
    const of = await start(options);
    for (let request = 0; request < 5; request++) await peer.ask({ address: vips.main, port: 80, path: '/', from: clients.office });
    await of.ask(`set table clients key ::ffff:${clients.office} data.gpc0 77`);
    await must(of, app(1));
    for (const limit = performance.now() + 3000; performance.now() < limit; await sleep(20)) {
      const found = /gpc0=77 http_req_cnt=(\d+)/.exec(await of.ask('show table clients'))?.[1];
      if (found !== undefined) return Number(found);
    }
    return 0;
  }

  test('is taught the stick tables, which it is not without a peer', async () => {
    expect(await remembered({})).toBe(5);
    await haproxy?.stop();
    expect(await remembered({ without: ' peers local' })).toBe(0);
  });

  /** The counters of a frontend, backend and server before and after each of five reloads under load, and what there was to count. */
  async function counted(options: HaproxyOptions) {
    const of = await start(options);
    const loaded = load(6);
    const seen: number[][] = [];
    const look = async () => {
      const [web, whole, one] = [await stat(of, 'web', 'FRONTEND'), await stat(of, 'app', 'BACKEND'), await stat(of, 'app', 'app1')];
      seen.push([web.req_tot, web.stot, web.bin, web.hrsp_2xx, whole.bout, whole.hrsp_2xx, one.stot, one.hrsp_2xx].map(Number));
    };
    for (let turn = 1; turn <= 5; turn++) {
      await sleep(900);
      await look();
      await must(of, app(turn));
      await look();
    }
    const { ok } = await loaded;
    await look();
    const isMonotonic = seen.every((row, index) => row.every((value, column) => value >= (seen[index - 1]?.[column] ?? 0)));
    return { ok, isMonotonic, requests: seen.at(-1)?.[0] ?? 0 };
  }

  test('goes on counting where the old one was, which it does not without its file', async () => {
    const { ok, isMonotonic, requests } = await counted({});
    expect(ok).toBe(1800);
    expect(isMonotonic).toBe(true);
    // what the old worker still served after it was asked is not in its answer: 25 requests of 300 a second here, more where the machine is busy
    expect(requests).toBeGreaterThan(900);
    expect(requests).toBeLessThanOrEqual(1800);
    await haproxy?.stop();
    expect((await counted({ without: '    stats-file /run/weir/haproxy.stats\n' })).isMonotonic).toBe(false);
    await haproxy?.stop();
    // without its identity nothing of a server is told
    expect((await counted({ without: ' guid server:app:app1' })).isMonotonic).toBe(false);
  });

  /** The requests that reach app3 during five reloads under load, after `away` took it out. Checks are spread: a new worker asks app1 at once, app3 much later. */
  async function reached(options: HaproxyOptions, away: (of: Haproxy) => Promise<void>): Promise<number> {
    const of = await start(options);
    await away(of);
    const before = await peer.served('app3');
    const loaded = load(5);
    for (let turn = 1; turn <= 5; turn++) {
      await sleep(700);
      await must(of, app(turn));
    }
    expect(await loaded).toMatchObject({ ok: 1500, failed: 0 });
    return (await peer.served('app3')) - before;
  }

  const statesOut = { without: '    load-server-state-from-file global\n' };

  test('sends no request to a drained server, which it does without the states', async () => {
    const drain = async (of: Haproxy) => void (await of.ask('set server app/app3 state drain'));
    expect(await reached({}, drain)).toBe(0);
    expect((await stat(haproxy as Haproxy, 'app', 'app3')).status).toBe('DRAIN');
    await haproxy?.stop();
    expect(await reached(statesOut, drain)).toBeGreaterThan(0);
  });

  test('sends no request to a server that is down, which it does without the states', async () => {
    const sicken = async (of: Haproxy) => {
      await peer.sick('app3');
      await until(of, 'app3', 'DOWN');
    };
    try {
      expect(await reached({}, sicken)).toBe(0);
      await haproxy?.stop();
      expect(await reached(statesOut, sicken)).toBeGreaterThan(0);
    } finally {
      await peer.well('app3');
    }
  });

  test('keeps a maintenance and a weight, until the document says another weight', async () => {
    const of = await start();
    await of.ask('set server app/app1 state maint');
    await of.ask('set server app/app2 weight 7');
    await must(of, app(1));
    expect((await stat(of, 'app', 'app1')).status).toBe('MAINT');
    expect((await stat(of, 'app', 'app2')).weight).toBe('7');
    await must(of, app(2, { servers: three({ weight: 20 }) }));
    expect((await stat(of, 'app', 'app1')).status).toBe('MAINT');
    expect((await stat(of, 'app', 'app2')).weight).toBe('20');
  });

  test('takes address and port from its configuration, and what was seen elsewhere says nothing of them', async () => {
    const of = await start();
    await peer.sick('app1');
    await until(of, 'app1', 'DOWN');
    await peer.well('app1');
    await peer.up({ name: 'moved', address: servers.api, port: 8081, kind: 'http' });
    const moved = [server('app1', servers.api, 8081), ...three().slice(1)];
    await must(of, app(1, { servers: moved }));
    expect(await stat(of, 'app', 'app1')).toMatchObject({ addr: `${servers.api}:8081`, status: 'UP' });
    await peer.down('moved');
  });

  test('keeps no server down that nothing checks any more', async () => {
    const of = await start();
    await peer.sick('app1');
    await until(of, 'app1', 'DOWN');
    await peer.well('app1');
    await must(of, app(1, { check: null }));
    expect((await stat(of, 'app', 'app1')).status).toBe('no check');
  });

  test('goes on starting a server slowly where the old one was', async () => {
    const slowly = three({ slowstart: '8s' });
    const of = await start();
    await must(of, app(1, { servers: slowly }));
    await peer.sick('app1');
    await until(of, 'app1', 'DOWN');
    await peer.well('app1');
    for (const limit = performance.now() + 15_000; performance.now() < limit; await sleep(50))
      if ((await stat(of, 'app', 'app1')).status === 'UP') break;
    await sleep(3000);
    const before = Number((await stat(of, 'app', 'app1')).throttle);
    await must(of, app(2, { servers: slowly }));
    const after = Number((await stat(of, 'app', 'app1')).throttle);
    expect(before).toBeGreaterThan(10);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(100);
    await sleep(7000);
    expect((await stat(of, 'app', 'app1')).throttle).not.toMatch(/^\d\d$/);
  });

  test('keeps the address of a name, and not for another name', async () => {
    const of = await start();
    const named = (name: string) => [server('app1', name, 8080), ...three().slice(1)];
    const at = async () =>
      (await of.ask('show servers state app'))
        .split('\n')
        .find((row) => row.includes(' app1 '))
        ?.split(' ')[4];
    const resolver = startPeer(networks.proxy);
    await resolver.nameServer('127.0.0.53');
    await resolver.name('one.internal', servers.app1);
    await must(of, app(1, { servers: named('one.internal') }));
    await expect.poll(at, { timeout: 10_000 }).toBe(servers.app1);
    await until(of, 'app1', 'UP');
    await resolver.stop();
    await must(of, app(2, { servers: named('one.internal') }));
    expect(await at()).toBe(servers.app1);
    expect((await stat(of, 'app', 'app1')).status).toBe('UP');
    await must(of, app(3, { servers: named('two.internal') }));
    expect(await at()).toBe('-');
  });

  test('knows the servers of a template', async () => {
    const of = await start();
    const templated = (turn: number) => {
      const { backends, ...rest } = app(turn);
      const extra = [`server-template many 3 ${servers.app1}:8080`, `server-template few 5-6 ${servers.app2}:8080`];
      return { ...rest, backends: backends.map((one) => ({ ...one, extra })) };
    };
    await must(of, templated(1));
    for (const name of ['many3', 'few5']) await of.ask(`set server app/${name} state drain`);
    await must(of, templated(2));
    const states = await Promise.all(['many2', 'many3', 'few5', 'few6'].map(async (name) => (await stat(of, 'app', name)).status));
    expect(states).toEqual(['no check', 'DRAIN', 'DRAIN', 'no check']);
  });

  test('after a crash keeps what a person said, and leaves the rest to the checks', async () => {
    const of = await start();
    await peer.sick('app1');
    await until(of, 'app1', 'DOWN');
    await of.ask('set server app/app2 state drain');
    await peer.ask({ address: vips.main, port: 80, path: '/' });
    await must(of, app(1));
    expect(await stat(of, 'web', 'FRONTEND')).toMatchObject({ req_tot: '1' });
    await peer.well('app1');
    await of.kill();
    await of.start();
    expect((await stat(of, 'app', 'app1')).status).toBe('UP');
    expect((await stat(of, 'app', 'app2')).status).toBe('DRAIN');
    expect(await stat(of, 'web', 'FRONTEND')).toMatchObject({ req_tot: '0' });
  });

  test('starts whatever its files hold', async () => {
    const of = await start();
    await peer.ask({ address: vips.main, port: 80, path: '/' });
    const [states, counters] = [await of.ask('show servers state'), await of.ask('dump stats-file')];
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256));
    const shuffled = counters.replaceAll(/\d+/g, '99999999999999999999');
    const files = [
      '',
      '\n',
      '1\n',
      '7\n1 app',
      noise,
      'x'.repeat(100_000),
      states.slice(0, -40),
      states.replaceAll(' ', '  -1 '),
      counters,
    ];
    for (const file of [
      ...files,
      shuffled,
      counters.slice(0, counters.length / 2),
      counters.replaceAll(',', ',,'),
      '#fe guid,\n',
      states,
    ]) {
      for (const name of ['haproxy.servers', 'haproxy.stats']) await writeFile(join(of.folder, name), file);
      expect(parseReload(await askSocket(join(of.folder, 'haproxy-master.sock'), reload))).toMatchObject({ isDone: true });
      expect((await peer.ask({ address: vips.main, port: 80, path: '/' })).status).toBe(200);
    }
    for (const file of [noise, states.slice(0, -40), counters]) {
      for (const name of ['haproxy.servers', 'haproxy.stats']) await writeFile(join(of.folder, name), file);
      await of.kill();
      await of.start();
      expect((await peer.ask({ address: vips.main, port: 80, path: '/' })).status).toBe(200);
      expect(await stat(of, 'web', 'FRONTEND')).toMatchObject({ req_tot: '1' });
    }
  });
});
