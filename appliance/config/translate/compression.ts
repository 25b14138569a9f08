import type { Compression } from '../../../proxy/model/compression.ts';
import type { Document } from '../schema.ts';

/** Compression in long form; null: none. */
export function translateCompression(input: Document['backends'][string]['compression']): Compression | null {
  if (input === undefined) return null;
  const { algo, type, direction, offload } = input;
  return { algorithms: algo, types: type, direction, offload };
}
