import type { Duration } from '../model.ts';

/** A limit of bandwidth, which rules apply by its name (configuration manual, 9.7). Sizes in bytes, with HAProxy's suffixes. */
export interface BandwidthLimit {
  readonly name: string;
  readonly direction: 'in' | 'out';
  /** For each stream by itself, or for all together that have the same key. */
  readonly by:
    | { readonly kind: 'stream'; readonly limit: string; readonly period: Duration }
    | { readonly kind: 'key'; readonly limit: string; readonly sample: string; readonly table: string };
  readonly minSize: string | null;
}
