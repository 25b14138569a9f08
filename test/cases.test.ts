import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readHardware } from '../appliance/cli/hardware.ts';
import { linuxHost } from '../appliance/host/linux.ts';
import { formatCapacity } from '../appliance/state/capacity.ts';
import type { Desired } from '../appliance/state/desired.ts';
import { describe as describePlan, formatPlan } from '../appliance/state/diff.ts';
import { isKernelPath } from '../appliance/state/kernel-path.ts';
import { plan } from '../appliance/state/plan.ts';
import { caseNames, readCase } from './support/cases.ts';

/** Text of a golden file, by its path below the case's folder. Secrets appear as `[secret]`. */
function goldens(node: string, single: boolean, desired: Desired): ReadonlyMap<string, string> {
  const suffix = single ? '' : `.${node}`;
  const files = new Map<string, string>();
  for (const [path, held] of desired.state) {
    if (held !== null && !isKernelPath(path)) {
      const link = (held.mode & 0o170000) === 0o120000;
      files.set(`rootfs${suffix}${path}`, link ? `-> ${held.content}\n` : `${held.content}`);
    }
  }
  const changes = describePlan(plan(new Map(), desired.state));
  const short = { ...changes, changes: changes.changes.map((change) => ({ ...change, diff: [] })) };
  files.set(
    `plan${suffix}.txt`,
    `${formatPlan(short)}${formatCapacity(desired.capacity)}${desired.omitted.map((what) => `left out: ${what}\n`).join('')}`,
  );
  return files;
}

function walk(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !lstatSync(join(folder, name)).isDirectory());
}

describe('a configuration and all it becomes', () => {
  test('there are cases', () => expect(caseNames.length).toBeGreaterThan(20));

  test.each(caseNames)('%s', (name) => {
    const { folder, nodes } = readCase(name);
    const wanted = new Map([...nodes].flatMap(([node, desired]) => [...goldens(node, nodes.size === 1, desired)]));
    const there = walk(folder).filter((file) => /^(rootfs|plan)/.test(file));
    if (process.env.UPDATE_GOLDEN === '1') {
      for (const file of there) if (!wanted.has(file)) rmSync(join(folder, file));
      for (const [file, text] of wanted) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      return;
    }
    expect(there.toSorted()).toEqual([...wanted.keys()].toSorted());
    for (const [file, text] of wanted) expect(text, file).toBe(readFileSync(join(folder, file), 'utf8'));
  });

  test.each(caseNames.filter((name) => existsSync(join(readCase(name).folder, 'hardware.json'))))(
    '%s is of a machine that `weir render --hardware` reads, and that has what the document names',
    async (name) => {
      const { folder, nodes } = readCase(name);
      expect(await readHardware(join(folder, 'hardware.json'), { host: linuxHost() })).toMatchObject({ version: 1 });
      for (const desired of nodes.values()) expect(desired.problems).toEqual([]);
    },
  );

  test('some depend on their machine, so that all that needs one is seen', () => {
    const known = caseNames.flatMap((name) => [...readCase(name).nodes.values()]).filter(({ omitted }) => omitted.length === 0);
    expect(known.length).toBeGreaterThan(2);
  });

  test.each(caseNames)('%s says in its first line what it shows', (name) => {
    expect(readFileSync(join(readCase(name).folder, 'config.yaml'), 'utf8')).toMatch(/^# \S.{10,}\n/);
  });

  test.each(caseNames)('%s is computed the same twice, and a plan from it to itself is empty', (name) => {
    const [first, second] = [readCase(name), readCase(name)];
    for (const [node, desired] of first.nodes) {
      const again = second.nodes.get(node) as Desired;
      expect(plan(desired.state, again.state)).toEqual([]);
      expect([...again.state.keys()]).toEqual([...desired.state.keys()]);
    }
  });
});
