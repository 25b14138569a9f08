import type { Config, Files } from './config.ts';
import { explainIssues, issueText } from './explain.ts';
import type { LocatedProblem, Problem } from './problem.ts';
import { type Document, documentSchema } from './schema.ts';
import { readSource } from './source.ts';
import { translate } from './translate.ts';
import { validate } from './validate.ts';

export { formatProblem } from './problem.ts';

/** Where a document comes from and what stands beside it. */
export interface LoadOptions {
  /** Its name, as problems show it. */
  readonly file: string;
  /** The files beside it; null: they are not at hand, and nothing about them is checked. */
  readonly files: Files | null;
  /** The time, for certificates that have expired; absent: validity is not checked. */
  readonly now?: Date;
}

/** What became of a document: `config` is null when any problem is an error; warnings come with a config. Problems stand in the order of the text. */
export interface Loaded {
  readonly config: Config | null;
  readonly problems: readonly LocatedProblem[];
}

/** The most problems that are shown of one document. */
const MOST_PROBLEMS = 100;

/**
 * Reads a document: text to values, values to types and defaults, then what things mean together. Every mistake is reported, with its line and column;
 * never throws for what a document says.
 */
export function load(source: string, options: LoadOptions): Loaded {
  const text = readSource(source, options.file);
  if (text.problems.length > 0) return refused(text.problems);
  const version = checkVersion(text.value);
  if (version !== null) return refused([text.locate(version)]);

  const parsed = parse(text.value);
  if (parsed === null)
    return refused([text.locate({ at: [], message: 'there are more mistakes than can be told', hint: 'is this the right file?' })]);
  const typing = parsed.success ? [] : once(explainIssues(parsed.error.issues));
  const document = parsed.success ? parsed.data : withoutBroken(text.value, typing);
  const meaning = document === null ? [] : validate(document, { files: options.files, now: options.now ?? null, broken: names(typing) });
  const problems = [...typing, ...meaning];
  const located = problems.slice(0, 10 * MOST_PROBLEMS).map(text.locate);
  if (problems.some((problem) => problem.severity !== 'warning') || document === null) return refused(located);
  return { config: translate(document), problems: sorted(located) };
}

/** Types and defaults; null when the mistakes are so many (above 100,000) that the stack does not hold them: zod passes them on as arguments. */
function parse(value: unknown) {
  try {
    return documentSchema.safeParse(value, { error: issueText });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Each problem once: a number may be too large in two ways. */
function once(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((each) => [JSON.stringify([each.at, each.message]), each])).values()];
}

function refused(problems: readonly LocatedProblem[]): Loaded {
  const order = sorted(problems);
  const last = order[MOST_PROBLEMS];
  if (last === undefined) return { config: null, problems: order };
  const more: LocatedProblem = { ...last, message: `there are more problems than these ${MOST_PROBLEMS}`, hint: 'correct these first' };
  return { config: null, problems: [...order.slice(0, MOST_PROBLEMS), more] };
}

function sorted(problems: readonly LocatedProblem[]): readonly LocatedProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Version first: of a document in another form, nothing else can be said. */
function checkVersion(value: unknown): Problem | null {
  if (value === null || value === undefined) return { at: [], message: 'the document is empty', hint: 'it begins with version: 1' };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return {
      at: [],
      message: `the document is ${Array.isArray(value) ? 'a list' : 'a single value'}, not a map of sections`,
      hint: 'it begins with version: 1',
    };
  }
  const version = (value as Record<string, unknown>).version;
  if (version === undefined) return { at: [], message: '"version" is missing', hint: 'the document begins with version: 1' };
  if (version === 1) return null;
  const newer = typeof version === 'number' && Number.isInteger(version) && version > 1;
  return newer
    ? { at: ['version'], message: `the document has version ${version}, this weir reads version 1`, hint: 'update weir first' }
    : { at: ['version'], message: 'the version of the document is not 1', hint: 'write version: 1' };
}

/** Sections that hold named things. */
const NAMED = [
  'nodes',
  'vrrp',
  'vips',
  'certificates',
  'acls',
  'maps',
  'lists',
  'userlists',
  'rings',
  'stick-tables',
  'peers',
  'resolvers',
  'caches',
  'mailers',
  'fcgi-apps',
  'spoe-agents',
  'http-errors',
  'log-forward',
  'frontends',
  'backends',
];

/**
 * The document without the named things (links, within nodes) and the sections that have mistakes of type, so that all others can be checked in the same
 * run; null when what remains is no document.
 */
function withoutBroken(value: unknown, problems: readonly Problem[]): Document | null {
  const copy = structuredClone(value) as Record<string, unknown>;
  for (const { at } of problems) {
    const [section = '', ...rest] = at.map(String);
    const isLink = section === 'nodes' && rest[1] === 'links' && rest.length > 2;
    remove(copy, NAMED.includes(section) && rest.length > 0 ? [section, ...rest.slice(0, isLink ? 3 : 1)] : [section]);
  }
  copy.nodes ??= {};
  const parsed = documentSchema.safeParse(copy);
  return parsed.success ? parsed.data : null;
}

function remove(tree: Record<string, unknown>, path: readonly string[]): void {
  const [key = '', ...rest] = path;
  const below = tree[key];
  if (rest.length === 0) delete tree[key];
  else if (typeof below === 'object' && below !== null) remove(below as Record<string, unknown>, rest);
}

/** The names of broken things by section, and `*` for a section that is broken as a whole: others may refer to them. */
function names(problems: readonly Problem[]): ReadonlyMap<string, ReadonlySet<string>> {
  const broken = new Map<string, Set<string>>();
  for (const { at } of problems) {
    const section = String(at[0] ?? '');
    broken.set(section, (broken.get(section) ?? new Set()).add(at.length > 1 ? String(at[1]) : '*'));
  }
  return broken;
}
