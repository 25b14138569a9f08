import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../support/container.ts';
import { type Daemon, type Inside, insideWords, startDaemon } from '../../support/daemon.ts';
import { type Answer, imageRoot, removeWorkFolder, runner, workFolder } from '../../support/root.ts';
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

/** Shell: HAProxy's chroot finds the log where Debian's package has it. */
const prepare = `
  for group in $groups; do echo 0 >"$group/cgroup.procs"; done
  taskset -pc "$cpus" $$ >/dev/null
  mount --bind "$shared" "$work/root/mnt"
  mkdir -p "$work/root/var/lib/haproxy/dev" "$work/root/run/haproxy" "$work/root/run/weir"
  mount --bind "$shared" "$work/root/var/lib/haproxy/dev"
`;

function inPlace({ world, cpus, groups, shared }: Place, work: string): Inside {
  return { world, work, layers, prepare, variables: { cpus, groups: groups.join(' '), shared } };
}

const withConfiguration = (argv: readonly string[]) => ['env', 'OPENSSL_CONF=/etc/ssl/bench.cnf', ...argv];

/** A folder that programs share; the proxies, which are not root, may write to a socket in it. */
export async function sharedFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  return path;
}

/** Starts a program with files of its own; it dies with this process. */
export async function startProgram(place: Place, argv: readonly string[], files: Staged = {}): Promise<Daemon> {
  const work = await workFolder(files);
  const daemon = startDaemon(inPlace(place, work), withConfiguration(argv));
  const stop = async () => {
    await daemon.stop();
    await removeWorkFolder(work);
  };
  return { ...daemon, stop };
}

/** Runs a program to its end, `limitSeconds` at most. */
export async function runProgram(place: Place, argv: readonly string[], files: Staged, limitSeconds: number): Promise<Answer> {
  const work = await workFolder(files);
  try {
    const words = insideWords(inPlace(place, work), withConfiguration(argv));
    return await runner(['setpriv', '--pdeathsig', 'KILL', ...words])([], { timeoutMs: limitSeconds * 1000 });
  } finally {
    await removeWorkFolder(work);
  }
}
