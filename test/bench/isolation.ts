import { readFile, writeFile } from 'node:fs/promises';
import { documentBeside, loadUntil, startLoaded } from '../units/loaded.ts';
import { type Figure, median, spread } from './figure.ts';
import { needs } from './needs.ts';

/** Where it is on, each service of a container is a group of its own, of equal weight, and their priorities mean nothing to one another. */
const autogroup = '/proc/sys/kernel/sched_autogroup_enabled';

/** What an apply of 10,000 backends does to a client that loads the machine at 80 % of what it can, client included: they share the CPUs. */
export async function benchIsolation(): Promise<readonly Figure[]> {
  needs('build/root');
  const original = await readFile(autogroup, 'utf8').catch(() => null);
  const { box, capacity, load, stop } = await startLoaded();
  try {
    if (original !== null) await writeFile(autogroup, '0');
    const before = await Promise.resolve(loadUntil(load, 5, new Promise((resolve) => setTimeout(resolve, 14_000))));
    const seconds: number[] = [];
    const during = [];
    for (const weight of [1, 2]) {
      const began = performance.now();
      const applied = box.weir(['apply', '-'], documentBeside(10_000, weight)).then(({ code, stderr }) => {
        if (code !== 0) throw new Error(stderr.slice(-2000));
        seconds.push((performance.now() - began) / 1000);
      });
      during.push(...(await loadUntil(load, 5, applied)));
    }
    const peak = await box.sh("awk '/^VmHWM/ { print $2 }' /proc/$(systemctl show -P MainPID weir-agent)/status");
    const p99 = (loads: typeof before) => loads.map(({ p99Ms }) => p99Ms);
    const count = (loads: typeof before) =>
      `${loads.reduce((sum, { failed }) => sum + failed, 0)} failed of ${loads.reduce((sum, { ok, failed }) => sum + ok + failed, 0)}`;
    return [
      { what: 'new connections at most, client on the same CPUs', figure: `${Math.round(capacity)} /s`, wanted: '' },
      { what: 'p99 at 80 % of that, 5 s each', figure: spread(p99(before), 'ms'), wanted: '' },
      { what: 'p99 while 10,000 backends are applied and changed', figure: spread(p99(during), 'ms'), wanted: '1.1 times that before' },
      { what: '  ratio of the medians', figure: (median(p99(during)) / median(p99(before))).toFixed(1), wanted: '1.1' },
      { what: '  requests before', figure: count(before), wanted: '0 failed' },
      { what: '  requests during', figure: count(during), wanted: '0 failed' },
      { what: '  the two applies', figure: spread(seconds, 's'), wanted: '' },
      { what: '  peak memory of the agent', figure: `${((Number(peak) * 1024) / 1e6).toFixed(0)} MB`, wanted: '400 MB' },
    ];
  } finally {
    if (original !== null) await writeFile(autogroup, original);
    await stop();
  }
}
