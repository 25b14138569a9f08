import type { BandwidthLimit } from '../model/bandwidth.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/**
 * The filters that limit bandwidth (configuration manual, 9.7). Beside them HAProxy wants compression to be a filter by its name: it stands first, so that
 * what is counted are the bytes that go out.
 */
export function bandwidthLines(limits: readonly BandwidthLimit[], isCompressed: boolean): readonly Line[] {
  if (limits.length === 0) return [];
  return [...(isCompressed ? [line('filter', 'compression')] : []), ...limits.flatMap(filterLine)];
}

function filterLine({ name: called, direction, by, minSize }: BandwidthLimit): readonly Line[] {
  const words =
    by.kind === 'stream'
      ? ['default-limit', by.limit, 'default-period', by.period]
      : ['limit', by.limit, 'key', by.sample, 'table', name(by.table)];
  const filter = `bwlim-${direction}`;
  return placed(
    [`filter ${filter}`, called],
    [line('filter', filter, name(called), ...words, ...(minSize === null ? [] : ['min-size', minSize]))],
  );
}
