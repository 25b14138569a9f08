import type { Rules } from '../model/action.ts';
import type { BandwidthLimit } from '../model/bandwidth.ts';
import type { Compression } from '../model/compression.ts';
import { bandwidthLines } from './bandwidth.ts';
import type { Line } from './line.ts';
import { line, name } from './quote.ts';
import { spoeLines } from './spoe.ts';

/** What the filters of a section come from. */
interface Filtered {
  readonly rules: Rules;
  readonly compression: Compression | null;
  readonly bandwidth: readonly BandwidthLimit[];
  /** Names of agents. */
  readonly spoe: readonly string[];
}

/** The caches that rules use or fill, each once. */
function cachesOf(rules: Rules): readonly string[] {
  const actions = Object.values(rules).flatMap((list) => list.map(({ action }) => action));
  return [...new Set(actions.flatMap((action) => (action.kind === 'cache-use' || action.kind === 'cache-store' ? [action.cache] : [])))];
}

/**
 * The `filter` lines of a section in the one order that serves (configuration manual, 9): agents are asked before anything is done, in the document's
 * order; a cache keeps responses before they are compressed, and what is limited are the bytes that go out. Of caches and compression HAProxy knows by itself, unless there are other filters beside them; of a FastCGI
 * application too, which has none beside it.
 */
export function filterLines({ rules, compression, bandwidth, spoe }: Filtered, runDir: string): readonly Line[] {
  const [asked, limits] = [spoeLines(spoe, runDir), bandwidthLines(bandwidth)];
  if (asked.length + limits.length === 0) return [];
  return [
    ...asked,
    ...cachesOf(rules).map((cache) => line('filter', 'cache', name(cache))),
    ...(compression === null ? [] : [line('filter', 'compression')]),
    ...limits,
  ];
}
