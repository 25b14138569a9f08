import { Document, isMap, isScalar, isSeq, type Node, type Pair, visit } from 'yaml';

/** A comment and the section or named thing that it stands above. */
export interface DocumentComment {
  readonly at: readonly string[];
  readonly lines: readonly string[];
}

/** The widest line that stays one line. */
const WIDTH = 140;

/** Writes plain data as the YAML of a document: named things in blocks, rules, binds and short maps in one line. Comments stand above what they are about. */
export function documentText(value: { readonly [key: string]: unknown }, comments: readonly DocumentComment[] = []): string {
  const document = new Document(value, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  visit(document, {
    Map: (_, node, path) => {
      const parent = path.at(-1);
      // what stands in a list is a rule, a bind or a condition
      if (isSeq(parent) && width(node) <= WIDTH) node.flow = true;
      else if (node.items.length <= 6 && depthOf(path) >= 3 && isShort(node)) node.flow = true;
      return undefined;
    },
    Seq: (_, node) => {
      if (node.items.every((item) => isScalar(item)) && width(node) <= WIDTH) node.flow = true;
      return undefined;
    },
  });
  for (const { at, lines } of comments) {
    const parent = document.getIn(at.slice(0, -1), true);
    const pair = isMap(parent) ? (parent.items as Pair<Node>[]).find(({ key }) => isScalar(key) && key.value === at.at(-1)) : undefined;
    if (pair !== undefined) pair.key.commentBefore = lines.map((line) => ` ${line.replace(/\p{Cc}/gu, ' ')}`).join('\n');
  }
  return document.toString({ lineWidth: WIDTH + 20, flowCollectionPadding: true });
}

function width(node: Node): number {
  return JSON.stringify(node.toJSON()).length;
}

/** How many maps stand above. */
function depthOf(path: readonly unknown[]): number {
  return path.filter((each) => isMap(each)).length;
}

/** Whether a map has scalars, or one level of them, and not many characters. */
function isShort(node: Node): boolean {
  return (
    isMap(node) &&
    width(node) <= 100 &&
    node.items.every(({ value }) => isScalar(value) || (isSeq(value) && value.items.every((item) => isScalar(item))))
  );
}
