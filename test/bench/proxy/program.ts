import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { World } from '../../support/container.ts';
import { killAtEnd } from '../../support/ending.ts';
import { type Answer, cleanEnvironment, imageRoot, mountOverlay, removeWorkFolder, workFolder } from '../../support/root.ts';
import type { Staged } from '../../support/staged.ts';

/** The image's root, with nginx and the load generators laid over it: all are of the same Debian. */
const layers = `${join(import.meta.dirname, '../../../build/bench')}:${imageRoot}`;

/** Where a program of the bench runs. */
export interface Place {
  readonly world: World;
  /** The CPUs it may use, as taskset(1) lists them. */
  readonly cpus: string;
  /** Control groups it is charged to. */
  readonly groups: readonly string[];
  /** A folder of this machine that it sees as /mnt; programs log to the socket `log` in it. */
  readonly shared: string;
}

/** A program that runs until it is stopped. */
export interface Program {
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Shell: becomes a program in a copy of the layers that nobody else sees. HAProxy's chroot finds the log where Debian's package has it. */
const inside = `
  work=$1 image=$2 shared=$3 cpus=$4 groups=$5; shift 5
  for group in $groups; do echo 0 >"$group/cgroup.procs"; done
  ${mountOverlay}
  mount --rbind /dev "$work/root/dev"
  mount -t proc proc "$work/root/proc"
  mount --bind "$shared" "$work/root/mnt"
  mkdir -p "$work/root/var/lib/haproxy/dev" "$work/root/run/haproxy" "$work/root/run/weir"
  mount --bind "$shared" "$work/root/var/lib/haproxy/dev"
  exec taskset -c "$cpus" chroot "$work/root" "$@"
`;

/** Starts it; it dies with this process, and before the groups and networks that it is in are taken away. */
function start({ world, cpus, groups, shared }: Place, work: string, argv: readonly string[]) {
  const alone = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const words = ['sh', '-euc', inside, 'sh', work, layers, shared, cpus, groups.join(' '), ...cleanEnvironment];
  const command = ['nsenter', '-t', String(world.pid), '-n', '--', ...alone, ...words, 'OPENSSL_CONF=/etc/ssl/bench.cnf', ...argv];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...command], {
    reject: false,
    stdin: 'ignore',
    all: true,
    stripFinalNewline: false,
  });
  if (child.pid !== undefined) void child.then(killAtEnd(child.pid));
  return child;
}

/** A folder that programs share; the proxies, which are not root, may write to a socket in it. */
export async function sharedFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  return path;
}

/** Starts a program with files of its own; it dies with this process. */
export async function startProgram(place: Place, argv: readonly string[], files: Staged = {}): Promise<Program> {
  const work = await workFolder(files);
  const child = start(place, work, argv);
  let output = '';
  child.all.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return {
    output: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: async () => {
      child.kill('SIGKILL');
      await child;
      await removeWorkFolder(work);
    },
  };
}

/** Runs a program to its end, `limitSeconds` at most. */
export async function runProgram(place: Place, argv: readonly string[], files: Staged, limitSeconds: number): Promise<Answer> {
  const work = await workFolder(files);
  const child = start(place, work, argv);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  try {
    const { exitCode, stdout, stderr } = await child;
    return { code: exitCode ?? null, stdout, stderr };
  } finally {
    clearTimeout(timer);
    await removeWorkFolder(work);
  }
}
