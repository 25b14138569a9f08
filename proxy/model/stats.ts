import type { Condition, Duration } from '../model.ts';

/** The statistics page (configuration manual, 4.2 "stats uri"). */
export interface Stats {
  readonly uri: string;
  readonly refresh: Duration | null;
  readonly shows: readonly ('show-legends' | 'show-node' | 'show-modules')[];
  readonly hidesVersion: boolean;
  /** The list of users who see it; null: all. */
  readonly userlist: string | null;
  /** Who may change the state of servers on it; null: nobody. */
  readonly admin: { readonly condition: Condition | null } | null;
}
