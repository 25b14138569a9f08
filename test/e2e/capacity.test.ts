import { afterAll, beforeAll, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { demandOf } from '../../appliance/state/demand.ts';
import { tableEntryBytes } from '../../proxy/haproxy/stick-table.ts';
import type { Check, DataPlane, StickTable } from '../../proxy/model.ts';
import type { Demand } from '../../tuning/demand.ts';
import { maxsock } from '../../tuning/descriptors.ts';
import { sourcePorts } from '../../tuning/source-ports.ts';
import { backend, bind, checkSettings, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks, vips } from '../support/netns.ts';

let networks: Networks;
let peer: Peer;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
});

afterAll(async () => {
  await peer?.stop();
  await networks?.stop();
});

/** Runs a data plane for as long as it is asked something. */
async function running<T>(of: DataPlane, ask: (haproxy: Haproxy) => Promise<T>): Promise<T> {
  const haproxy = await startHaproxy(networks.proxy, of);
  try {
    return await ask(haproxy);
  } finally {
    await haproxy.stop();
  }
}

/** What weir reckons for a data plane alone. */
function demandFor(of: DataPlane): Demand {
  const smallest = 'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n';
  const { config } = load(smallest, { file: 'config.yaml', files: null });
  if (config === null) throw new Error('the smallest document is wrong');
  return demandOf({ ...config, proxy: of });
}

const check: Check = { ...checkSettings, kind: 'tcp', inter: '1h' };
const many = (count: number, isChecked: boolean) =>
  Array.from({ length: count }, (_, index) => server(`s${index}`, servers.app1, 8000 + index, { check: isChecked }));
const web = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    frontend(`web${index}`, [bind(vips.main, 80 + index), bind(vips.other, 80 + index, { addresses: [vips.other, vips.six] })], 'app0'),
  );

test.each([
  ['binds of one address and of two', 1, 1, 1, false, 2],
  ['frontends', 3, 1, 1, false, 2],
  ['servers without checks, which need no file', 1, 1, 7, false, 2],
  ['servers with checks', 1, 1, 7, true, 2],
  ['backends', 1, 20, 1, false, 2],
  ['threads', 2, 2, 2, true, 5],
])("weir counts HAProxy's files as HAProxy does: %s", async (_what, binds, backends, each, isChecked, threads) => {
  const of = plane({
    extraGlobal: [`nbthread ${threads}`, 'maxconn 1001'],
    frontends: web(binds),
    backends: Array.from({ length: backends }, (_, index) =>
      backend(`app${index}`, many(each, isChecked), { check: isChecked ? check : null }),
    ),
  });
  const info = await running(of, ({ ask }) => ask('show info'));
  expect(info).toContain('\nMaxconn: 1001\n');
  expect(Number(/^Maxsock: (\d+)$/m.exec(info)?.[1])).toBe(maxsock(1001, demandFor(of), threads));
});

test('HAProxy starts with as many files as weir counts, and not with one less', async () => {
  const of = (files: number) =>
    plane({
      extraGlobal: ['nbthread 2', 'maxconn 1000', `fd-hard-limit ${files}`],
      frontends: web(1),
      backends: [backend('app0', many(3, true), { check })],
    });
  const files = maxsock(1000, demandFor(of(0)), 2);
  expect(await running(of(files), ({ ask }) => ask('show info'))).toContain(`\nMaxsock: ${files}\n`);
  await expect(running(of(files - 1), ({ ask }) => ask('show info'))).rejects.toThrow(`Cannot raise FD limit to ${files}`);
});

const table = (name: string, more: Partial<StickTable>): StickTable => ({
  name,
  type: 'ip',
  length: null,
  size: '1k',
  expire: null,
  store: [],
  srvkey: 'name',
  nopurge: false,
  peers: null,
  isOfPeers: false,
  writeTo: null,
  ...more,
});

test.each([
  ['addresses without anything stored', {}],
  ['numbers', { type: 'integer', store: ['gpt(1)'] }],
  ['addresses of both families, with a rate', { type: 'ipv6', store: ['http_req_rate(10s)'] }],
  ['arrays and sums of bytes', { store: ['gpc(5)', 'gpc_rate(3,1m)', 'bytes_out_cnt', 'bytes_in_rate(1m)'] }],
  ['strings of a length', { type: 'string', length: 100, store: ['conn_cur', 'server_key'] }],
  ['strings', { type: 'string' }],
  ['binaries', { type: 'binary', length: 20, store: ['sess_cnt'] }],
] as const)('weir counts the memory of a stick table as HAProxy does: %s', async (_what, more) => {
  const counting = table('clients', more);
  const pools = await running(plane({ stickTables: [counting] }), ({ ask }) => ask('show pools'));
  // of the same size as another pool, it bears that one's name
  const sizes = [...pools.matchAll(/ Pool sticktables \((\d+) bytes\)/g)].map(([, bytes]) => Number(bytes));
  const own = sizes.length === 0 ? [...pools.matchAll(/\((\d+) bytes\)/g)].map(([, bytes]) => Number(bytes)) : sizes;
  expect(own).toContain(tableEntryBytes(counting));
});

test('as many connections to a server as weir says find a port, and not one more; each server address has its own', async () => {
  const sysctl = { 'net.ipv4.ip_local_port_range': '20001 20040', 'net.ipv4.ip_local_reserved_ports': '20005-20014' };
  for (const [name, value] of Object.entries(sysctl)) {
    const { code, stderr } = await networks.proxy.run(['sysctl', '-qw', `${name}=${value}`]);
    if (code !== 0) throw new Error(stderr);
  }
  for (const port of [7001, 7002, 7003]) await peer.up({ name: `echo${port}`, address: servers.app1, port, kind: 'tcp' });
  const to = (...ports: readonly number[]) => ports.map((port, index) => server(`s${index}`, servers.app1, port, { check: false }));
  const relay = plane({
    frontends: [
      frontend('one', [bind(vips.main, 8001)], 'one', { mode: 'tcp' }),
      frontend('two', [bind(vips.main, 8002)], 'two', { mode: 'tcp' }),
    ],
    backends: [backend('one', to(7001), { mode: 'tcp' }), backend('two', to(7002, 7003), { mode: 'tcp' })],
  });
  const connected = async (port: number, count: number) => {
    const asked = { address: vips.main, port, send: '', forMs: 1500 };
    const replies = await Promise.all(Array.from({ length: count }, () => peer.converse(asked)));
    return replies.filter(({ received }) => received.startsWith('echo')).length;
  };
  const ports = sourcePorts(sysctl, [80]);
  expect(ports).toBe(30);
  await running(relay, async () => {
    expect(await connected(8001, ports + 7)).toBe(ports);
    expect(await connected(8002, 2 * ports)).toBe(2 * ports);
  });
});
