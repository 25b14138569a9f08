import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { startWorld, type World } from '../../support/container.ts';
import { temporaryFolder } from '../../support/ending.ts';
import { type Account, openAccount } from './account.ts';
import { layCable, must } from './cable.ts';
import { type Place, sharedFolder } from './program.ts';

/** The addresses of the origin's two servers, which every proxy and the clients reach. */
export const origins = ['10.20.0.11', '10.20.0.12'] as const;

/** Where one contender runs: a network of its own between clients and origin, and an account of its own. */
export interface Site {
  readonly place: Place;
  /** The address that clients ask. */
  readonly address: string;
  readonly account: Account;
  readonly stop: () => Promise<void>;
}

/** The networks of the bench, and who has which CPUs: the proxies some, everything else the others. */
export interface Lab {
  readonly proxyCpus: readonly number[];
  readonly otherCpus: readonly number[];
  readonly clients: Place;
  readonly origin: Place;
  /** A new network for a contender; all of a lab's are there side by side, one is measured at a time. */
  readonly site: (name: string, ground?: Ground) => Promise<Site>;
  readonly stop: () => Promise<void>;
}

/** What a contender stands on, where that is measured. */
export interface Ground {
  /** Of its network, `name=value`, instead of those that everyone has. */
  readonly sysctls: readonly string[];
  /** The CPUs that receive its packets, in softirq; its own unless told. */
  readonly receivers: readonly number[] | null;
}

/** CPUs of a list as the kernel writes it, `0-3,8`. */
export function cpusOf(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The CPUs that this process may use. */
export function allowedCpus(): readonly number[] {
  return cpusOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0');
}

/**
 * What Debian's kernel has of itself and this machine may have otherwise: how much TCP buffers, and that it does not pace by timers as bbr does, which cost
 * CPU. reno is allowed in every network and does what cubic does where no packet is lost.
 */
export const untuned = [
  'net.ipv4.tcp_congestion_control=reno',
  'net.ipv4.tcp_rmem=4096 131072 6291456',
  'net.ipv4.tcp_wmem=4096 16384 4194304',
] as const;

/** For everyone unless told, what weir's tuning sets: ports enough for short connections, and room for bursts of connections and of log lines. */
const sysctls = [
  ...untuned,
  'net.ipv4.ip_local_port_range=1024 65535',
  'net.ipv4.tcp_tw_reuse=1',
  'net.ipv4.tcp_max_syn_backlog=65535',
  'net.core.somaxconn=65535',
  'net.unix.max_dgram_qlen=2048',
];

async function newWorld(values: readonly string[] = sysctls): Promise<World> {
  const world = await startWorld();
  try {
    await must(world, ['sysctl', '-q', '-w', ...values]);
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

// on the whole machine, the names of devices and groups are this process's own
const own = process.pid.toString(36);

/** A network for a contender; its cables go to the clients and to the origin. */
async function newSite(name: string, index: number, shared: string, lab: Omit<Lab, 'site' | 'stop'>, ground?: Ground): Promise<Site> {
  const account = await openAccount(`${own}-${index}`);
  let world: World | null = null;
  const stop = async () => {
    await world?.stop();
    account.close();
  };
  try {
    world = await newWorld(ground?.sysctls);
    const [front, back] = [`10.${index}.1`, `10.${index}.2`];
    const isSteered = ground !== undefined;
    const proxy = { world, cpus: ground?.receivers ?? lab.proxyCpus, account, isSteered };
    const other = { cpus: lab.otherCpus, account: null, isSteered };
    const queues = lab.proxyCpus.length;
    await layCable(
      { ...proxy, name: `${own}f${index}`, address: `${front}.2` },
      { ...other, world: lab.clients.world, name: `${own}c${index}`, address: `${front}.1` },
      queues,
    );
    await layCable(
      { ...proxy, name: `${own}b${index}`, address: `${back}.2` },
      { ...other, world: lab.origin.world, name: `${own}o${index}`, address: `${back}.1` },
      queues,
    );
    for (const address of origins) await must(world, ['ip', 'route', 'add', address, 'via', `${back}.1`]);
    const place = { world, cpus: lab.proxyCpus.join(','), groups: account.folders, shared };
    return { place, address: `${front}.2`, account, stop };
  } catch (error) {
    await stop();
    throw new Error(`the network of ${name}: ${(error as Error).message}`);
  }
}

/** Makes the networks of the bench; `threads` CPUs are the proxies', and all of them are everybody's where no other is left. */
export async function startLab(threads: number): Promise<Lab> {
  const allowed = allowedCpus();
  const [proxyCpus, otherCpus] = [allowed.slice(0, threads), allowed.length > threads ? allowed.slice(threads) : allowed];
  const folder = temporaryFolder('bench');
  const pin = (cpus: readonly number[]) => execa('taskset', ['-apc', cpus.join(','), String(process.pid)]);
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await pin(otherCpus);
    undo.push(() => pin(allowed));
    const clients = await newWorld();
    undo.push(clients.stop);
    const origin = await newWorld();
    undo.push(origin.stop);
    for (const address of origins) await must(origin, ['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
    const end = { cpus: otherCpus, account: null };
    await layCable(
      { ...end, world: clients, name: `${own}c`, address: '10.0.0.1' },
      { ...end, world: origin, name: `${own}o`, address: '10.0.0.2' },
      otherCpus.length,
    );
    for (const address of origins) await must(clients, ['ip', 'route', 'add', address, 'via', '10.0.0.2']);

    const place = async (world: World, name: string): Promise<Place> => {
      return { world, cpus: otherCpus.join(','), groups: [], shared: await sharedFolder(folder, name) };
    };
    const made = { proxyCpus, otherCpus, clients: await place(clients, 'clients'), origin: await place(origin, 'origin') };
    let count = 0;
    const site = async (name: string, ground?: Ground): Promise<Site> => {
      const index = ++count;
      return await newSite(name, index, await sharedFolder(folder, `site-${index}`), made, ground);
    };
    return { ...made, site, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
