import type { Files } from '../config.ts';
import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Read, readingsIn, type Section } from '../schema/reading.ts';
import { type Document, documentSchema } from '../schema.ts';
import { type RuleList, ruleLists } from './rule-lists.ts';

/** A path into the document. */
export type At = Problem['at'];

/** What a thing of a section is called. */
const NOUNS: Readonly<Record<Section, string>> = {
  nodes: 'node',
  vrrp: 'VRRP instance',
  vips: 'VIP',
  certificates: 'certificate',
  acls: 'ACL',
  maps: 'map',
  rings: 'ring',
  lists: 'list',
  userlists: 'userlist',
  'stick-tables': 'stick table',
  peers: 'section of peers',
  resolvers: 'section of resolvers',
  caches: 'cache',
  mailers: 'section of mailers',
  'fcgi-apps': 'FastCGI application',
  'spoe-agents': 'SPOE agent',
  'http-errors': 'group of errors',
  frontends: 'frontend',
  backends: 'backend',
};

/** Names that stand for something without being in the document: the machine's own name servers. */
const BUILT_IN: Readonly<Partial<Record<Section, readonly string[]>>> = { resolvers: ['system'] };

/** What the checks need besides the document. */
export interface Surroundings {
  readonly files: Files | null;
  /** The time, or null: nothing is said about certificates that have expired. */
  readonly now: Date | null;
  /** Names by section of things that have mistakes of type and are missing from the document given; `*`: the whole section. */
  readonly broken: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What every check is given. */
export interface Context extends Surroundings {
  readonly document: Document;
  /** Everything in it that HAProxy reads in a way of its own, in the document's order. */
  readonly reads: readonly Read[];
  /** Its rules, list by list. */
  readonly ruleLists: readonly RuleList[];
  /** Node names in the document's order; those of broken nodes as well. */
  readonly nodeNames: readonly string[];
  /** Whether all of a section could be read, so that something missing there is really missing. */
  readonly isWhole: (section: Section) => boolean;
  /** A problem if no thing of the section has this name. */
  readonly reference: (section: Section, name: string, at: At) => readonly Problem[];
}

/** How many names are compared with wrong ones to say "did you mean", in all: each takes a microsecond or two. */
const MOST_COMPARISONS = 100_000;

/** Makes the context of the checks. */
export function contextOf(document: Document, surroundings: Surroundings): Context {
  const { broken } = surroundings;
  let comparisons = 0;
  const known = new Map<Section, readonly string[]>();
  const namesOf = (section: Section) => {
    // Broken things count: the name that was meant may be one of theirs.
    const names = known.get(section) ?? [...Object.keys(thingsOf(document, section)), ...(broken.get(section) ?? [])];
    known.set(section, names);
    return names;
  };
  const reference = (section: Section, name: string, at: At): readonly Problem[] => {
    const lost = broken.get(section);
    if (BUILT_IN[section]?.includes(name) || hasThing(document, section, name) || lost?.has(name) || lost?.has('*')) return [];
    const names = namesOf(section);
    comparisons += names.length;
    const hint =
      names.length === 0 ? `there is nothing below ${section}` : comparisons <= MOST_COMPARISONS ? suggestion(name, names) : undefined;
    return [problem(at, `${NOUNS[section]} ${quote(name)} is not defined`, hint)];
  };
  const nodeNames = [...new Set([...Object.keys(document.nodes), ...(broken.get('nodes') ?? [])])].filter((name) => name !== '*');
  return {
    ...surroundings,
    document,
    reads: readingsIn(documentSchema, document),
    ruleLists: ruleLists(document),
    nodeNames,
    isWhole: (section) => !broken.has(section),
    reference,
  };
}

/** The tables that sections of peers declare, by the names that rules have for them. */
export function tablesOfPeers({ peers }: Document): Readonly<Record<string, Document['peers'][string]['table'][string]>> {
  return Object.fromEntries(
    Object.entries(peers).flatMap(([section, { table }]) => Object.entries(table).map(([name, each]) => [`${section}/${name}`, each])),
  );
}

function thingsOf(document: Document, section: Section): Readonly<Record<string, unknown>> {
  return section === 'stick-tables' ? { ...document[section], ...tablesOfPeers(document) } : document[section];
}

/** Whether a section has a thing of this name; looked up, as there may be 10,000. */
function hasThing(document: Document, section: Section, name: string): boolean {
  if (section !== 'stick-tables' || !name.includes('/')) return Object.hasOwn(document[section], name);
  const [of = '', table = ''] = name.split('/');
  return Object.hasOwn(document.peers, of) && Object.hasOwn(document.peers[of]?.table ?? {}, table);
}

/** A problem with a hint or without. */
export function problem(at: At, message: string, hint?: string): Problem {
  return { at, message, ...(hint === undefined ? {} : { hint }) };
}

/** Something that works, and that is worth a look. */
export function warning(at: At, message: string, hint?: string): Problem {
  return { ...problem(at, message, hint), severity: 'warning' };
}

/** Finds things that are there before: answers the place of the first with the same key, and remembers this one if it is the first. */
export function firsts<Place>(): (key: string, place: Place) => Place | null {
  const seen = new Map<string, Place>();
  return (key, place) => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, place);
    return first ?? null;
  };
}
