import type { BandwidthLimit } from '../../../proxy/model/bandwidth.ts';
import type { Document } from '../schema.ts';

type Input = Pick<Document['frontends'][string], 'filter bwlim-in' | 'filter bwlim-out'>;

/** The bandwidth limits of a frontend or backend, those of both directions. */
export function translateBandwidth(input: Input): readonly BandwidthLimit[] {
  return (['in', 'out'] as const).flatMap((direction) =>
    Object.entries(input[`filter bwlim-${direction}`]).map(([name, said]): BandwidthLimit => {
      const { 'default-limit': own, 'default-period': period = '1s', limit = 0, key = '', table = '', 'min-size': minSize } = said;
      const by =
        own === undefined
          ? ({ kind: 'key', limit: String(limit), sample: key, table } as const)
          : ({ kind: 'stream', limit: String(own), period } as const);
      return { name, direction, by, minSize: minSize === undefined ? null : String(minSize) };
    }),
  );
}
