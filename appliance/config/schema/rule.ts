import { z } from 'zod';
import { suggestion } from '../nearest.ts';
import { quote } from '../problem.ts';
import { conditions } from './condition.ts';
import { advise, tableReference } from './scalar.ts';
import type { Ruleset, Verb } from './verb.ts';
import { answers } from './verbs/answers.ts';
import { counterVerbs } from './verbs/counters.ts';
import { headerVerbs } from './verbs/headers.ts';
import { standInVerbs } from './verbs/stand-ins.ts';
import { trafficVerbs } from './verbs/traffic.ts';
import { uriVerbs } from './verbs/uri.ts';
import { variableVerbs } from './verbs/variables.ts';

export { headerName, logFormat, RULESETS, type Ruleset, sample } from './verb.ts';

/** Every verb that a rule can have, by families. */
export const VERBS = {
  ...answers,
  ...headerVerbs,
  ...uriVerbs,
  ...variableVerbs,
  ...counterVerbs,
  ...trafficVerbs,
  ...standInVerbs,
} as const;

type Verbs = typeof VERBS;

/** A rule of any list, as the document writes it. */
export type RuleInput = { readonly [Word in keyof Verbs]?: z.output<Verbs[Word]['value']> } & {
  readonly table?: string | undefined;
} & { readonly [Key in keyof typeof conditions]?: z.output<(typeof conditions)[Key]> };

/** Keys of a rule that are no verbs. */
const OPTIONS: readonly string[] = ['if', 'unless', 'table'];

const UNMARKED = "the appliance's HAProxy has no privilege to mark packets; set-fc-tos and set-bc-tos need none";

/** Verbs of HAProxy that weir does not have, and what does the same. */
const OTHERS: Readonly<Record<string, string>> = {
  'set-mark': UNMARKED,
  'set-fc-mark': UNMARKED,
  'set-bc-mark': UNMARKED,
  'set-tos': 'write set-fc-tos: for packets to the client, set-bc-tos: for those to the server',
  'sc-inc-gpc0': 'write sc-inc-gpc: { idx: 0, sc-id: 0 }, with gpc(1) in the table',
  'sc-inc-gpc1': 'write sc-inc-gpc: { idx: 1, sc-id: 0 }, with gpc(2) in the table',
  'sc-set-gpt0': 'write sc-set-gpt: { idx: 0, sc-id: 0, value: 1 }, with gpt(1) in the table',
  'track-sc3': 'weir tracks in counters 0 to 2',
  'do-log': 'it needs HAProxy 3.1, this one is 3.0',
  pause: 'it needs HAProxy 3.2, this one is 3.0',
  'set-retries': 'it needs HAProxy 3.2, this one is 3.0',
  block: 'write deny:',
};

const wordsOf = (ruleset: Ruleset): readonly (keyof Verbs)[] =>
  (Object.keys(VERBS) as (keyof Verbs)[]).filter((word) => (VERBS[word] as Verb).in.includes(ruleset));

/** What is wrong with a key that is no verb of these rules: where the verb belongs, or what was meant. */
function unknownVerb(key: string, ruleset: Ruleset, known: readonly string[]): string {
  const verb = Object.hasOwn(VERBS, key) ? (VERBS[key as keyof Verbs] as Verb) : undefined;
  if (verb !== undefined) return advise(`${key} does not go with ${ruleset}`, `it belongs below ${verb.in.join(', ')}`);
  return advise(`unknown key ${quote(key)}`, Object.hasOwn(OTHERS, key) ? OTHERS[key] : suggestion(key, known));
}

/** A list of rules: each a map with one verb, what belongs to it, and conditions. */
function rules(ruleset: Ruleset, description: string) {
  const verbs = wordsOf(ruleset);
  const tracks = verbs.some((verb) => verb.startsWith('track-'));
  const shape = {
    ...Object.fromEntries(verbs.map((verb) => [verb, VERBS[verb].value])),
    ...(tracks ? { table: tableReference().optional().describe('The stick table that a track-sc rule counts in.') } : {}),
    ...conditions,
  };
  const known = Object.keys(shape);
  const rule = z
    .strictObject(shape, {
      // one line pair for each key, as for all unknown keys
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownVerb(key, ruleset, known)).join('\r') : undefined,
    })
    .check((context) => {
      const given = Object.keys(context.value).filter((key) => !OPTIONS.includes(key));
      const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
      const mistyped = context.issues.some(({ code }) => code === 'unrecognized_keys');
      if (given.length === 0 && !mistyped) add(advise('the rule does nothing', `its first key is one of ${verbs.join(', ')}`));
      if (given.length > 1) add(advise(`a rule has one verb, here are ${given.join(' and ')}`, 'write one rule for each'));
      const isTracking = given.some((verb) => verb.startsWith('track-'));
      if (isTracking && !('table' in context.value))
        add(advise(`${given.join()} needs a table`, 'write table: and the name of a stick table'));
      if (!isTracking && 'table' in context.value) add('only a track-sc rule has a table', ['table']);
    });
  // What may stand in it depends on the list; to those who read it, a rule is a rule.
  return z
    .array(rule as unknown as z.ZodType<RuleInput>)
    .default([])
    .describe(description);
}

/** The lists of rules that frontends and backends both have. */
export const sharedRules = {
  'tcp-request content': rules('tcp-request content', 'Rules for the first bytes that a client sends, in order.'),
  'http-request': rules('http-request', 'Rules for each request, in order.'),
  'http-response': rules('http-response', 'Rules for each response of a server, in order.'),
  'http-after-response': rules('http-after-response', "Rules for each response, the proxy's own included, in order."),
};

/** The lists of rules that only frontends have. */
export const frontendRules = {
  'tcp-request connection': rules('tcp-request connection', 'Rules for a connection as soon as it is there, in order.'),
  'tcp-request session': rules('tcp-request session', 'Rules for a connection whose handshakes are done, in order.'),
  ...sharedRules,
};

/** The lists of rules that only backends have. */
export const backendRules = {
  ...sharedRules,
  'tcp-response content': rules('tcp-response content', 'Rules for the first bytes that a server sends, in order.'),
};
