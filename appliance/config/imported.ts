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
export function documentOf(source: string, read: (text: string, refused: ReadonlySet<number>) => Imported): ImportedDocument {
  const refused = new Set<number>();
  for (let round = 0; ; round++) {
    const imported = read(source, refused);
    const comments = [{ at: ['nodes'], lines: ['Not in a haproxy.cfg: write the links of this machine here.'] }, ...imported.comments];
    const text = documentText({ version: 1, nodes: NODES, ...imported.document }, comments);
    const { problems } = load(text, { file: 'document', files: null });
    const errors = problems.filter(({ severity }) => severity !== 'warning');
    const blamed = errors.flatMap(({ at }) => blame(at, imported)).filter((line) => !refused.has(line));
    if (errors.length === 0 || blamed.length === 0 || round === MOST_ROUNDS) return { text, imported, problems };
    for (const line of blamed) refused.add(line);
  }
}

/** The lines that became what stands at a place of the document, or what is nearest above or below it. */
function blame(at: LocatedProblem['at'], { places }: Imported): readonly number[] {
  const shared = (path: readonly (string | number)[]) => {
    const most = Math.min(path.length, at.length);
    for (let index = 0; index < most; index++) if (String(path[index]) !== String(at[index])) return 0;
    return most;
  };
  const depths = places.map(({ at: path }) => shared(path));
  const deepest = Math.max(0, ...depths);
  return deepest < 2 ? [] : places.filter((_, index) => depths[index] === deepest).map(({ line }) => line);
}
