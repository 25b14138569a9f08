/** What the machine is tuned for. */
export type Profile = 'balanced' | 'throughput' | 'latency' | 'many-connections';

/** The figures in which profiles differ, each with the reason shown to people. */
export interface ProfileFigures {
  readonly finTimeoutSeconds: number;
  readonly swappiness: number;
  readonly why: string;
}

/**
 * The figures of each profile. `tcp_fin_timeout`: HAProxy Enterprise's system tuning guide says 30 and warns of trouble below 25; `swappiness`: tuned's
 * throughput-performance says 10, HAProxy's introduction (3.4) says that the machine must never swap.
 */
export const profiles: Readonly<Record<Profile, ProfileFigures>> = {
  balanced: { finTimeoutSeconds: 30, swappiness: 10, why: 'profile balanced' },
  throughput: { finTimeoutSeconds: 30, swappiness: 10, why: 'profile throughput' },
  latency: { finTimeoutSeconds: 30, swappiness: 1, why: 'profile latency: a page that comes back from swap costs milliseconds' },
  'many-connections': { finTimeoutSeconds: 25, swappiness: 10, why: 'profile many-connections: closed connections leave memory sooner' },
};
