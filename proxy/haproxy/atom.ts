import type { Comparison, Condition, PatternMap } from '../model.ts';
import { name, word } from './quote.ts';
import { asNumber, truth } from './sample.ts';

/** One sample held against something, as HAProxy tests it: a list of ACL expressions (each a list of words) of which any may match. */
export interface Atom {
  readonly expressions: readonly (readonly string[])[];
}

/** A sample condition as a positive atom, or its negation. */
export interface Literal {
  readonly atom: Atom;
  readonly negated: boolean;
}

type SampleCondition = Extract<Condition, { kind: 'sample' }>;

/** A line holds 64 words at most (HAProxy's MAX_LINE_ARGS); longer pattern lists continue on a further line of the same name. */
const patternsPerExpression = 40;

const chunks = (patterns: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(patterns.length / patternsPerExpression) }, (_, index) =>
    patterns.slice(index * patternsPerExpression, (index + 1) * patternsPerExpression),
  );

/** weir's one word of its own: the host that a client asks for, without the port. Host names know no upper case (RFC 9110, 4.2.3). */
const hostSample = 'req.hdr(host),host_only';

const compared = (sample: string, { operator, value }: Comparison): Atom => ({
  expressions: [[sample, ...asNumber(sample), operator, String(value)]],
});

/** What a condition may look into. */
export interface Patterns {
  readonly maps: readonly PatternMap[];
  readonly lists: readonly PatternMap[];
}

/** A map or a list by its name. */
export function patternsOf(named: string, among: readonly PatternMap[]): PatternMap {
  const found = among.find((each) => each.name === named);
  if (found === undefined) throw new Error(`a condition names map ${JSON.stringify(named)}, which the data plane does not have`);
  if (/[^A-Za-z0-9_./-]/.test(found.file)) throw new Error(`not a path for a map: ${JSON.stringify(found.file)}`);
  return found;
}

function lookedUp(sample: string, map: string, maps: readonly PatternMap[]): Atom {
  const { match, file } = patternsOf(map, maps);
  return { expressions: [[`${sample},map_${match}(${file})`, '-m', 'found']] };
}

/** A sample as HAProxy reads it where its value is looked up among keys: names of hosts in small letters. */
export function keySample(sample: string): string {
  return sample === 'host' ? `${hostSample},lower` : sample;
}

/** The literals that a sample condition means, all of which must hold. Several comparisons are several atoms: an ACL would OR them. */
export function literals({ sample: said, test }: SampleCondition, { maps, lists }: Patterns): readonly Literal[] {
  const isHost = said === 'host';
  const sample = isHost ? hostSample : said;
  const positive = (atom: Atom): Literal => ({ atom, negated: false });
  switch (test.kind) {
    case 'is':
      return [{ atom: { expressions: [[sample, ...truth(sample)]] }, negated: !test.value }];
    case 'compare':
      return test.all.map((comparison) => positive(compared(sample, comparison)));
    case 'map':
      return [positive(lookedUp(keySample(said), test.map, maps))];
    case 'list': {
      const { match, file } = patternsOf(test.list, lists);
      return [positive({ expressions: [[sample, '-m', match, ...(test.ignoreCase || isHost ? ['-i'] : []), '-f', file]] })];
    }
    case 'found':
      return [{ atom: { expressions: [[sample, '-m', 'found']] }, negated: !test.value }];
    case 'match': {
      const head = [sample, '-m', test.match, ...(test.ignoreCase || isHost ? ['-i'] : []), '--'];
      return [positive({ expressions: chunks(test.patterns).map((patterns) => [...head, ...patterns]) })];
    }
    case 'patterns': {
      // `--` ends the flags: a pattern such as `-f` must not read a file
      const head = [sample, ...(isHost ? ['-i'] : []), '--'];
      return [positive({ expressions: chunks(test.patterns).map((patterns) => [...head, ...patterns]) })];
    }
  }
}

/** The lines that declare an ACL of this name. */
export function declaration(acl: string, atom: Atom): readonly string[] {
  return atom.expressions.map((words) => `    acl ${name(acl)} ${words.map(word).join(' ')}`);
}

/** An atom as an anonymous ACL inside a condition, or null where it needs a name: several lines, or a word that would end it. */
export function anonymous(atom: Atom): readonly string[] | null {
  const [words] = atom.expressions;
  if (atom.expressions.length !== 1 || words === undefined || words.length > 8) return null;
  return words.some((each) => each === '{' || each === '}') ? null : ['{', ...words, '}'];
}
