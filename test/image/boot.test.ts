import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, type Demo, startDemo } from '../support/demo.ts';
import { dhcpClientIds } from '../support/pcap.ts';
import { bootGuest, type Guest, type GuestOptions } from '../support/qemu.ts';

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(() => demo.stop());

const guests: Guest[] = [];
afterAll(async () => {
  for (const guest of guests) await guest.remove();
});
async function boot(options: GuestOptions): Promise<Guest> {
  const guest = await bootGuest(options);
  guests.push(guest);
  return guest;
}

const login = /login: /;
const bootIsOver = 300_000;

describe.each([
  { firmware: 'bios', bus: 'virtio' },
  { firmware: 'uefi', bus: 'nvme' },
] as const)('an unmodified image on $firmware, its disk on $bus', ({ firmware, bus }) => {
  it('takes the document of a WEIR volume and serves both servers through the VIP', async () => {
    const guest = await boot({ firmware, bus, sealed: true, volume: demo.volume, forward: { vip: demo.vip } });
    expect(await answering(guest.port('vip'), 2, bootIsOver)).toEqual(['app1', 'app2']);
    await guest.waitFor(login);
    expect(guest.said()).toContain('weir on lb1');
    await guest.powerCut();
  });
});

describe('a machine that was given a document', () => {
  it('is the same machine after power cuts: id, DHCP id, link names, and what it serves', async () => {
    // DHCP on the link, so that the id a DHCP server sees is on the wire; the VIP stays
    const volume = {
      '/config.yaml': `${demo.volume['/config.yaml']}`.replace('addresses: [10.0.2.15/24], gateway: 10.0.2.2', 'addresses: dhcp'),
    };
    const facts = [];
    let disk: string | undefined;
    for (let round = 0; round < 3; round++) {
      const guest = await boot({ ...(disk ? { disk } : { volume }), forward: { vip: demo.vip } });
      expect(await answering(guest.port('vip'), 2, bootIsOver)).toEqual(['app1', 'app2']);
      const id = await guest.run(['cat', '/etc/machine-id', '/data/machine-id']);
      const links = await guest.run(['sh', '-c', 'ls /sys/class/net']);
      facts.push({ id: id.stdout, links: links.stdout, dhcp: await dhcpClientIds(guest.capture) });
      await guest.powerCut();
      disk = guest.disk;
    }
    const [first, ...later] = facts;
    expect(first?.id).toMatch(/^([0-9a-f]{32})\n\1\n$/);
    expect(first?.links).toContain('front');
    expect(first?.dhcp).toHaveLength(1);
    for (const fact of later) expect(fact).toEqual(first);
  });

  it('mounts its root read-only, /data without devices and set-uid programs, /etc and /var in memory', async () => {
    const guest = await boot({ volume: demo.volume });
    const mounts = await guest.run(['findmnt', '-rno', 'TARGET,FSTYPE,OPTIONS', '-t', 'squashfs,ext4,overlay']);
    const lines = mounts.stdout.trim().split('\n');
    expect(lines.find((line) => line.startsWith('/ '))).toMatch(/^\/ squashfs ro,/);
    expect(lines.find((line) => line.startsWith('/data '))).toMatch(/^\/data ext4 rw,nosuid,nodev/);
    expect(lines.filter((line) => / overlay rw/.test(line)).map((line) => line.split(' ')[0])).toEqual(['/etc', '/var']);
    expect((await guest.run(['touch', '/usr/lib/changed'])).code).toBe(1);
    await guest.run(['sh', '-c', 'systemctl is-system-running --wait']);
    expect((await guest.run(['systemctl', '--failed', '--plain', '--no-legend'])).stdout).toBe('');
    await guest.powerCut();
  });
});

describe('a disk that is not as it should be', () => {
  it('on a larger disk /data grows to the end, and keeps what it held', async () => {
    const guest = await boot({ diskBytes: 6 * 2 ** 30, volume: demo.volume, forward: { vip: demo.vip } });
    expect(await answering(guest.port('vip'), 2, bootIsOver)).toEqual(['app1', 'app2']);
    const size = await guest.run(['findmnt', '-bno', 'SIZE', '/data']);
    expect(Number(size.stdout)).toBeGreaterThan(3.2 * 2 ** 30);
    const confirmed = await guest.run(['readlink', '/data/weir/confirmed']);
    await guest.powerCut();
    const again = await boot({ disk: guest.disk, forward: { vip: demo.vip } });
    expect(await answering(again.port('vip'), 2, bootIsOver)).toEqual(['app1', 'app2']);
    expect((await again.run(['readlink', '/data/weir/confirmed'])).stdout).toBe(confirmed.stdout);
    await again.powerCut();
  });

  it('boots and says so when /data cannot be mounted', async () => {
    const guest = await boot({});
    await guest.waitFor(login);
    const device = (await guest.run(['findmnt', '-no', 'SOURCE', '/data'])).stdout.trim();
    await guest.run(['sh', '-c', `dd if=/dev/zero of=${device} bs=1M count=1500 oflag=direct; sync`], { timeoutMs: 300_000 });
    await guest.powerCut();
    const broken = await boot({ disk: guest.disk });
    await broken.waitFor(login);
    expect(broken.said()).toContain('NOTHING IS KEPT');
    expect((await broken.run(['findmnt', '-no', 'FSTYPE', '/data'])).stdout).toBe('tmpfs\n');
    await broken.powerCut();
  });
});
