import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type World } from '../support/container.ts';
import { temporaryFolder } from '../support/ending.ts';
import { frontLink } from '../support/generation.ts';
import type { Answered } from '../support/haproxy-peer.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Appliance, startAppliance } from './appliance.ts';

/** A server on a network of its own, whose way to everybody leads through the appliance; and a client that it does not know. */
const server = '10.20.0.11';
const client = '198.51.100.7';
const foreign = '203.0.113.80';

let dataFolder: string;
let inner: World;
let origin: Peer;
let peer: Peer;
let box: Appliance;

const links = [frontLink, { name: 'back', mac: '52:54:00:00:00:02', bridge: 'inside' }] as const;

/** A cable from the bridge of the appliance's inner link to the server's own network. */
async function connect(world: World): Promise<void> {
  const script = `
    ip link show inside >/dev/null 2>&1 || ip link add inside up type bridge mcast_snooping 0
    ip link add cable master inside up type veth peer name back netns ${inner.pid}`;
  const made = await world.run(['sh', '-euc', script]);
  expect(made.stderr).toBe('');
  for (const command of ['ip link set back up', `ip address add ${server}/24 dev back`, 'ip route add default via 10.20.0.2'])
    expect((await inner.run(command.split(' '))).stderr).toBe('');
}

async function boot(world?: World): Promise<Appliance> {
  return await startAppliance({ dataFolder, links, ...(world === undefined ? {} : { world }) });
}

let world: World;
beforeAll(async () => {
  dataFolder = temporaryFolder('transparent');
  [world, inner] = await Promise.all([startWorld(), startWorld()]);
  await connect(world);
  box = await boot(world);
  for (const command of [`ip address add ${client}/32 dev outside`, `ip route add ${foreign} via 192.0.2.100 src ${client}`])
    await world.run(command.split(' '));
  origin = startPeer(inner);
  await origin.up({ name: 'app1', address: server, port: 8080, kind: 'http' });
  peer = startPeer(world);
});
afterAll(async () => {
  await peer?.stop();
  await origin?.stop();
  await box?.stop();
  await inner?.stop();
  await world?.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

function document(source: string, bind = ''): string {
  return `version: 1
nodes:
  lb1:
    links:
      front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24], gateway: 192.0.2.254 }
      back: { mac: ${links[1].mac}, addresses: [10.20.0.2/24] }
vips: { www: { link: front, addresses: [192.0.2.100] } }
frontends:
  web: { bind: [{ vip: www, port: 80 }${bind}], default_backend: app }
backends:
  app: { ${source}servers: { app1: { address: "${server}:8080", check: false } } }
`;
}

const plain = document('');
const visible = document('source: { usesrc: clientip }, ');
const taking = document('source: { usesrc: clientip }, ', ', { address: "*:81", transparent: true }');

/** Whom the server sees, asked by the client. */
async function from(address = '192.0.2.100', port = 80): Promise<string> {
  const { status, body, error } = await peer.ask({ address, port, path: '/', from: client });
  if (status !== 200) throw new Error(`${status} ${error} ${body}`);
  return (JSON.parse(body) as Answered).from.replace(/:\d+$/, '');
}

/** What the machine has of transparent proxying: rules, routes, marks, capabilities, files. In the order of the alphabet: the kernel lists rules of one priority in the order in which they were made. */
async function had(): Promise<readonly string[]> {
  const said = await box.sh(`
    ip -4 rule; ip -6 rule | sed 's/^/6 /'; ip -4 route show table 900 2>/dev/null; ip -6 route show table 900 2>/dev/null
    nft list table inet weir | grep -E 'socket|tproxy|mark'
    ls /run/systemd/system/haproxy.service.d/* /run/systemd/network/40-lo.network 2>/dev/null
    cat /proc/sys/net/ipv4/conf/all/rp_filter
    sed -n 's/^CapBnd:\\s*/CapBnd /p' /proc/$(systemctl show -P MainPID haproxy)/status
    ip -o addr show dev lo | awk '{ print $4 }'`);
  return said.trim().split('\n').sort();
}
const main = () => box.sh('systemctl show -P MainPID haproxy');

describe('transparent proxying', () => {
  let before: readonly string[];

  test('is not there unasked', async () => {
    expect(await box.weir(['apply', '-'], plain)).toMatchObject({ code: 0 });
    expect(await from()).toBe('10.20.0.2');
    before = await had();
    expect(before.join('\n')).not.toMatch(/900|socket|tproxy|mark|transparent/);
  });

  test('restarts HAProxy, says so before, and does it when it is told', async () => {
    const refused = await box.weir(['apply', '-'], visible);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('its connections end') });
    expect(await from()).toBe('10.20.0.2');
    const { code, stderr } = await box.weir(['apply', '-', '--yes'], visible);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('haproxy (a restart: its connections end, its stick tables are emptied)');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test("has servers see the client's own address, and loopback keeps what it has", async () => {
    expect(await from()).toBe(client);
    const now = (await had()).join('\n');
    for (const family of ['', '6 ']) expect(now).toMatch(new RegExp(`^${family}900:.*fwmark 0x77656972 lookup 900`, 'm'));
    expect(now).toMatch(/^local default dev lo/m);
    for (const address of ['127.0.0.1/8', '::1/128']) expect(now.split('\n')).toContain(address);
    expect(await box.sh('ps -o user= --ppid $(systemctl show -P MainPID haproxy)')).toBe('haproxy\n');
  });

  test('takes connections to addresses of others without another restart', async () => {
    const master = await main();
    expect(await box.weir(['apply', '-'], taking)).toMatchObject({ code: 0 });
    expect(await from(foreign, 81)).toBe(client);
    expect(await main()).toBe(master);
  });

  test.each([
    ['rule', 'ip -4 rule del fwmark 0x77656972', 'looks up the mark 0x77656972'],
    ['route', 'ip -6 route del local ::/0 dev lo table 900', 'there is no route to ::/0 by lo in table 900'],
  ])('is repaired where somebody took a %s away', async (_, damage, sign) => {
    await box.sh(damage);
    expect(await box.weir(['plan', '--check'])).toMatchObject({ code: 1, stdout: expect.stringContaining(sign) });
    expect(await box.weir(['apply'])).toMatchObject({ code: 0 });
    expect(await from()).toBe(client);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('is there after a power cut, before the agent is', async () => {
    await box.stop();
    box = await boot(world);
    await box.sh('systemctl stop weir-agent');
    expect(await from()).toBe(client);
    expect(await from(foreign, 81)).toBe(client);
    await box.sh('systemctl start weir-agent');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('goes when it is not confirmed, and comes back the same way', async () => {
    const gone = box.weir(['apply', '-', '--confirm', '5s'], plain);
    await expect.poll(() => from().catch(() => ''), { timeout: 30_000 }).toBe('10.20.0.2');
    expect(await gone).toMatchObject({ code: 1 });
    await expect.poll(() => from().catch(() => ''), { timeout: 30_000 }).toBe(client);
  });

  test('leaves nothing behind', async () => {
    expect(await box.weir(['apply', '-', '--yes'], plain)).toMatchObject({ code: 0 });
    expect(await from()).toBe('10.20.0.2');
    expect(await had()).toEqual(before);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });
});
