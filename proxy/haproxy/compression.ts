import type { Compression } from '../model/compression.ts';
import { type Line, placed } from './line.ts';
import { line } from './quote.ts';

/** Compression, for each direction that the document names (configuration manual, 4.2 "compression algo"). */
export function compressionLines(compression: Compression | null): readonly Line[] {
  if (compression === null) return [];
  const { algorithms, types, direction, offload } = compression;
  const sides = (['req', 'res'] as const).filter((side) => direction === 'both' || direction.startsWith(side));
  return placed(
    ['compression'],
    [
      ...(direction === 'response' ? [] : [line('compression', 'direction', direction)]),
      ...sides.flatMap((side) => [line('compression', `algo-${side}`, ...algorithms), line('compression', `type-${side}`, ...types)]),
      ...(offload ? [line('compression', 'offload')] : []),
    ],
  );
}
