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
  /** What the kernel reads the time from, `tsc` or `kvm-clock` (`/sys/devices/system/clocksource`). */
  readonly clocksource: string | null;
  /** CPUs that are online and that this machine may use. */
  readonly cpus: readonly Cpu[];
  /** Its NUMA nodes, one where the kernel knows of none. */
  readonly nodes: readonly Node[];
  readonly nics: readonly Nic[];
  /** Services that run, or ran before weir stopped them, and set values of the kinds that weir sets, by unit: `irqbalance`, `tuned`, `NetworkManager`. */
  readonly rivals: readonly string[];
  /**
   * The first value of this boot of every kernel path that weir may set, by path, tabs folded to spaces; null: the kernel has no such path.
   * What makes *raise, never lower* a pure decision, and what a reset restores.
   */
  readonly originals: Readonly<Record<string, string | null>>;
}

/** One logical CPU with its place in the topology (`lscpu -p=CPU,CORE,SOCKET,NODE`). */
export interface Cpu {
  readonly id: number;
  /** CPUs with the same number are threads of one core (SMT siblings). */
  readonly core: number;
  readonly socket: number;
  readonly node: number;
  /** CPUs with the same number share a level 3 cache; null where the kernel tells of none, as in many virtual machines. */
  readonly l3: number | null;
  /** On a machine with cores of two kinds, which this is of (`/sys/devices/cpu_core/cpus`, `cpu_atom/cpus`, or `cpu_capacity`); null where all are alike. */
  readonly kind: 'performance' | 'efficiency' | null;
  /** Kept free of ordinary work by the kernel's command line (`isolcpus`, `nohz_full`). */
  readonly isIsolated: boolean;
  /** The cpufreq governor; null where the machine leaves its frequency to nobody here, as most virtual machines do. */
  readonly governor: string | null;
}

/** One NUMA node. */
export interface Node {
  readonly id: number;
  /** Memory that is its own. */
  readonly memoryBytes: number;
  /** How far each node's memory is, in the order of the nodes, 10 being its own (ACPI SLIT); empty where not known. */
  readonly distances: readonly number[];
}

/** One network interface card, by the name it has now. */
export interface Nic {
  readonly name: string;
  /** Permanent hardware address, lower case with colons; null where a capture does not hold it. */
  readonly mac: string | null;
  /** PCI address, `0000:3b:00.0`, or null where the NIC is on no PCI bus. */
  readonly pci: string | null;
  /**
   * What its keys are made of (`irq:<bus>/…`): the PCI address, else what `ethtool -i` calls its bus address (a VMBus id, `vif-0`), else its name. Stays
   * when the driver makes its queues and interrupts anew.
   */
  readonly bus: string;
  readonly driver: string | null;
  readonly speedMbit: number | null;
  /** Whether it has a signal; null where not known. */
  readonly hasCarrier: boolean | null;
  /** The bond, bridge or VRF it is part of. For the virtual function beneath a `hv_netvsc`, that. */
  readonly master: string | null;
  readonly numaNode: number | null;
  /** Queues that its driver has made; null where the kernel tells of none. */
  readonly queues: { readonly rx: number; readonly tx: number } | null;
  /** `ethtool -l`. */
  readonly channels: { readonly max: Channels; readonly current: Channels } | null;
  /** `ethtool -g`: descriptors a queue. */
  readonly rings: { readonly max: Rings; readonly current: Rings } | null;
  /** `ethtool -c` by its own names (`adaptive-rx`, `rx-usecs`), what the driver supports alone; null where it tells of none. */
  readonly coalescing: Readonly<Record<string, number | boolean>> | null;
  /** `ethtool -k` by its own names (`large-receive-offload`); null where not known. */
  readonly features: Readonly<Record<string, Feature>> | null;
  /** `ethtool -x`: the queue of each slot of the table that spreads packets over queues; null where there is none. */
  readonly rss: readonly number[] | null;
  /** Its interrupts, in the order of their numbers; none are found for some drivers, and for a NIC that is down. */
  readonly irqs: readonly Irq[];
}

/** How many queues of which kind; null: the driver has no such kind. */
export interface Channels {
  readonly rx: number | null;
  readonly tx: number | null;
  readonly other: number | null;
  readonly combined: number | null;
}

/** Descriptors of a queue; null: the driver has none to set. */
export interface Rings {
  readonly rx: number | null;
  readonly tx: number | null;
}

/** An offload and whether the driver lets anybody change it (`[fixed]`). */
export interface Feature {
  readonly isOn: boolean;
  readonly isFixed: boolean;
}

/** An interrupt of a NIC. */
export interface Irq {
  /** Its number now: another after each start of the driver. */
  readonly number: number;
  /** The action as the kernel names it, `eth0-TxRx-3`; empty where it has none. */
  readonly action: string;
  readonly role: 'queue' | 'admin' | 'flow director';
  /** Which packets a queue's interrupt tells of; null for the other roles. */
  readonly serves: 'rx' | 'tx' | 'both' | null;
  /** The number of the queue (the first, where it serves several); for other roles, the how manieth of its role. */
  readonly index: number;
  /** CPUs it is asked to go to (`smp_affinity_list`), and those it does go to (`effective_affinity_list`); null where not known. */
  readonly affinity: readonly number[] | null;
  readonly effective: readonly number[] | null;
}

/**
 * A kernel value: where, what, why, who says so. `at-least` and `at-most` never undo what a person set further in that direction.
 */
export interface Knob {
  /** A path below `/proc` or `/sys`, or a key that stays while the kernel's own paths change (see knob-path.ts). */
  readonly path: string;
  readonly value: string;
  readonly rule: 'at-least' | 'exactly' | 'at-most';
  /** The formula with this machine's numbers in it. */
  readonly reason: string;
  readonly source: string;
  /** Its step comes after those of all others: it may cut off whoever manages the machine. */
  readonly isLast?: true;
}
