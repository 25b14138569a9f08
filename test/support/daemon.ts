import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { World } from './container.ts';
import { killAtEnd } from './ending.ts';
import { cleanEnvironment, imageRoot, mountOverlay } from './root.ts';

/** A program that runs until it is stopped. */
export interface Daemon {
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  /** A signal to all its processes: STOP, and it hangs as a program does that has no time. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where one of the image's programs runs: a network, and a copy of the image's root that nobody else sees. */
export interface Inside {
  readonly world: World;
  /** Of workFolder(). */
  readonly work: string;
  /** What is laid over each other, the topmost first, as overlay's `lowerdir` has it; the image's root unless given. */
  readonly layers?: string;
  /** Shell that comes before the program, with the root at `$work/root` and these variables. */
  readonly prepare: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The words that become a program in there. */
export function insideWords({ world, work, layers = imageRoot, prepare, variables }: Inside, argv: readonly string[]): readonly string[] {
  const network = ['nsenter', '-t', String(world.pid), '-n', '--'];
  const alone = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const known = Object.entries({ ...variables, work, image: layers }).map(([name, value]) => `${name}=${value}`);
  const script = `
    ${mountOverlay}
    mount --rbind /dev "$work/root/dev"
    mount -t proc proc "$work/root/proc"
    ${prepare}
    exec chroot "$work/root" "$@"
  `;
  return [...network, ...alone, 'env', ...known, 'sh', '-euc', script, 'sh', ...cleanEnvironment, ...argv];
}

/** A process, and all that it and its children have started (proc(5), /proc/tid/children). */
async function descendants(pid: number): Promise<readonly number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(descendants))).flat()];
}

/** Starts a program; it dies with this process, and before what it uses is taken away. */
export function startDaemon(inside: Inside, argv: readonly string[]): Daemon {
  const words = ['--pdeathsig', 'KILL', ...insideWords(inside, argv)];
  const child = execa('setpriv', words, { reject: false, stdin: 'ignore', buffer: false, all: true });
  if (child.pid !== undefined) void child.then(killAtEnd(child.pid));
  let output = '';
  child.all.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return {
    output: () => output,
    signal: async (signal) => {
      for (const pid of child.pid === undefined ? [] : await descendants(child.pid)) process.kill(pid, signal);
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}
