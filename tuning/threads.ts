import { formatNumberList } from './number-list.ts';

/** HAProxy's words for its threads (configuration manual 3.0, "nbthread", "thread-groups", "cpu-map"). */
export interface Threads {
  readonly nbthread: number;
  /** 1 unless there are more threads than a group holds, which is 64. */
  readonly threadGroups: number;
  /** Arguments of `cpu-map`, in order: `auto:1/1-6` and `0-5`; empty: threads float. */
  readonly cpuMap: readonly { readonly threads: string; readonly cpus: string }[];
}

/** Threads of one group, on 64-bit machines, and groups of a process (configuration manual 3.0, "nbthread" and "thread-groups"). */
const mostOfGroup = 64;
const mostGroups = 16;

/** A thread for each of so many CPUs, wherever the kernel puts them; groups have equally many. */
export function float(cpus: number): Threads {
  const groups = Math.min(Math.max(1, Math.ceil(cpus / mostOfGroup)), mostGroups);
  const each = Math.min(Math.max(1, Math.floor(cpus / groups)), mostOfGroup);
  return { nbthread: groups * each, threadGroups: groups, cpuMap: [] };
}

/**
 * A thread for each of these CPUs, bound to it; neighbours in the order given share a group. What equal groups have no room for gets no thread. HAProxy leaves out of
 * a set what its machine does not have, and refuses to start where nothing of it is left: a plan is for the machine it was made for.
 */
export function mapped(cpus: readonly number[]): Threads {
  const { nbthread, threadGroups } = float(cpus.length);
  if (cpus.length === 0) return float(0);
  const each = nbthread / threadGroups;
  const groups = Array.from({ length: threadGroups }, (_, group) => cpus.slice(group * each, (group + 1) * each));
  return {
    nbthread,
    threadGroups,
    cpuMap: groups.map((own, group) => ({ threads: `auto:${group + 1}/1-${each}`, cpus: formatNumberList(own) })),
  };
}
