import { type Problem, quote } from '../problem.ts';
import type { ConditionInput } from '../schema/condition.ts';
import { aclNames, isList } from '../translate/condition.ts';
import { type At, type Context, problem } from './context.ts';
import type { Conditional } from './extent.ts';
import type { Ruleset } from './rule-lists.ts';
import { REQUEST_FETCHES, RESPONSE_FETCHES, UNLOGGED_FETCHES } from './sample-words.ts';

/** As many ACLs of one condition are looked into: more than that nobody can read, and they are refused elsewhere. */
const MOST_ACLS = 500;

/** Checks that rules ask for what is known when they run: HAProxy would never find the others true, or refuse them. */
export function checkStages({ document, ruleLists }: Context): readonly Problem[] {
  const check = stageCheck(document);
  return ruleLists.flatMap(({ ruleset, rules, at }) =>
    rules.flatMap((rule, index) =>
      check(rule, ruleset === 'stick' && 'store-response' in rule ? 'http-response' : ruleset, [...at, index]),
    ),
  );
}

/** Says whether the conditions of a rule ask for what is known where it runs. */
export type StageCheck = (rule: Conditional, ruleset: Ruleset, at: At) => readonly Problem[];

/** Makes such a check, which remembers what ACLs are made of. */
export function stageCheck(document: Context['document']): StageCheck {
  const known = new Map<string, readonly string[]>();
  const ofAcl = (name: string): readonly string[] => {
    const samples = known.get(name) ?? samplesOfAcl(name, document.acls);
    known.set(name, samples);
    return samples;
  };
  return (rule, ruleset, at) =>
    (['if', 'unless'] as const)
      .flatMap((key) => wordsOf(rule[key] ?? [], [...at, key]))
      .flatMap((named) => checkNamed(named, ruleset, ofAcl));
}

function checkNamed({ kind, word, at }: Named, ruleset: Ruleset, ofAcl: (name: string) => readonly string[]): readonly Problem[] {
  if (kind === 'sample') return checkStage(word, ruleset, at).map((each) => ({ ...each, on: 'key' }));
  const lost = ofAcl(word).find((sample) => unknown(sample, ruleset) !== null);
  const told = lost === undefined ? [] : checkStage(lost, ruleset, at);
  return told.map((each) => ({ ...each, message: `ACL ${quote(word)}: ${each.message}` }));
}

/** A problem if a sample is not known any more when the log line is written. */
export function checkLogged(sample: string, at: At): readonly Problem[] {
  const word = sample.replace(/[(,].*$/s, '');
  if (!REQUEST_FETCHES.has(word) && !UNLOGGED_FETCHES.has(word)) return [];
  const hint =
    'keep it in an http-request rule, { set-var: { txn.x: SAMPLE } }, and write %[var(txn.x)]; of a header, capture request header is enough';
  return [problem(at, `${quote(sample)} is not known any more when the log line is written`, hint)];
}

/** A problem if a sample is not known where a rule stands. */
export function checkStage(sample: string, ruleset: Ruleset, at: At): readonly Problem[] {
  const told = unknown(sample, ruleset);
  return told === null ? [] : [problem(at, `${quote(sample)} is not known ${told.when}`, told.hint)];
}

/** Samples that a connection does not have before its TLS handshake. */
const EARLY = /^(?:hdr|method$|ssl_)/;

function unknown(sample: string, ruleset: Ruleset): { readonly when: string; readonly hint: string } | null {
  const word = sample === 'host' ? 'req.hdr' : sample.replace(/[(,].*$/s, '');
  const fetch = word.replace(/_(?:beg|dir|dom|end|len|reg|sub)$/, '');
  const [isOfRequest, isOfResponse] = [REQUEST_FETCHES, RESPONSE_FETCHES].map((fetches) => fetches.has(word) || fetches.has(fetch));
  if (ruleset === 'tcp-request connection' || ruleset === 'tcp-request session')
    return isOfRequest || isOfResponse || (ruleset === 'tcp-request connection' ? EARLY : /^(?:hdr|method$)/).test(word)
      ? { when: 'yet when a connection comes', hint: 'write the rule below tcp-request content or http-request' }
      : null;
  if (ruleset === 'http-response' || ruleset === 'http-after-response' || ruleset === 'tcp-response content')
    return isOfRequest
      ? { when: 'any more when the response comes', hint: 'write the rule below http-request, where that is possible' }
      : null;
  return isOfResponse ? { when: 'yet when the request comes', hint: 'write the rule below http-response' } : null;
}

/** A word of a condition with its place: a sample, or the name of an ACL. */
interface Named {
  readonly kind: 'sample' | 'acl';
  readonly word: string;
  readonly at: At;
}

/** Every sample and every ACL that a condition names. */
function wordsOf(input: ConditionInput, at: At): readonly Named[] {
  if (typeof input === 'string') return [{ kind: 'acl', word: input, at }];
  if (isList(input)) return input.flatMap((part, index) => wordsOf(part, [...at, index]));
  return Object.keys(input).flatMap((key): readonly Named[] =>
    key === 'acl'
      ? aclNames(input).map((word) => ({ kind: 'acl', word, at: [...at, key] }))
      : [{ kind: 'sample', word: key, at: [...at, key] }],
  );
}

/** The samples of an ACL and of those that it is made of. */
function samplesOfAcl(name: string, acls: Context['document']['acls']): readonly string[] {
  const seen = new Set([name]);
  const samples: string[] = [];
  for (const acl of seen) {
    const input = Object.hasOwn(acls, acl) && seen.size <= MOST_ACLS ? acls[acl] : undefined;
    for (const { kind, word } of input === undefined ? [] : wordsOf(input, [])) {
      if (kind === 'sample') samples.push(word);
      else seen.add(word);
    }
  }
  return samples;
}
