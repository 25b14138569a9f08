/** How a machine's CPUs are divided between the interrupts of its NICs and HAProxy's threads. */
export interface CpuPlan {
  /** For each planned NIC by its bus address: the CPUs of its queues' interrupts. Queue i is of the CPU i modulo their number. */
  readonly irqCpus: ReadonlyMap<string, readonly number[]>;
  /** The CPUs that HAProxy's threads run on, ascending; all that are allowed where `threads.cpuMap` is empty. */
  readonly haproxyCpus: readonly number[];
  readonly threads: Threads;
  /** The decisions with their numbers, a sentence each, for people. */
  readonly reasons: readonly string[];
  /** What it costs, or who else could make it better (the hypervisor): a sentence each. */
  readonly warnings: readonly string[];
}

/** HAProxy's words for its threads (configuration manual 3.0, "nbthread", "thread-groups", "cpu-map"). */
export interface Threads {
  readonly nbthread: number;
  /** 1 unless there are more threads than a group holds, which is 64. */
  readonly threadGroups: number;
  /** Arguments of `cpu-map`, in order: `auto:1/1-6` and `0-5`; empty: threads float. */
  readonly cpuMap: readonly { readonly threads: string; readonly cpus: string }[];
}
