import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { answering, ask, type Demo, startDemo } from '../support/demo.ts';
import { bootGuest, freePort } from '../support/qemu.ts';
import { type Figure, median, spread } from './figure.ts';
import { needs } from './needs.ts';

const rounds = 3;
const limitMs = 300_000;

/** A machine of QEMU whose kernel is started directly, so that no boot loader's waiting is measured. */
interface Machine {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  /** Its disk; what a boot writes is thrown away. */
  readonly disk: string;
  readonly format: 'raw' | 'qcow2';
}

/** Seconds from starting QEMU, which starts the kernel, until the login prompt, and until the VIP answers (null: not waited for). */
interface Boot {
  readonly login: number;
  readonly vip: number | null;
}

async function boot({ kernel, initrd, append, disk, format }: Machine, vip: Demo['vip'] | null): Promise<Boot> {
  const { stdout: accelerator } = await execa('image/accelerator', [kernel]);
  const port = await freePort();
  const cpu = accelerator === 'kvm' ? 'host' : 'max';
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const qemu = execa(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'qemu-system-x86_64', '-machine', 'q35', '-accel', accelerator, '-cpu', cpu, '-smp', '2', '-m', '1024'],
      ...['-display', 'none', '-nodefaults', '-device', 'virtio-rng-pci', '-serial', 'stdio'],
      ...['-kernel', kernel, '-initrd', initrd, '-append', append],
      ...['-drive', `file=${disk},if=virtio,format=${format},snapshot=on`],
      ...['-netdev', `user,id=net,net=10.0.2.0/24${vip === null ? '' : `,hostfwd=tcp:127.0.0.1:${port}-${vip}`}`],
      ...['-device', 'virtio-net-pci,netdev=net,mac=52:54:00:00:00:01'],
    ],
    { reject: false, buffer: false, stdin: 'pipe' },
  );
  let [said, login, answered]: [string, number | null, number | null] = ['', null, null];
  qemu.stdout.on('data', (text: Buffer) => {
    said += text.toString('latin1');
    if (/login: /.test(said)) login ??= seconds();
  });
  try {
    while (login === null || (vip !== null && answered === null)) {
      if (performance.now() - began > limitMs || qemu.exitCode !== null) throw new Error(`this machine did not boot: ${said.slice(-1000)}`);
      // each try has its own time: one that is sent too early is not waited for
      if (vip !== null && answered === null)
        void ask(port).then((answer) => {
          if (answer?.startsWith('200 ')) answered ??= seconds();
        });
      await sleep(200);
    }
    return { login, vip: answered };
  } finally {
    qemu.kill('SIGKILL');
    await qemu;
  }
}

/** The base system as Packer's machine boots it (image/disk): Debian with its packages, and none of what weir adds. */
async function baseMachine(work: string): Promise<Machine> {
  const root = join(work, 'root');
  const disk = join(work, 'base.raw');
  await execa('mkdir', [root]);
  await execa('tar', ['-C', root, '-xf', 'build/base.tar']);
  const services = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'haproxy', 'keepalived', 'nftables', 'chrony', 'rsyslog'];
  await execa('systemctl', ['-q', `--root=${root}`, 'disable', ...services]);
  await execa('mke2fs', ['-q', '-t', 'ext4', '-m', '0', '-O', '^has_journal', '-d', root, disk, '3G']);
  for (const file of readdirSync(join(root, 'boot'))) await execa('mv', [join(root, 'boot', file), work]);
  await rm(root, { recursive: true });
  const find = (name: string) => join(work, readdirSync(work).find((file) => file.startsWith(name)) ?? name);
  return { kernel: find('vmlinuz'), initrd: find('initrd.img'), append: 'root=/dev/vda rw console=ttyS0 quiet', disk, format: 'raw' };
}

/** How long weir takes from the kernel's start to an answer of its VIP, beside the same Debian without weir to its login prompt; interleaved. */
export async function benchBoot(): Promise<readonly Figure[]> {
  needs('build/weir.qcow2', 'build/slot', 'build/base.tar');
  const demo = await startDemo();
  const work = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  const guest = await bootGuest({ volume: demo.volume, forward: { vip: demo.vip } });
  try {
    // its first boot is not what is measured: that one takes the document, and serves before it is confirmed
    await answering(guest.port('vip'), 2, limitMs);
    for (const end = Date.now() + limitMs; !(await guest.run(['weir', 'status', '--json'])).stdout.includes('"state":"as confirmed"'); ) {
      if (Date.now() > end) throw new Error(`the document of the first boot is not confirmed: ${guest.said().slice(-1000)}`);
      await sleep(1000);
    }
    await guest.run(['sync']);
    await guest.powerCut();
    const weir: Machine = {
      kernel: 'build/slot/vmlinuz',
      initrd: 'build/slot/initrd.img',
      append: 'root=PARTLABEL=root-a rootfstype=squashfs ro weir.slot=A console=ttyS0 fastboot quiet',
      disk: guest.disk,
      format: 'qcow2',
    };
    const base = await baseMachine(work);
    const [plain, ours]: [Boot[], Boot[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      plain.push(await boot(base, null));
      ours.push(await boot(weir, demo.vip));
    }
    const logins = (boots: readonly Boot[]) => boots.map(({ login }) => login);
    const answers = ours.map(({ vip }) => vip ?? Number.NaN);
    return [
      { what: 'the base system: kernel start to login prompt', figure: spread(logins(plain), 's'), wanted: '' },
      { what: 'weir: kernel start to login prompt', figure: spread(logins(ours), 's'), wanted: '' },
      { what: 'weir: kernel start to an answer of the VIP', figure: spread(answers, 's'), wanted: '' },
      {
        what: '  over the base system’s login prompt',
        figure: (median(answers) / median(logins(plain))).toFixed(2),
        wanted: '1.5',
      },
    ];
  } finally {
    demo.stop();
    await guest.remove();
    await rm(work, { recursive: true, force: true });
  }
}
