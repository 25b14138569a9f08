import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { controlGroups, endControlGroup } from './control-group.ts';
import { atEnd, killAtEnd } from './ending.ts';
import { cleanEnvironment, imageRoot, mountOverlay, type Run, removeWorkFolder, runner, workFolder } from './root.ts';
import { type Staged, stage } from './staged.ts';

/** An interface of a container: its name inside (at most 7 characters), its MAC, and the bridge of the world its other end is in. */
export interface ContainerLink {
  readonly name: string;
  readonly mac: string;
  readonly bridge: string;
}

/** A network outside of containers: clients and servers run in it, its bridges connect containers. */
export interface World {
  readonly pid: number;
  /** Runs a program of this machine in that network. */
  readonly run: Run;
  readonly stop: () => Promise<void>;
}

/** How a container differs from the image. */
export interface ContainerOptions {
  /** Laid over the image's root before it boots, such as a changed program. */
  readonly files?: Staged;
  /** Taken out of the image's root before it boots, such as /usr/bin/node. */
  readonly without?: readonly string[];
  /** What /data holds when it boots: paths below /data, such as /weir/confirmed. */
  readonly data?: Staged;
  /** A folder of this machine as /data, so that a container boots from what an earlier one left; stop() leaves it alone. */
  readonly dataFolder?: string;
  /** Interfaces beside loopback, each with its other end in the world. */
  readonly links?: readonly ContainerLink[];
  /** A network that outlives the container; one of its own unless told. */
  readonly world?: World;
}

/** The image's root file system, booted with its own systemd. */
export interface Container {
  /** Runs a program inside, as root. */
  readonly run: Run;
  readonly world: World;
  /** Its /data, as this machine sees it. */
  readonly dataFolder: string;
  /** Milliseconds from starting it until systemd said that booting is over. */
  readonly bootedMs: number;
  /** Ends it as a power cut does, and takes away all that was made for it. */
  readonly stop: () => Promise<void>;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

/** Starts a program that dies with this process; `end` kills it and waits until it is gone. */
function start(argv: readonly string[]) {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...argv], { reject: false, stdin: 'ignore', all: true });
  const { pid } = child;
  if (pid === undefined) throw new Error('setpriv is not there: install util-linux');
  const ended = killAtEnd(pid);
  const gone = child.then(({ all }) => {
    ended();
    return all;
  });
  return {
    pid,
    /** Fails, with what it wrote, when it ends before it is killed. */
    assertAlive: async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${argv[0]} has ended: ${await gone}`);
    },
    end: async () => {
      kill(pid);
      await gone;
    },
  };
}

/** Asks until there is an answer; fails with what was waited for. */
async function until<T>(what: string, limitMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > limit) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(20);
  }
}

/** Makes a network for containers, clients and servers; it holds nothing but loopback. */
export async function startWorld(): Promise<World> {
  const holder = start(['unshare', '--net', 'sh', '-c', 'ip link set lo up; exec sleep infinity']);
  await until('a network namespace', 5000, async () => {
    await holder.assertAlive();
    return (await readFile(`/proc/${holder.pid}/cmdline`, 'utf8')).startsWith('sleep') ? true : undefined;
  });
  return { pid: holder.pid, run: runner(['nsenter', '-t', String(holder.pid), '-n', '--']), stop: holder.end };
}

/** Shell: becomes systemd-nspawn on the overlay, in mount and process namespaces and a control group of its own. */
const boot = `
  work=$1 image=$2 data=$3 cgroup=$4 without=$5
  echo $$ >"$cgroup/cgroup.procs"
  mount -t proc proc /proc
  ${mountOverlay}
  for path in $without; do rm -rf "$work/root$path"; done
  exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --boot --private-network \\
    --console=read-only --link-journal=no --resolv-conf=off --timezone=off --bind="$data:/data" -D "$work/root"
`;

/** Shell: puts one end of a veth into a container, the other one into a bridge. */
const connect = `
  leader=$1 name=$2 mac=$3 bridge=$4
  ip link show "$bridge" >/dev/null 2>&1 || ip link add "$bridge" up type bridge mcast_snooping 0
  ip link add "$name-$leader" master "$bridge" up type veth peer name "$name" address "$mac" netns "$leader"
`;

/** The first process of the container: the only one of that name below `pid`, which does not count itself. */
async function leaderBelow(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter((word) => word !== '')) {
    const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
    if (/^NSpid:(\t\d+)+\t1$/m.test(status) && /^Name:\tsystemd$/m.test(status)) return Number(child);
    const below = await leaderBelow(Number(child));
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Boots the image's root file system; what it writes goes to memory, but for /data. Waits until booting is over, failed units or not. */
export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const { files = {}, without = [], data = {}, links = [] } = options;
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const work = await workFolder(files);
    undo.push(() => removeWorkFolder(work));
    const dataFolder = options.dataFolder ?? join(work, 'data');
    if (!existsSync(dataFolder)) await mkdir(dataFolder, { recursive: true });
    await stage(dataFolder, data);
    const world = options.world ?? (await startWorld());
    if (options.world === undefined) undo.push(world.stop);
    const cgroup = join(await controlGroups(), work.replaceAll('/', '-').slice(1));
    await mkdir(cgroup);
    atEnd(() => endControlGroup(cgroup));
    undo.push(async () => endControlGroup(cgroup));

    const began = performance.now();
    // a process namespace of its own ends as a whole when this process is killed
    const unshare = ['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
    const alone = ['nsenter', '-t', String(world.pid), '-n', '--', ...unshare];
    const nspawn = start([...alone, 'sh', '-euc', boot, 'sh', work, imageRoot, dataFolder, cgroup, without.join(' ')]);
    undo.push(nspawn.end);
    const leader = await until('the container', 30_000, async () => {
      await nspawn.assertAlive();
      return await leaderBelow(nspawn.pid);
    });
    undo.push(async () => kill(leader));
    for (const { name, mac, bridge } of links) {
      const { code, stderr } = await world.run(['sh', '-euc', connect, 'sh', String(leader), name, mac, bridge]);
      if (code !== 0) throw new Error(`link ${name} of the container: ${stderr}`);
    }
    const run = runner(['nsenter', '-t', String(leader), '-a', '-r', '-w', '--', ...cleanEnvironment]);
    await until('booting the container', 120_000, async () => {
      await nspawn.assertAlive();
      const state = (await run(['systemctl', 'is-system-running', '--wait'], { timeoutMs: 120_000 })).stdout.trim();
      return state === 'running' || state === 'degraded' ? true : undefined;
    });
    return { run, world, dataFolder, bootedMs: Math.round(performance.now() - began), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
