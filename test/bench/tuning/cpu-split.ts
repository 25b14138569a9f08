import { readFileSync } from 'node:fs';

/** Seconds that CPUs worked: in programs, in the kernel for them, and in interrupts and what follows on these. */
export interface CpuSplit {
  readonly user: number;
  readonly system: number;
  readonly softirq: number;
}

/** Clock ticks of /proc/stat in a second (sysconf(3), "_SC_CLK_TCK"). */
const ticks = 100;

/** What these CPUs did since the machine started (proc_stat(5)): the kernel takes samples, so seconds of measuring give it to about a percent. */
export function cpuSplit(cpus: readonly number[], stat = readFileSync('/proc/stat', 'utf8')): CpuSplit {
  const rows = cpus.map((cpu) => new RegExp(`^cpu${cpu} (.*)$`, 'm').exec(stat)?.[1]?.split(' ').map(Number) ?? []);
  const seconds = (...columns: readonly number[]) =>
    rows.reduce((sum, row) => sum + columns.reduce((own, column) => own + (row[column] ?? 0), 0), 0) / ticks;
  return { user: seconds(0, 1), system: seconds(2), softirq: seconds(5, 6) };
}

/** What was done between two moments. */
export function since(before: CpuSplit, after: CpuSplit): CpuSplit {
  return { user: after.user - before.user, system: after.system - before.system, softirq: after.softirq - before.softirq };
}
