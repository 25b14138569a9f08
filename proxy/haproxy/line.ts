/** A path into the data plane by the document's own words: `['frontends', 'web', 'http-request', 3]`. */
export type Place = readonly (string | number)[];

/** A line of a file, and which part of the data plane asked for it. */
export interface Placed {
  readonly text: string;
  readonly at: Place;
}

/** A line of a file; a plain one belongs to whatever its neighbours are part of. */
export type Line = string | Placed;

/** For each line of some files, by their paths, which part of the data plane asked for it; null: none in particular. */
export type Origins = ReadonlyMap<string, readonly (Place | null)[]>;

/** Lines as parts of something: their places begin with that of the whole. */
export function placed(at: Place, lines: readonly Line[]): readonly Placed[] {
  return lines.map((line) => (typeof line === 'string' ? { text: line, at } : { text: line.text, at: [...at, ...line.at] }));
}

/** The text of a line. */
export function textOf(line: Line): string {
  return typeof line === 'string' ? line : line.text;
}

/** The place of a line; null where it is nobody's in particular. */
export function placeOf(line: Line): Place | null {
  return typeof line === 'string' ? null : line.at;
}
