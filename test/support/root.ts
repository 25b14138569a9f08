import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { temporaryFolder } from './ending.ts';
import { type Staged, stage } from './staged.ts';

/** What a program answered: its exit code (null when a signal or the time-out ended it) and what it wrote. */
export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program: standard input, and milliseconds until it is killed (30,000 unless told). */
export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs a program somewhere. A code other than 0 is an answer, not an error. */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<Answer>;

/** The image's root file system, as image/container makes it. */
export const imageRoot = join(import.meta.dirname, '../../build/root');

/** A program before another one's arguments: gives it the environment of the image. */
export const cleanEnvironment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8'] as const;

/** Runs what follows a prefix, such as nsenter of a container. */
export function runner(prefix: readonly [string, ...string[]]): Run {
  const [file, ...before] = prefix;
  return async (argv, { input, timeoutMs = 30_000 } = {}) => {
    const result = await execa(file, [...before, ...argv], {
      reject: false,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    if (result.exitCode === undefined && !result.isTerminated) throw new Error(result.shortMessage);
    return { code: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
  };
}

/** Fails with what to do when this machine cannot run the image's root. */
export function requireImageRoot(): void {
  if (!existsSync(join(imageRoot, 'usr/sbin/haproxy'))) throw new Error(`${imageRoot} is not there: image/container makes it`);
  if (process.getuid?.() !== 0) throw new Error("only root can use the image's root file system: run the tests as root");
}

/** A new working folder with files/ (to be laid over the image's root), over/ and root/ (for mounts) below it. */
export async function workFolder(files: Staged): Promise<string> {
  requireImageRoot();
  const work = temporaryFolder('container');
  for (const folder of ['over', 'root', 'files']) await mkdir(join(work, folder));
  await stage(join(work, 'files'), files);
  return work;
}

/** Removes a working folder whose mounts have ended with their namespace. */
export async function removeWorkFolder(work: string): Promise<void> {
  await rm(work, { recursive: true, force: true });
}

/** Shell: mounts $image with $work/files laid over it at $work/root. The image's root is not written to. */
export const mountOverlay = `
  mount -t tmpfs tmpfs "$work/over"
  mkdir "$work/over/upper" "$work/over/work"
  mount -t overlay -o "lowerdir=$image,upperdir=$work/over/upper,workdir=$work/over/work" overlay "$work/root"
  cp -a "$work/files/." "$work/root/"
`;

const program = `
  work=$1 image=$2 links=$3; shift 3
  ${mountOverlay}
  ip link set lo up
  for link in $links; do ip link add "$link" up type veth peer name "peer-of-$link"; done
  mount --rbind /dev "$work/root/dev"
  mount -t proc proc "$work/root/proc"
  exec chroot "$work/root" "$@"
`;

/** What a program in the image's root finds besides files: interfaces, with names of at most 7 characters. */
export interface RootOptions extends RunOptions {
  readonly links?: readonly string[];
}

/**
 * Runs one of the image's own programs on staged files, in a copy of the image's root that nobody else sees and in a network of its own,
 * without systemd: `runInRoot(['haproxy', '-c', '-f', '/run/weir/haproxy.cfg'], { '/run/weir/haproxy.cfg': text })`.
 */
export async function runInRoot(
  argv: readonly string[],
  files: Staged = {},
  { links = [], ...options }: RootOptions = {},
): Promise<Answer> {
  const work = await workFolder(files);
  try {
    const alone = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--propagation', 'private'] as const;
    return await runner([...alone, 'sh', '-euc', program, 'sh', work, imageRoot, links.join(' '), ...cleanEnvironment])(argv, options);
  } finally {
    await removeWorkFolder(work);
  }
}
