import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { quote, UNPRINTABLE } from './problem.ts';

/** What nearly every string is: the check for others takes longer. */
const PLAIN = /^[ -~]*$/;

/** The longest text: an RSA key of 16384 bits for SSH has 2,800 characters. */
const LONGEST_TEXT = 8192;

/** Takes what a node has that the document may not. */
export type Report = (node: Node | null | undefined, message: string, hint?: string) => void;

/** The plain value of a node; what YAML allows and weir does not is reported. Depth is bounded by the parser's check. */
export function plainValue(node: Node | null, report: Report): unknown {
  if (node === null) return null;
  if (isAlias(node)) {
    report(
      node,
      `the alias ${quote(`*${node.source}`)} is not allowed`,
      'write the value out; settings that repeat belong in default-server, acls or maps',
    );
    return null;
  }
  if ('anchor' in node && node.anchor)
    report(node, `the anchor ${quote(`&${node.anchor}`)} is not allowed`, 'weir reads no anchors and aliases');
  if (node.tag !== undefined) report(node, `the tag ${quote(node.tag)} is not allowed`, 'remove it; put the value in quotes if it is text');
  if (isScalar(node)) {
    if (typeof node.value === 'string') checkText(node.value, node, report);
    return node.value;
  }
  if (isSeq(node)) return node.items.map((item) => plainValue(item as Node | null, report));
  if (isMap(node)) return plainMap(node, report);
  return null;
}

function plainMap(map: YAMLMap, report: Report): Record<string, unknown> {
  // `__proto__` is refused below, so that every key becomes a property of its own.
  const entries: Record<string, unknown> = {};
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const key = isScalar(pair.key) ? keyText(pair.key.value) : null;
    if (key === null) {
      report(pair.key ?? map, 'a key must be a word', 'put it in quotes');
      continue;
    }
    if (key === '<<') report(pair.key, 'the merge key << is not allowed', 'write the settings out');
    else if (key === '__proto__') report(pair.key, 'the key "__proto__" is not allowed', 'choose another name');
    else if (Object.hasOwn(entries, key)) report(pair.key, `the key ${quote(key)} stands twice in this map`, 'keep one of them');
    else {
      checkText(key, pair.key, report);
      if ('anchor' in pair.key && pair.key.anchor) report(pair.key, `the anchor ${quote(`&${pair.key.anchor}`)} is not allowed`);
      if (pair.key.tag !== undefined) report(pair.key, `the tag ${quote(pair.key.tag)} is not allowed`);
      entries[key] = plainValue(pair.value, report);
    }
  }
  return entries;
}

function keyText(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function checkText(text: string, node: Node, report: Report): void {
  if (text.length > LONGEST_TEXT) report(node, `this text has ${text.length} characters, at most ${LONGEST_TEXT} are read`);
  if (PLAIN.test(text)) return;
  const found = text.match(UNPRINTABLE)?.[0];
  if (found === undefined) return;
  report(node, `this text contains ${nameOf(found)}`, 'text of the document is one line of printable characters');
}

/** What an unprintable character is called. */
function nameOf(character: string): string {
  if (character === '\n') return 'a line break';
  if (character === '\t') return 'a tab';
  return `${/\p{Cf}/u.test(character) ? 'the invisible' : 'the control'} character ${quote(character).slice(1, -1)}`;
}
