import { joinSample, type SamplePart, splitSample } from './sample.ts';
import type { Document } from './schema.ts';

type Maps = Document['maps'];

/** The converters that look into a map: `map`, `map_<match>`, `map_<match>_<output>` (configuration manual, 7.3.1 "map"). */
const MAP = /^map(?:_(?<match>str|beg|end|sub|dir|dom|reg|ip|int|regm))?(?:_(?<output>str|int|ip|key))?$/;

/** A converter that looks into a map of the document: its name, and how it is matched if the word says it. */
export interface MapCall {
  readonly map: string;
  /** What stands behind the name, its comma included. */
  readonly rest: string;
  /** `regm` fills in groups, of a map that is matched by `reg`. */
  readonly match: string | null;
  readonly output: string | null;
}

/** A converter as a look into a map; null: it is none. */
export function mapCall({ word, args }: SamplePart): MapCall | null {
  const { match = null, output = null } = MAP.exec(word)?.groups ?? {};
  if (!MAP.test(word)) return null;
  const [, map = '', rest = ''] = /^([^,]*)(,.*)?$/s.exec(args ?? '') ?? [];
  return { map, rest, match, output };
}

/** A sample in which maps are named by their files, `folder` among them: `map(hosts)` becomes `map_str(/run/weir/maps/hosts.map)`. */
export function withMapFiles(sample: string, maps: Maps, folder: string): string {
  const parts = splitSample(sample);
  if (parts === null || !parts.some((part) => mapCall(part) !== null)) return sample;
  return joinSample(
    parts.map((part) => {
      const call = mapCall(part);
      const map = call !== null && Object.hasOwn(maps, call.map) ? maps[call.map] : undefined;
      if (call === null || map === undefined) return part;
      const { match, output, rest } = call;
      return { word: ['map', match ?? map.match, output].filter((word) => word !== null).join('_'), args: `${folder}/${map.file}${rest}` };
    }),
  );
}
