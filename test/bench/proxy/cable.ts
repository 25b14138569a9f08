import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { World } from '../../support/container.ts';
import type { Account } from './account.ts';

/** One end of a cable: the network it is in, its name (on the whole machine, 15 characters at most), its address, and the CPUs that receive there. */
export interface End {
  readonly world: World;
  readonly name: string;
  readonly address: string;
  readonly cpus: readonly number[];
  /** To whom receiving is charged, where that is of interest. */
  readonly account: Account | null;
  /** Whether packets are received in softirq by those CPUs alone, as those of a real card are. */
  readonly isSteered?: boolean;
}

/** Runs a program in a world. @throws Error with what it said when it fails. */
export async function must({ run }: World, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}

const bench = join(import.meta.dirname, '../../../build/bench');
const threaded = 'mount -t sysfs sysfs /sys; echo 1 >"/sys/class/net/$1/threaded"';

/** The kernel threads that receive at a device, by their names. */
function receivers(device: string): readonly string[] {
  const isReceiver = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith(`napi/${device}-`);
    } catch {
      return false; // it ended while we looked
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isReceiver(name));
}

/** A kernel thread cannot change its control group before it has run for the first time. */
async function admit(account: Account, thread: number): Promise<void> {
  for (const limit = performance.now() + 5000; ; await sleep(10)) {
    try {
      return account.admit(thread);
    } catch (error) {
      if (performance.now() > limit) throw error;
    }
  }
}

/** Shell: the queues of a device give what arrives to the CPUs of a mask (RPS: Documentation/networking/scaling.rst). */
const steered = 'mount -t sysfs sysfs /sys; for queue in /sys/class/net/"$1"/queues/rx-*; do echo "$2" >"$queue/rps_cpus"; done';

/** The CPUs of a list as a mask in hexadecimal. */
function mask(cpus: readonly number[]): string {
  return cpus.reduce((sum, cpu) => sum | (1n << BigInt(cpu)), 0n).toString(16);
}

/**
 * Has what arrives at an end received by kernel threads (NAPI: Documentation/networking/napi.rst, "Threaded NAPI"), so that it is known whose work it is.
 * A veth asks them for packets that it may put together alone (veth_skb_is_eligible_for_gro in drivers/net/veth.c); others, all of TCP where the sender
 * segments late, are received in the time of whoever sends, alike for everyone who is compared.
 */
async function receive({ world, name, cpus, account, isSteered = false }: End): Promise<void> {
  await must(world, ['chroot', bench, 'ethtool', '-K', name, 'gro', 'on']);
  await must(world, ['ip', 'link', 'set', name, 'up']);
  if (isSteered) return must(world, ['unshare', '--mount', 'sh', '-euc', steered, 'sh', name, mask(cpus)]);
  await must(world, ['unshare', '--mount', 'sh', '-euc', threaded, 'sh', name]);
  const threads = receivers(name);
  if (threads.length === 0) throw new Error(`nobody receives at ${name}: the bench needs threaded NAPI, which Linux has since 5.13`);
  for (const thread of threads) {
    await execa('taskset', ['-pc', cpus.join(','), thread]);
    if (account !== null) await admit(account, Number(thread));
  }
}

/** Lays a cable (veth) with so many queues each way between two networks. */
export async function layCable(near: End, far: End, queues: number): Promise<void> {
  const each = ['numrxqueues', `${queues}`, 'numtxqueues', `${queues}`];
  const other = ['peer', 'name', far.name, ...each, 'netns', String(far.world.pid)];
  await must(near.world, ['ip', 'link', 'add', near.name, ...each, 'type', 'veth', ...other]);
  for (const end of [near, far]) {
    await must(end.world, ['ip', 'address', 'add', `${end.address}/24`, 'dev', end.name]);
    await receive(end);
  }
}
