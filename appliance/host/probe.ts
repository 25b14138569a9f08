import type { Hardware } from '../../tuning/hardware.ts';
import { probeCpus } from './probe/cpu.ts';
import { probeNics } from './probe/nic.ts';
import { probeNodes } from './probe/node.ts';
import { type ProbeHost, readCount, readLines, readNames, readValue } from './probe/reading.ts';
import { knownServices, runningServices } from './probe/rival.ts';

/**
 * The machine as data: what `weir probe --json` prints. Works without root and in containers; what cannot be read is null. `paths` are the kernel values
 * whose originals are wanted; for those that weir has changed since the machine started, the original is the one it kept in `/run/weir/originals`.
 */
export async function probe(host: ProbeHost, paths: readonly string[]): Promise<Hardware> {
  const isContainer = (await host.run('systemd-detect-virt', ['--container', '--quiet'])).exitCode === 0;
  const memoryBytes = await probeMemory(host);
  const kept = new Map((await readLines(host, '/run/weir/originals')).map((line) => line.split('\t') as [path: string, value: string]));
  return {
    version: 1,
    kernel: (await readValue(host, '/proc/sys/kernel/osrelease')) ?? 'unknown',
    virtualization: await detectVirtualization(host),
    memoryBytes,
    openFiles: await probeOpenFiles(host),
    clocksource: await readValue(host, '/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    cpus: await probeCpus(host),
    nodes: await probeNodes(host, memoryBytes),
    nics: await probeNics(host, isContainer),
    rivals: await probeRivals(host, kept),
    originals: await probeOriginals(host, paths, kept),
  };
}

/** Prints `none`, and fails, on bare metal (systemd-detect-virt(1)). */
async function detectVirtualization(host: ProbeHost): Promise<string> {
  const { stdout } = await host.run('systemd-detect-virt', []);
  return stdout.trim() || 'unknown';
}

/** The machine's memory, or what a container is allowed of it. */
async function probeMemory(host: ProbeHost): Promise<number> {
  const lines = await readLines(host, '/proc/meminfo');
  const kilobytes = Number(/^MemTotal:\s+(\d+) kB$/.exec(lines.find((line) => line.startsWith('MemTotal:')) ?? '')?.[1] ?? 0);
  const allowed = await readCount(host, '/sys/fs/cgroup/memory.max');
  return Math.min(kilobytes * 1024, allowed ?? Number.POSITIVE_INFINITY);
}

/** A service may raise its limit to the hard one of process 1, and nobody has more than fs.nr_open (getrlimit(2), RLIMIT_NOFILE). */
async function probeOpenFiles(host: ProbeHost): Promise<number | null> {
  const limits = [...(await readLines(host, '/proc/1/limits')), ...(await readLines(host, '/proc/self/limits'))];
  const hard = limits.map((line) => /^Max open files\s+\S+\s+(\d+)/.exec(line)?.[1]).find((value) => value !== undefined);
  const most = await readCount(host, '/proc/sys/fs/nr_open');
  const known = [hard === undefined ? null : Number(hard), most].filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Services that set what weir sets: those that run, and those that ran before weir stopped them. */
async function probeRivals(host: ProbeHost, kept: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const running = await runningServices(host);
  return Object.keys(knownServices).filter((unit) => running.includes(unit) || kept.get(`service:${unit}`) === 'active');
}

/** Of kernel files all that were asked for, of keys those that weir has set. */
async function probeOriginals(
  host: ProbeHost,
  paths: readonly string[],
  kept: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, string | null>>> {
  const originals: [string, string | null][] = [...kept].filter(([path]) => !path.startsWith('/'));
  for (const path of paths)
    for (const one of path.includes('*') ? await expand(host, path) : [path])
      originals.push([one, kept.get(one) ?? (await readValue(host, one))]);
  return Object.fromEntries(originals.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The paths that one with a `*` for part of a folder's name stands for: `/sys/devices/system/cpu/cpufreq/policy*\/scaling_governor`. */
async function expand(host: ProbeHost, path: string): Promise<readonly string[]> {
  const [before, after] = path.split('*') as [string, string];
  const folder = before.slice(0, before.lastIndexOf('/'));
  const begin = before.slice(folder.length + 1);
  const names = (await readNames(host, folder)).filter((name) => name.startsWith(begin) && /^\d+$/.test(name.slice(begin.length)));
  return names.map((name) => `${folder}/${name}${after}`);
}
