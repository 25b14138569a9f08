import type { Imported } from '../../proxy/haproxy/import/import.ts';
import { documentText } from './document-text.ts';
import { load } from './load.ts';
import type { LocatedProblem } from './problem.ts';

/** A document that another configuration became, its text, and what is still wrong with it. */
export interface ImportedDocument {
  readonly text: string;
  readonly imported: Imported;
  readonly problems: readonly LocatedProblem[];
}

/** Rounds after which nobody tries on: each keeps at least one line raw that the document refused. */
const MOST_ROUNDS = 50;

/** The machine, of which a haproxy.cfg says nothing. */
const NODES = { lb1: { links: { front: { mac: '52:54:00:00:00:01', addresses: 'dhcp' } } } };

/**
 * Makes a document that loads: where the loader refuses what a line became, the line stays raw, and everything is read again. What no line can be blamed for is left
 * in `problems`.
 */
export function documentOf(source: string, read: (text: string, refused: ReadonlyMap<number, string>) => Imported): ImportedDocument {
  const refused = new Map<number, string>();
  for (let round = 0; ; round++) {
    const imported = read(source, refused);
    const comments = [{ at: ['nodes'], lines: ['Not in a haproxy.cfg: write the links of this machine here.'] }, ...imported.comments];
    const text = documentText({ version: 1, nodes: NODES, ...imported.document }, comments);
    const { problems } = load(text, { file: 'document', files: null });
    const errors = problems.filter(({ severity }) => severity !== 'warning');
    const blamed = errors.flatMap(({ at, message }) => blame(at, imported).map((line) => [line, message] as const));
    const further = blamed.filter(([line]) => !refused.has(line));
    if (further.length === 0 || round === MOST_ROUNDS) return { text, imported, problems };
    for (const [line, message] of further) refused.set(line, message);
  }
}

/**
 * The lines that became what stands at a place of the document: there, or nearest above it, or all below it. For a section as a whole no line is to blame.
 */
function blame(at: LocatedProblem['at'], { places }: Imported): readonly number[] {
  const isBelow = (path: LocatedProblem['at'], top: LocatedProblem['at']) =>
    path.length >= top.length && top.every((step, index) => String(step) === String(path[index]));
  const above = places.filter(({ at: path }) => path.length > 1 && isBelow(at, path));
  const deepest = Math.max(0, ...above.map(({ at: path }) => path.length));
  if (deepest > 0) return above.filter(({ at: path }) => path.length === deepest).map(({ line }) => line);
  return at.length < 3 ? [] : places.filter(({ at: path }) => isBelow(path, at)).map(({ line }) => line);
}
