import type { Stats } from '../model/stats.ts';
import { type Line, placed } from './line.ts';
import { line } from './quote.ts';

/** The statistics page of a frontend (configuration manual, 4.2 "stats uri"). */
export function statsLines(stats: Stats | null): readonly Line[] {
  if (stats === null) return [];
  const { uri, refresh, shows, hidesVersion } = stats;
  return placed(
    ['stats'],
    [
      line('stats', 'enable'),
      line('stats', 'uri', uri),
      ...(refresh === null ? [] : [line('stats', 'refresh', refresh)]),
      ...shows.map((what) => line('stats', what)),
      ...(hidesVersion ? [line('stats', 'hide-version')] : []),
    ],
  );
}
