/** The machine as plain data: exactly what `weir probe --json` prints. Sizes in bytes, speeds in Mbit/s; null is "not known here". */
export interface Hardware {
  readonly version: 1;
  /** `uname -r`. */
  readonly kernel: string;
  /** `systemd-detect-virt`: `kvm`, `vmware`, …, `none` on bare metal. */
  readonly virtualization: string;
  readonly memoryBytes: number;
  /** The most files a service can have open here (hard `RLIMIT_NOFILE` of process 1, at most `fs.nr_open`). */
  readonly openFiles: number | null;
  /** CPUs that are online and that this machine may use. */
  readonly cpus: readonly Cpu[];
  /** Its NUMA nodes, one where the kernel knows of none. */
  readonly nodes: readonly Node[];
  readonly nics: readonly Nic[];
  /**
   * The first value of this boot of every kernel path that weir may set, by path, tabs folded to spaces; null: the kernel has no such path.
   * What makes *raise, never lower* a pure decision, and what a reset restores.
   */
  readonly originals: Readonly<Record<string, string | null>>;
}

/** One logical CPU with its place in the topology (`lscpu -p=CPU,CORE,SOCKET,NODE`). */
export interface Cpu {
  readonly id: number;
  readonly core: number;
  readonly socket: number;
  readonly node: number;
  /** CPUs with the same number share a level 3 cache; null where the kernel tells of none, as in many virtual machines. */
  readonly l3: number | null;
}

/** One NUMA node. */
export interface Node {
  readonly id: number;
  /** Memory that is its own. */
  readonly memoryBytes: number;
}

/** One network interface card, by the name it has now. */
export interface Nic {
  readonly name: string;
  /** Permanent hardware address, lower case with colons. */
  readonly mac: string;
  /** PCI address, `0000:3b:00.0`, or null where the NIC is on no PCI bus. */
  readonly pci: string | null;
  readonly driver: string | null;
  readonly speedMbit: number | null;
  readonly numaNode: number | null;
  /** Queues that its driver has made; null where the kernel tells of none. */
  readonly queues: { readonly rx: number; readonly tx: number } | null;
}

/**
 * A kernel value: where, what, why, who says so. `at-least` and `at-most` never undo what a person set further in that direction.
 */
export interface Knob {
  readonly path: string;
  readonly value: string;
  readonly rule: 'at-least' | 'exactly' | 'at-most';
  readonly reason: string;
  readonly source: string;
}
