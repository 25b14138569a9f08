import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, type Demo, startDemo } from '../support/demo.ts';
import { dhcpClientIds } from '../support/pcap.ts';
import { bootGuest, type Guest, type GuestOptions } from '../support/qemu.ts';

const login = /login: /;
const bootIsOver = 300_000;

let demo: Demo;
const guests: Guest[] = [];
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(async () => {
  for (const guest of guests) await guest.remove();
  demo.stop();
});

async function boot(options: GuestOptions): Promise<Guest> {
  const guest = await bootGuest({ forward: { vip: demo.vip }, ...options });
  guests.push(guest);
  return guest;
}

/** Waits until both servers were reached through the VIP. */
async function serves(guest: Guest): Promise<void> {
  expect(await answering(guest.port('vip'), 2, bootIsOver), guest.said().slice(-1000)).toEqual(['app1', 'app2']);
}

describe.each([
  { firmware: 'bios', bus: 'virtio', label: 'WEIR', on: 'usb' },
  { firmware: 'uefi', bus: 'nvme', label: 'cidata', on: 'sata-cdrom' },
] as const)('an unmodified image on $firmware, its disk on $bus', ({ firmware, bus, label, on }) => {
  it(`takes the document of a volume ${label} on ${on} and serves both servers through the VIP`, async () => {
    const volume = label === 'WEIR' ? demo.volume : { '/user-data': `#weir-config\n${demo.document}`, '/meta-data': 'instance-id: lb1\n' };
    const guest = await boot({ firmware, bus, sealed: true, volume, volumeIs: { label, on } });
    await serves(guest);
    await guest.waitFor(/lb1 login: /);
    await guest.powerCut();
  });
});

describe('a machine that was given a document by CD-ROM, and a SCSI disk larger than the image', () => {
  const scsi = { bus: 'scsi' } as const;
  let guest: Guest;
  let before: object;

  /** What makes it this machine, seen from inside and on the wire. */
  const identity = async () => ({
    id: (await guest.run(['cat', '/etc/machine-id', '/data/machine-id'])).stdout,
    links: (await guest.run(['ls', '/sys/class/net'])).stdout,
    dhcp: await dhcpClientIds(guest.capture),
    confirmed: (await guest.run(['readlink', '/data/weir/confirmed'])).stdout,
  });

  beforeAll(async () => {
    // DHCP on the link, so that the id that a DHCP server sees is on the wire; the VIP stays
    const document = demo.document.replace('addresses: [10.0.2.15/24], gateway: 10.0.2.2', 'addresses: dhcp');
    guest = await boot({ ...scsi, volume: { '/config.yaml': document }, volumeIs: { on: 'scsi-cdrom' }, diskBytes: 6 * 2 ** 30 });
    await serves(guest);
  });

  it('has a root that is read-only, /data without devices and set-uid programs, /etc and /var in memory', async () => {
    const mounts = await guest.run(['findmnt', '-rno', 'TARGET,FSTYPE,OPTIONS', '-t', 'squashfs,ext4,overlay']);
    const lines = mounts.stdout.trim().split('\n');
    expect(lines.find((line) => line.startsWith('/ '))).toMatch(/^\/ squashfs ro,/);
    expect(lines.find((line) => line.startsWith('/data '))).toMatch(/^\/data ext4 rw,nosuid,nodev/);
    expect(lines.filter((line) => / overlay rw,nosuid,nodev/.test(line)).map((line) => line.split(' ')[0])).toEqual(['/etc', '/var']);
    expect((await guest.run(['touch', '/usr/lib/changed'])).code).toBe(1);
  });

  it('lets /data grow to the end of the disk', async () => {
    const { stdout } = await guest.run(['findmnt', '-bno', 'SIZE', '/data']);
    expect(Number(stdout)).toBeGreaterThan(3.2 * 2 ** 30);
  });

  it('starts everything that it should', async () => {
    expect((await guest.run(['systemctl', 'is-system-running', '--wait'], { timeoutMs: 120_000 })).stdout).toBe('running\n');
  });

  it('has an id, one DHCP id, and its own link names', async () => {
    // it serves before all of it is verified and confirmed
    await expect.poll(async () => (await identity()).confirmed, { timeout: 120_000 }).not.toBe('');
    before = await identity();
    expect(before).toEqual({
      id: expect.stringMatching(/^([0-9a-f]{32})\n\1\n$/),
      links: expect.stringContaining('front'),
      dhcp: [expect.stringMatching(/^[0-9a-f]{14,}$/)],
      confirmed: expect.stringMatching(/^generations\/\d/),
    });
  });

  it.each(['first', 'second'])('is the same machine, and serves the same, after the %s power cut', async () => {
    await guest.powerCut();
    guest = await boot({ ...scsi, disk: guest.disk });
    await serves(guest);
    expect(await identity()).toEqual(before);
  });

  it('boots, and says so, when /data cannot be mounted', async () => {
    await guest.powerCut();
    // All of the partition, or e2fsck would find a copy of its superblock and repair it
    await execa('qemu-io', ['-f', 'qcow2', '-c', 'write -z 2562M 1800M', '-c', 'write -z 4362M 1781M', guest.disk]);
    guest = await boot({ ...scsi, disk: guest.disk });
    await guest.waitFor(login);
    expect(guest.said()).toContain('NOTHING IS KEPT');
    expect((await guest.run(['findmnt', '-no', 'FSTYPE', '/data'])).stdout).toBe('tmpfs\n');
  });
});
