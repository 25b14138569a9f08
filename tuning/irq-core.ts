import type { Demand } from './demand.ts';
import type { Cpu } from './hardware.ts';

/** A physical core with its threads (SMT siblings), ascending. */
export interface Core {
  readonly cpus: readonly number[];
  /** Its first thread: the one that interrupts go to. */
  readonly first: number;
  readonly l3: number | null;
  readonly kind: Cpu['kind'];
}

/** The cores of CPUs, in the order of their first threads. */
export function coresOf(cpus: readonly Cpu[]): readonly Core[] {
  const byCore = new Map<number, Cpu[]>();
  for (const cpu of cpus.toSorted((a, b) => a.id - b.id)) byCore.set(cpu.core, [...(byCore.get(cpu.core) ?? []), cpu]);
  return [...byCore.values()].map((threads) => {
    const [{ id, l3, kind }] = threads as [Cpu, ...Cpu[]];
    return { cpus: threads.map((cpu) => cpu.id), first: id, l3, kind };
  });
}

/**
 * The share of cores that interrupts need, and of what work that is. Fitted to three points that others measured (HAProxy management guide, 7: the kernel's work and
 * HAProxy's "are quite close" for relayed connections; 16 of 64 cores for HTTP with keep-alive on Graviton2, dpbench; seastar's perftune: 1 of 16 where the CPU has
 * much else to do), and to be measured.
 */
export function share({ frontends, tls }: Demand): { readonly ratio: number; readonly why: string } {
  const isHttp = frontends.some(({ mode }) => mode === 'http');
  const isTls = tls !== 'none' && frontends.some((frontend) => frontend.isTls);
  if (isTls && frontends.every((frontend) => frontend.isTls)) return { ratio: 0.125, why: 'every frontend speaks TLS' };
  return isHttp || frontends.length === 0 || isTls ? { ratio: 0.25, why: 'HTTP' } : { ratio: 0.5, why: 'connections are relayed' };
}

/** More cores than these bring interrupts nothing, fewer than a sixteenth are overrun (dpbench; seastar's perftune). */
const mostIrqCores = 16;
const leastShare = 1 / 16;

/** How many of so many cores (five or more) take interrupts. */
export function coreCount(cores: number, ratio: number): number {
  const wanted = Math.max(Math.round(ratio * cores), Math.ceil(leastShare * cores));
  return Math.min(Math.max(wanted, 1), cores - 1, mostIrqCores);
}

/**
 * The cores that interrupts go to, ascending: efficiency cores first, then the topmost, and the machine's first CPU last of all, which has other work. Where cores
 * share caches in small groups, whole groups are taken as far as they fill the number, so that as few as possible serve both.
 */
export function irqCores(cores: readonly Core[], wanted: number): readonly Core[] {
  const ranked = cores.toSorted(
    (a, b) =>
      Number(b.kind === 'efficiency') - Number(a.kind === 'efficiency') ||
      Number(a.first === 0) - Number(b.first === 0) ||
      b.first - a.first,
  );
  return groupsFirst(ranked, wanted).toSorted((a, b) => a.first - b.first);
}

function groupsFirst(ranked: readonly Core[], wanted: number): readonly Core[] {
  const caches = [...new Set(ranked.map(({ l3 }) => l3))];
  const isMixed = new Set(ranked.map(({ kind }) => kind)).size > 1;
  if (caches.length < 2 || caches.includes(null) || isMixed) return ranked.slice(0, wanted);
  const groups = caches.map((l3) => ranked.filter((core) => core.l3 === l3));
  const size = Math.min(...groups.map(({ length }) => length));
  // the nearest number of whole caches; where that is none, the cores are of one cache all the same
  const whole = Math.min(Math.round(wanted / size), groups.length - 1);
  return whole === 0
    ? (groups[0] ?? []).slice(0, wanted)
    : groups
        .slice(0, whole)
        .flat()
        .slice(0, Math.max(wanted, whole * size));
}
