import type { Duration } from '../model.ts';

/** The statistics page (configuration manual, 4.2 "stats uri"). */
export interface Stats {
  readonly uri: string;
  readonly refresh: Duration | null;
  readonly shows: readonly ('show-legends' | 'show-node' | 'show-modules')[];
  readonly hidesVersion: boolean;
}
