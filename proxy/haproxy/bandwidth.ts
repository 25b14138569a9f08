import type { BandwidthLimit } from '../model/bandwidth.ts';
import { type Line, placed } from './line.ts';
import { line, name, tableName } from './quote.ts';

/** The filters that limit bandwidth (configuration manual, 9.7). */
export function bandwidthLines(limits: readonly BandwidthLimit[]): readonly Line[] {
  return limits.flatMap(filterLine);
}

function filterLine({ name: called, direction, by, minSize }: BandwidthLimit): readonly Line[] {
  const words =
    by.kind === 'stream'
      ? ['default-limit', by.limit, 'default-period', by.period]
      : ['limit', by.limit, 'key', by.sample, 'table', tableName(by.table)];
  const filter = `bwlim-${direction}`;
  return placed(
    [`filter ${filter}`, called],
    [line('filter', filter, name(called), ...words, ...(minSize === null ? [] : ['min-size', minSize]))],
  );
}
