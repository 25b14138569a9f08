import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';
import type { Rule, RuleList, Ruleset } from './rule-lists.ts';

/** Checks that captures have a slot: only a frontend makes new ones, only of requests, and what it names must be there. */
export function checkCaptures({ document, ruleLists }: Context): readonly Problem[] {
  return ruleLists.flatMap((list) =>
    list.rules.flatMap((rule, index) =>
      rule.capture === undefined ? [] : checkCapture(rule.capture, list, [...list.at, index, 'capture'], document),
    ),
  );
}

const onKey = (at: At, message: string, hint: string): Problem => ({ ...problem(at, message, hint), on: 'key' });

const OF_RESPONSES: readonly Ruleset[] = ['http-response', 'http-after-response'];

function checkCapture(
  { len, id }: NonNullable<Rule['capture']>,
  { ruleset, at: [section, name = ''] }: RuleList,
  at: At,
  { frontends }: Context['document'],
): readonly Problem[] {
  const isOfResponse = OF_RESPONSES.includes(ruleset);
  if (len !== undefined && isOfResponse)
    return [onKey([...at, 'len'], 'a response has no new slots', 'declare capture: { response: [32] } in the frontend, and id: 0 here')];
  if (len !== undefined && section !== 'frontends')
    return [
      onKey([...at, 'len'], 'a backend has no slots of its own', 'declare capture: { request: [32] } in the frontend, and id: 0 here'),
    ];
  if (id !== undefined && ruleset === 'tcp-request content')
    return [onKey([...at, 'id'], 'tcp-request content captures into new slots only', 'write len: 32')];
  const frontend = section === 'frontends' && Object.hasOwn(frontends, name) ? frontends[name] : undefined;
  if (id === undefined || frontend === undefined) return [];
  const made = [...frontend['tcp-request content'], ...frontend['http-request']].filter(({ capture }) => capture?.len !== undefined);
  const slots = isOfResponse
    ? Object.keys(frontend['capture response header']).length + frontend['declare capture'].response.length
    : Object.keys(frontend['capture request header']).length + frontend['declare capture'].request.length + made.length;
  return id < slots
    ? []
    : [
        problem(
          [...at, 'id'],
          slots === 0 ? 'this frontend has no slot to capture into' : `this frontend has no slot ${id}: there are ${slots}, from 0`,
          `declare capture: { ${isOfResponse ? 'response' : 'request'}: [32] } makes one`,
        ),
      ];
}
