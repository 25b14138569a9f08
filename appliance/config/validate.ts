import type { Files } from './config.ts';
import type { Problem } from './problem.ts';
import type { Document } from './schema.ts';

/** What the checks need besides the document. */
export interface Surroundings {
  readonly files: Files | null;
  readonly now: Date | null;
  /** Names by section of things that have mistakes of type and are missing from the document given; `*`: the whole section. */
  readonly broken: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Everything that is wrong in how the things of a document go together. */
export function validate(_document: Document, _surroundings: Surroundings): readonly Problem[] {
  return [];
}
