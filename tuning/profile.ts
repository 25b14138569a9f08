/** What the machine is tuned for. */
export type Profile = 'balanced' | 'throughput' | 'latency' | 'many-connections';

/** The figures in which profiles differ, each with the reason shown to people. */
export interface ProfileFigures {
  readonly finTimeoutSeconds: number;
  readonly swappiness: number;
  /** How much a connection may buffer: what the kernel says, more for few that are fast, less for many. */
  readonly buffers: 'kernel' | 'large' | 'small';
  /** Whether a thread that has nothing to do looks at its NIC before it sleeps. */
  readonly polls: boolean;
  /** Whether CPUs may not sleep deep. */
  readonly wakesAtOnce: boolean;
  readonly why: string;
}

/** As every profile has it that says nothing else. */
const usual = { finTimeoutSeconds: 30, swappiness: 10, buffers: 'kernel', polls: false, wakesAtOnce: false } as const;

/**
 * The figures of each profile. `tcp_fin_timeout`: HAProxy Enterprise's system tuning guide says 30 and warns of trouble below 25; `swappiness`: tuned's
 * throughput-performance says 10, HAProxy's introduction (3.4) says that the machine must never swap. Buffers: tuned's network-throughput for large ones, the same
 * guide for small ones; polling and sleeping: tuned's network-latency and latency-performance.
 */
export const profiles: Readonly<Record<Profile, ProfileFigures>> = {
  balanced: { ...usual, why: 'profile balanced' },
  throughput: { ...usual, buffers: 'large', why: 'profile throughput' },
  latency: { ...usual, swappiness: 1, polls: true, wakesAtOnce: true, why: 'profile latency' },
  'many-connections': { ...usual, finTimeoutSeconds: 25, buffers: 'small', why: 'profile many-connections' },
};
