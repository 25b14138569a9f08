import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlGroups, removeControlGroup } from '../../support/control-group.ts';
import { atEnd } from '../../support/ending.ts';

/** Memory in bytes: all that is charged, and the kernel's part of it. */
export interface Memory {
  readonly all: number;
  readonly kernel: number;
}

/** What the kernel charges to one contender: its processes, and the kernel threads that receive its packets. */
export interface Account {
  /** The folders that a process writes itself into. */
  readonly folders: readonly string[];
  /** Takes in a kernel thread. */
  readonly admit: (thread: number) => void;
  /**
   * User and system seconds so far (`cpu.stat`, cgroup-v2.rst). Softirq is in it: what interrupts a process is charged to that process, and the receiving
   * side, which else interrupts whoever runs, is a thread of the group here.
   */
  readonly cpuSeconds: () => number;
  readonly memory: () => Memory;
  readonly close: () => void;
}

/** Where memory is accounted: in the unified hierarchy where it has that controller, else in the memory controller's own. */
interface MemoryFiles {
  readonly root: string;
  readonly prepare: (folder: string) => void;
  readonly read: (folder: string) => Memory;
}

const prefix = 'weir-bench-';
const number = (path: string): number => Number(readFileSync(path, 'utf8'));

function memoryFiles(unified: string): MemoryFiles {
  if (readFileSync(join(unified, 'cgroup.controllers'), 'utf8').split(/\s/).includes('memory')) {
    writeFileSync(join(unified, 'cgroup.subtree_control'), '+memory');
    return {
      root: unified,
      prepare: () => undefined,
      read: (folder) => ({
        all: number(join(folder, 'memory.current')),
        kernel: Number(/^kernel (\d+)$/m.exec(readFileSync(join(folder, 'memory.stat'), 'utf8'))?.[1]),
      }),
    };
  }
  const root = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => / - cgroup \S+ (\S+,)?memory(,|$)/.test(line))
    ?.split(' ')[4];
  if (root === undefined) throw new Error('this machine accounts no memory by control group: start its kernel with cgroup_enable=memory');
  return {
    root,
    // sockets that a packet makes are charged to who accepts them only where TCP is accounted, which a limit turns on
    prepare: (folder) => writeFileSync(join(folder, 'memory.kmem.tcp.limit_in_bytes'), `${2 ** 40}`),
    read: (folder) => {
      const buffers = number(join(folder, 'memory.kmem.tcp.usage_in_bytes'));
      return {
        all: number(join(folder, 'memory.usage_in_bytes')) + buffers,
        kernel: number(join(folder, 'memory.kmem.usage_in_bytes')) + buffers,
      };
    },
  };
}

/** Takes away the groups of a bench that was killed; those that are in use cannot be. */
function sweep(roots: ReadonlySet<string>): void {
  for (const root of roots) {
    for (const name of readdirSync(root).filter((each) => each.startsWith(prefix))) {
      try {
        rmdirSync(join(root, name));
      } catch {
        // somebody is in it
      }
    }
  }
}

/** Opens the account of a contender; `name` has to be new on this machine. It is closed once its processes and its network have gone. */
export async function openAccount(name: string): Promise<Account> {
  const unified = await controlGroups();
  const memory = memoryFiles(unified);
  const roots = new Set([unified, memory.root]);
  sweep(roots);
  const folders = [...roots].map((root) => join(root, `${prefix}${name}`));
  for (const folder of folders) {
    mkdirSync(folder);
    atEnd(() => existsSync(folder) && removeControlGroup(folder));
  }
  const [cpu, bytes] = [join(unified, `${prefix}${name}`), join(memory.root, `${prefix}${name}`)];
  memory.prepare(bytes);
  return {
    folders,
    admit: (thread) => writeFileSync(join(cpu, 'cgroup.procs'), `${thread}`),
    cpuSeconds: () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(cpu, 'cpu.stat'), 'utf8'))?.[1]) / 1e6,
    memory: () => memory.read(bytes),
    close: () => folders.forEach(removeControlGroup),
  };
}
