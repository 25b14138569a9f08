import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answering, type Demo, loadOn, startDemo } from '../support/demo.ts';
import { bootGuest, type Guest } from '../support/qemu.ts';
import { unitArguments } from '../support/shell.ts';

/** Three more cards, on no network: for bonds, VLANs and MTUs, and one that takes no large MTU. */
const spareCards = ['virtio-net-pci', 'virtio-net-pci', 'e1000e'].flatMap((card, index) => [
  '-netdev',
  `user,id=spare${index},restrict=on`,
  '-device',
  `${card},netdev=spare${index},mac=52:54:00:00:01:0${index + 1}`,
]);

let demo: Demo;
let guest: Guest;
let document: string;

beforeAll(async () => {
  demo = await startDemo();
  ({ document } = demo);
  guest = await bootGuest({ volume: demo.volume, forward: { vip: demo.vip }, extra: spareCards });
  expect(await answering(guest.port('vip'), 2, 300_000)).toEqual(['app1', 'app2']);
  await guest.waitFor(/login: /);
  await settled(guest);
  await guest.monitor('savevm ready');
});
afterAll(async () => {
  await guest?.remove();
  demo?.stop();
});

/** Waits until the agent says that the machine is as confirmed. */
async function settled(machine: Guest): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const { stdout } = await machine.run(['weir', 'status', '--json']);
    if (/"state":"as confirmed"/.test(stdout)) return;
    await sleep(1000);
  }
  throw new Error((await machine.run(['weir', 'status'])).stdout);
}

/** Applies a document as `ssh box weir apply - <config.yaml` does. */
function apply(machine: Guest, text: string, options: readonly string[] = []) {
  return machine.run(['weir', 'apply', '-', ...options], { input: text, timeoutMs: 240_000 });
}

/** What the kernel says of links, without what moves by itself. */
async function links(machine: Guest): Promise<unknown> {
  const { stdout } = await machine.run(['ip', '-j', '-d', 'address', 'show']);
  return (JSON.parse(stdout) as Record<string, unknown>[])
    .filter(({ ifname }) => ifname !== 'lo' && !/^(bond|sit|ip6tnl)\d/.test(String(ifname)))
    .map(({ ifname, mtu, linkinfo, addr_info: addresses, master }) => ({
      ifname,
      mtu,
      master,
      kind: (linkinfo as { info_kind?: string } | undefined)?.info_kind,
      addresses: (addresses as { local: string; prefixlen: number; scope: string }[])
        .filter(({ scope }) => scope === 'global')
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
        .sort(),
    }))
    .sort((a, b) => String(a.ifname).localeCompare(String(b.ifname)));
}

const withLinks = (more: string) => document.replace('gateway: 10.0.2.2 } }', `gateway: 10.0.2.2 }, ${more} }`);

describe('a machine that serves', () => {
  beforeEach(async () => {
    await guest.monitor('loadvm ready');
  });
  afterEach(async () => {
    expect(await answering(guest.port('vip'), 2, 60_000)).toEqual(['app1', 'app2']);
  });

  test('serves again after kill -9 of HAProxy, all of it', async () => {
    await guest.run(['pkill', '-9', '-x', 'haproxy']);
    expect(await answering(guest.port('vip'), 2, 30_000)).toEqual(['app1', 'app2']);
  });

  test('serves while its agent hangs, and keeps serving when it is gone', async () => {
    const agent = (await guest.run(['systemctl', 'show', '-P', 'MainPID', 'weir-agent'])).stdout.trim();
    await guest.run(['kill', '-STOP', agent]);
    expect(await answering(guest.port('vip'), 2, 30_000)).toEqual(['app1', 'app2']);
    await guest.run(['systemctl', 'mask', '--runtime', 'weir-agent']);
    await guest.run(['kill', '-KILL', agent]);
    expect(await answering(guest.port('vip'), 2, 30_000)).toEqual(['app1', 'app2']);
  });

  test('takes a change that fails back under load, and loses no request', async () => {
    const before = (await guest.run(['weir', 'history', '--json'])).stdout;
    const traffic = loadOn(guest.port('vip'));
    // more than the driver takes (e1000e: 9216), which only the running machine can tell
    const answer = await apply(guest, withLinks('back: { mac: 52:54:00:00:01:03, mtu: 16000, addresses: [10.9.0.2/24] }'));
    const { asked, lost } = await traffic.stop();
    expect(answer.code, answer.stderr).toBe(1);
    expect(answer.stderr).toMatch(/back/);
    expect(answer.stderr).toContain('Rolled back');
    expect((await guest.run(['weir', 'history', '--json'])).stdout).toBe(before);
    expect((await guest.run(['weir', 'plan', '--check'])).code).toBe(0);
    expect(asked).toBeGreaterThan(10);
    expect(lost).toEqual([]);
  });

  test('refuses a card that it does not have, at its place, and changes nothing', async () => {
    const answer = await apply(guest, withLinks('back: { mac: 52:54:00:00:09:09, addresses: [10.9.0.2/24] }'));
    expect(answer.code, answer.stderr).toBe(2);
    expect(answer.stderr).toMatch(/standard input:\d+:\d+: this machine has no NIC 52:54:00:00:09:09/);
    expect(answer.stderr).toContain('52:54:00:00:01:01');
  });

  test('keeps the VIP of a pair while keepalived takes up another document', async () => {
    const pair = (advert: string) =>
      document
        .replace(
          'vips:',
          `  lb2: { links: { front: { mac: 52:54:00:00:00:02, addresses: [10.0.2.16/24] } } }\nvrrp: { site: { link: front, virtual_router_id: 51, advert: ${advert} } }\nvips:`,
        )
        .replace('www: { link: front,', 'www: { vrrp: site,');
    const first = await apply(guest, pair('tolerant'));
    expect(first.code, first.stderr).toBe(0);
    const held = () => guest.run(['ip', '-br', 'address', 'show', 'front']);
    await expect.poll(async () => (await held()).stdout, { timeout: 60_000 }).toContain('10.0.2.100/32');
    await guest.run(['sh', '-c', 'ip monitor address dev front >/run/monitor 2>&1 &']);
    const second = await apply(guest, pair('normal'));
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toContain('activate keepalived');
    // what the kernel kills for its time, it kills within a few seconds
    await sleep(10_000);
    const { stdout: said } = await guest.run(['journalctl', '-b', '-u', 'keepalived', '-o', 'short-precise', '--no-pager']);
    expect((await guest.run(['grep', 'Deleted', '/run/monitor'])).stdout, said).toBe('');
  });

  test('gets a lost link back when nobody confirms in time', async () => {
    const managed = document.replace('mac:', 'role: management, mac:');
    const first = await apply(guest, managed);
    expect(first.code, first.stderr).toBe(0);
    const lost = managed.replace('10.0.2.15/24', '10.0.2.77/24').replace('gateway: 10.0.2.2', 'gateway: 10.0.2.99');
    const refused = await apply(guest, lost);
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('--confirm');
    const answer = await apply(guest, lost, ['--confirm', '15s']);
    expect(answer.code, answer.stderr).toBe(1);
    expect((await guest.run(['ip', '-br', 'address', 'show', 'front'])).stdout).toContain('10.0.2.15/24');
  });

  test.each([
    [
      'a VLAN',
      'spare: { mac: 52:54:00:00:01:01, addresses: [10.9.0.2/24] }, tagged: { vlan: 120, link: spare, addresses: [10.9.1.2/24], mtu: 1400 }',
    ],
    ['a bond', 'trunk: { bond: [52:54:00:00:01:01, 52:54:00:00:01:02], mode: active-backup, addresses: [10.9.0.2/24] }'],
    ['an MTU', 'spare: { mac: 52:54:00:00:01:01, mtu: 1400, addresses: [10.9.0.2/24] }'],
  ])('adds %s and takes it back: links are as before', async (_what, more) => {
    // the spare cards have names of weir's from the first document on, so that the way back is to them
    const base = withLinks(
      'spare: { mac: 52:54:00:00:01:01, addresses: [10.9.9.2/24] }, other: { mac: 52:54:00:00:01:02, addresses: [10.9.8.2/24] }',
    );
    const first = await apply(guest, base);
    expect(first.code, first.stderr).toBe(0);
    const before = await links(guest);
    const answer = await apply(guest, withLinks(more));
    expect(answer.code, answer.stderr).toBe(0);
    const during = await links(guest);
    expect(during).not.toEqual(before);
    expect(JSON.stringify(during)).toMatch(/10\.9\.0\.2\/24/);
    const back = await guest.run(['weir', 'rollback'], { timeoutMs: 240_000 });
    expect(back.code, back.stderr).toBe(0);
    expect(await links(guest)).toEqual(before);
  });
});

/** QEMU arguments that take /usr/bin/node away before anything of weir's starts. */
const withoutNode = unitArguments(
  'no-node',
  `[Unit]
DefaultDependencies=no
Before=weir-boot.service
[Service]
Type=oneshot
ExecStart=mount --bind /dev/null /usr/bin/node
`,
);

describe('a disk whose machine lost its power during an apply, three times', () => {
  let first: Guest;
  beforeAll(async () => {
    await guest.powerCut();
    first = await bootGuest({ volume: demo.volume, forward: { vip: demo.vip } });
  });
  afterAll(() => first?.remove());

  test('has the old document or the new one, whole', async () => {
    let machine = first;
    try {
      for (const [round, cutMs] of [600, 1800, 3500].entries()) {
        expect(await answering(machine.port('vip'), 2, 300_000)).toEqual(['app1', 'app2']);
        await settled(machine);
        const changed = document.replace('frontends:', `tuning: { sysctl: { net.core.somaxconn: ${20_000 + round} } }\nfrontends:`);
        void apply(machine, changed).catch(() => undefined);
        await sleep(cutMs);
        await machine.powerCut();
        if (machine !== first) await machine.remove();
        machine = await bootGuest({ disk: first.disk, forward: { vip: demo.vip } });
      }
      expect(await answering(machine.port('vip'), 2, 300_000)).toEqual(['app1', 'app2']);
      await settled(machine);
      const plan = await machine.run(['weir', 'plan', '--check']);
      expect(plan.code, plan.stdout).toBe(0);
    } finally {
      await machine.powerCut();
      if (machine !== first) await machine.remove();
    }
  });

  test('serves without Node', async () => {
    const machine = await bootGuest({ disk: first.disk, forward: { vip: demo.vip }, extra: withoutNode });
    try {
      expect(await answering(machine.port('vip'), 2, 300_000)).toEqual(['app1', 'app2']);
      expect((await machine.run(['node', '--version'])).code).not.toBe(0);
      // 203: the program could not be executed
      const status = () => machine.run(['systemctl', 'show', '-P', 'ExecMainStatus', 'weir-agent']);
      await expect.poll(async () => (await status()).stdout, { timeout: 60_000 }).toBe('203\n');
    } finally {
      await machine.remove();
    }
  });
});
