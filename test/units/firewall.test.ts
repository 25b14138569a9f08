import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drainingAfter, renderDraining } from '../../appliance/network/draining.ts';
import { type FirewallInput, renderNftables } from '../../appliance/network/nftables.ts';
import { type Container, startContainer, startWorld, type World } from '../support/container.ts';
import { imageRoot, type Run } from '../support/root.ts';

/**
 * near (10.0.0.1) ── appliance (10.0.0.2) in the network 10.0.0.0/24; behind near, over a line that takes packets of 1,280 bytes at most, far (10.9.0.2),
 * which knows of no such limit.
 */
const near = { 4: '10.0.0.1', 6: 'fd00::1' };
const box = { 4: '10.0.0.2', 6: 'fd00::2' };
const far = { 4: '10.9.0.2', 6: 'fd00:9::2' };
const stranger = '10.0.0.66';

const input: FirewallInput = {
  binds: [
    { address: box[4], protocol: 'tcp', port: 80 },
    { address: box[6], protocol: 'tcp', port: 80 },
    { address: '::', protocol: 'tcp', port: 8888 },
  ],
  ssh: { links: ['front'], from: ['10.0.0.64/26'] },
  peers: [{ link: 'front', address: near[4] }],
  servers: [
    { address: near[4], port: 8081 },
    { address: near[6], port: 8081 },
    { address: far[4], port: 8081 },
    { address: far[6], port: 8081 },
    { address: 'app.example', port: 8082 },
  ],
  dns: [],
  ntp: [],
  log: null,
  links: [],
};

/** Frontends on port 80 with a server near (paths /near) and one far; 8888 and 2222 answer themselves. */
const haproxy = `defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend web
  bind ${box[4]}:80
  bind [${box[6]}]:80
  bind :::8888
  bind :::22
  bind :::2222
  use_backend near4 if { req.hdr(to) near4 }
  use_backend near6 if { req.hdr(to) near6 }
  use_backend far4 if { req.hdr(to) far4 }
  use_backend far6 if { req.hdr(to) far6 }
  use_backend stranger if { req.hdr(to) stranger }
  use_backend named if { req.hdr(to) named }
  http-request return status 200 unless { req.hdr(to) -m found }
backend near4
  server s ${near[4]}:8081
backend near6
  server s [${near[6]}]:8081
backend far4
  server s ${far[4]}:8081
backend far6
  server s [${far[6]}]:8081
backend stranger
  server s ${stranger}:8081
backend named
  server s ${stranger}:8082
`;

describe('behind its firewall, the appliance', () => {
  let appliance: Container;
  let middle: World;
  let farWorld: World;
  const servers: (() => Promise<unknown>)[] = [];

  async function sh(run: Run, script: string): Promise<string> {
    const { code, stdout, stderr } = await run(['sh', '-euc', script], { timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  async function serve(world: World, address: string, port: number): Promise<void> {
    const web = join(import.meta.dirname, '../network/web.mjs');
    const argv = ['--pdeathsig', 'KILL', 'nsenter', '-t', `${world.pid}`, '-n', '--', process.execPath, web, address, `${port}`];
    const child = execa('setpriv', argv, { reject: false, stdin: 'ignore' });
    servers.push(async () => {
      child.kill('SIGKILL');
      await child;
    });
    await new Promise((ready) => child.stdout.once('data', ready));
  }

  /** What a client got, in the form `status bytes`; `000 0` where nothing came. */
  async function curl(world: World, ...args: readonly string[]): Promise<string> {
    const { stdout } = await world.run([
      'curl',
      '-gsSo',
      '/dev/null',
      '-m',
      '15',
      '--connect-timeout',
      '1',
      '-w',
      '%{http_code} %{size_download}',
      ...args,
    ]);
    return stdout;
  }

  async function load(firewall: FirewallInput, draining = ''): Promise<void> {
    await sh(
      appliance.run,
      `cat >/run/weir/nftables.conf <<'END'\n${renderNftables(firewall)}END\nrm -f /run/weir/draining*\n${draining}\nnft -f /run/weir/nftables.conf`,
    );
  }

  async function denied(): Promise<number> {
    return Number(/packets (\d+)/.exec(await sh(appliance.run, 'nft list counter inet weir denied'))?.[1]);
  }

  beforeAll(async () => {
    appliance = await startContainer({ links: [{ name: 'front', mac: '52:54:00:a1:00:02', bridge: 'net' }] });
    [middle, farWorld] = [await startWorld(), await startWorld()];
    const { world } = appliance;
    await sh(
      world.run,
      `ip addr add ${near[4]}/24 dev net; ip addr add ${stranger}/24 dev net; ip addr add ${near[6]}/64 dev net nodad
       sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
       ip link add line mtu 1280 type veth peer name line mtu 1280 netns ${middle.pid}
       ip link set line up; ip addr add 10.8.0.1/30 dev line; ip addr add fd00:8::1/64 dev line nodad
       ip route add 10.9.0.0/24 via 10.8.0.2; ip route add fd00:9::/64 via fd00:8::2`,
    );
    await sh(
      middle.run,
      `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
       ip link set line up; ip addr add 10.8.0.2/30 dev line; ip addr add fd00:8::2/64 dev line nodad
       ip route add default via 10.8.0.1; ip route add default via fd00:8::1
       ip link add last type veth peer name last netns ${farWorld.pid}
       ip link set last up; ip addr add 10.9.0.1/24 dev last; ip addr add fd00:9::1/64 dev last nodad`,
    );
    await sh(
      farWorld.run,
      `ip link set last up; ip addr add ${far[4]}/24 dev last; ip addr add ${far[6]}/64 dev last nodad
       ip route add default via 10.9.0.1; ip route add default via fd00:9::1`,
    );
    await sh(
      appliance.run,
      `ip link set front up; ip addr add ${box[4]}/24 dev front; ip addr add ${box[6]}/64 dev front nodad
       ip route add default via ${near[4]}; ip route add default via ${near[6]}
       mkdir -p /run/weir`,
    );
    await load(input);
    await sh(appliance.run, `cat >/tmp/haproxy.cfg <<'END'\n${haproxy}END\nhaproxy -D -f /tmp/haproxy.cfg`);
    for (const port of [8081, 8082]) await serve(world, '::', port);
    await serve(farWorld, '::', 8081);
  });

  afterAll(async () => {
    for (const stop of servers) await stop();
    await farWorld?.stop();
    await middle?.stop();
    await appliance?.stop();
  });

  const both = [4, 6] as const;
  const at = (family: 4 | 6, port = 80) => (family === 4 ? `http://${box[4]}:${port}` : `http://[${box[6]}]:${port}`);

  test.each(both)('answers on its open ports and lets replies of servers in (IPv%i)', async (family) => {
    expect(await curl(appliance.world, `${at(family)}/1000`, '-H', `to: near${family}`)).toBe('200 1000');
    expect(await curl(appliance.world, `${at(family, 8888)}/`)).toBe('200 0');
  });

  test.each(both)('says nothing on a port that the document does not open, although something listens (IPv%i)', async (family) => {
    expect(await curl(appliance.world, at(family, 2222))).toBe('000 0');
  });

  test('takes no reply from a machine that is no server, but one from any address at the port of a server known by name', async () => {
    expect(await curl(appliance.world, `${at(4)}/1000`, '-H', 'to: stranger')).toMatch(/^503/);
    expect(await curl(appliance.world, `${at(4)}/1000`, '-H', 'to: named')).toBe('200 1000');
  });

  test('opens ssh to the networks of the document alone', async () => {
    expect(await curl(appliance.world, at(4, 22), '--interface', near[4])).toBe('000 0');
    expect(await curl(appliance.world, at(4, 22), '--interface', stranger)).toBe('200 0');
  });

  test.each(both)('sends and receives whole transfers where the path takes only 1,280 bytes, on either side (IPv%i)', async (family) => {
    expect(await curl(farWorld, `${at(family)}/5000000`, '-H', `to: near${family}`)).toBe('200 5000000');
    await sh(appliance.world.run, 'head -c 5000000 /dev/zero >/tmp/weir-upload');
    const upload = await appliance.world.run([
      'curl',
      '-gsS',
      '-m',
      '15',
      '-H',
      `to: far${family}`,
      '-T',
      '/tmp/weir-upload',
      `${at(family)}/`,
    ]);
    await sh(appliance.world.run, 'rm /tmp/weir-upload');
    expect(upload.stdout).toBe('5000000');
    const cache = await sh(appliance.run, family === 4 ? `ip route get ${far[4]}` : `ip -6 route get ${far[6]}`);
    expect(cache).toContain('mtu 1280');
  });

  test('answers pings, but not a flood of them, and meanwhile those of others', async () => {
    const flood = appliance.world.run(['ping', '-n', '-q', '-c', '500', '-i', '0.004', '-W', '1', '-I', near[4], box[4]]);
    await sleep(1500);
    const other = await appliance.world.run(['ping', '-n', '-q', '-c', '3', '-i', '0.2', '-W', '1', '-I', stranger, box[4]]);
    expect(other.stdout).toContain('3 received');
    const received = Number(/(\d+) received/.exec((await flood).stdout)?.[1]);
    expect(received).toBeGreaterThanOrEqual(50);
    expect(received).toBeLessThan(250);
  });

  test('hears adverts from its peer on the link itself, and from nobody else', async () => {
    const send = (source: string, hops: number) =>
      sh(
        appliance.world.run,
        `for n in 1 2 3 4 5 6 7 8 9 10; do echo advert | chroot ${imageRoot} socat -u - IP4-SENDTO:${box[4]}:112,bind=${source},ip-ttl=${hops}; done`,
      );
    const refused = async (source: string, hops: number) => {
      const before = await denied();
      await send(source, hops);
      return (await denied()) - before >= 10;
    };
    expect(await refused(near[4], 255)).toBe(false);
    expect(await refused(near[4], 254)).toBe(true);
    expect(await refused(stranger, 255)).toBe(true);
  });

  test('lets the connections of a closed port end in peace, and takes no new one', async () => {
    const closed: FirewallInput = { ...input, binds: [], servers: [] };
    // More than all buffers on the way hold, over 3 s.
    const conversation = (...args: readonly string[]) =>
      curl(appliance.world, `${at(4)}/200000000`, '-H', 'to: near4', '--limit-rate', '66M', ...args);
    const draining = renderDraining(drainingAfter(input, closed), 60);

    const drains = conversation();
    await sleep(500);
    await load(closed, `cat >/run/weir/draining-1.nft <<'END'\n${draining}END`);
    expect(await curl(appliance.world, at(4))).toBe('000 0');
    expect(await drains).toBe('200 200000000');

    await load(input);
    const cut = conversation('-m', '5');
    await sleep(500);
    await load(closed);
    expect(await cut).not.toBe('200 200000000');
    await load(input);
  });

  test('replaces its own table alone', async () => {
    await sh(appliance.run, 'nft add table ip of-somebody-else');
    await load(input);
    expect((await sh(appliance.run, 'nft list tables')).trim().split('\n').sort()).toEqual([
      'table inet weir',
      'table ip of-somebody-else',
    ]);
    await sh(appliance.run, 'nft delete table ip of-somebody-else');
  });

  test('tracks no connection', async () => {
    await curl(appliance.world, `${at(4)}/1000`, '-H', 'to: near4');
    expect(await sh(appliance.run, 'cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null || echo 0')).toBe('0\n');
  });
});
