import { readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where this machine's unified control groups are mounted (cgroup2). */
export async function controlGroups(): Promise<string> {
  const found = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').find((line) => line.includes(' - cgroup2 '));
  const mountPoint = found?.split(' ')[4];
  if (mountPoint === undefined) throw new Error('this machine has no unified control groups (cgroup2): containers cannot boot on it');
  return mountPoint;
}

/** Kills what is in a control group, and removes it with those below it; at once, for when this process ends. */
export function endControlGroup(path: string): void {
  writeFileSync(join(path, 'cgroup.kill'), '1');
  const folders = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const each of [path, ...folders.map(({ parentPath, name }) => join(parentPath, name))].sort().reverse()) removeControlGroup(each);
}

/** Removes a control group once its last process has gone, within 5 seconds. */
export function removeControlGroup(path: string): void {
  const limit = performance.now() + 5000;
  for (;;) {
    try {
      rmdirSync(path);
      return;
    } catch (error) {
      if (performance.now() > limit) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
