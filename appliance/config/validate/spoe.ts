import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import type { SpoeEvent } from '../schema/spoe-agent.ts';
import { namedBackends } from '../translate/frontend.ts';
import { backendModes } from '../translate.ts';
import { type At, type Context, problem, warning } from './context.ts';
import { extentCheck } from './extent.ts';
import type { Rule, RuleList } from './rule-lists.ts';
import { checkStage, stageCheck } from './stages.ts';

type Agents = Context['document']['spoe-agents'];
type Agent = Agents[string];
type Message = Agent['messages'][string];

/** Where what is known is the same as at an event. */
const STAGES: Readonly<Record<SpoeEvent, RuleList['ruleset']>> = {
  'on-client-session': 'tcp-request connection',
  'on-frontend-tcp-request': 'tcp-request content',
  'on-backend-tcp-request': 'tcp-request content',
  'on-frontend-http-request': 'http-request',
  'on-backend-http-request': 'http-request',
  'on-server-session': 'use-server',
  'on-tcp-response': 'tcp-response content',
  'on-http-response': 'http-response',
};

/** Bytes of a buffer unless told (configuration manual, 3.2 "tune.bufsize"), and those of it that a frame's length takes. */
const BUFFER = 16_384;
const LENGTH = 4;

/** Checks agents: their backends, what they are told when, and that rules name what their section has. */
export function checkSpoe(context: Context): readonly Problem[] {
  const { document, ruleLists } = context;
  const { frontends, backends, 'spoe-agents': agents } = document;
  const modes = backendModes(document);
  const checkSent = sentCheck(context);
  const filters = (asked: readonly string[], isTcp: boolean, at: At) =>
    asked.flatMap((agent, index) => (Object.hasOwn(agents, agent) ? checkFilter(agents[agent] as Agent, isTcp, [...at, index]) : []));
  return [
    ...Object.entries(agents).flatMap(([name, agent]) => checkAgent(name, agent, document, checkSent)),
    ...Object.entries(frontends).flatMap(([name, { 'filter spoe': asked, mode }]) =>
      filters(asked, mode === 'tcp', ['frontends', name, 'filter spoe']),
    ),
    ...Object.entries(backends).flatMap(([name, { 'filter spoe': asked }]) =>
      filters(asked, modes.get(name) === 'tcp', ['backends', name, 'filter spoe']),
    ),
    ...ruleLists.flatMap((list) => list.rules.flatMap((rule, index) => checkRule(rule, list, [...list.at, index], document))),
  ];
}

type SentCheck = (message: Message, at: At) => readonly Problem[];

/** Makes a check that what a message says, and when, is known at its event. */
function sentCheck(context: Context): SentCheck {
  const [checkExtent, checkStages] = [extentCheck(context), stageCheck(context.document)];
  return (message, at) => {
    if (message.event === undefined) return [];
    const stage = STAGES[message.event];
    return [
      ...checkArgs(message, stage, at),
      ...checkStages(message, stage, at).map(told),
      ...checkExtent(message, at, true).map((each) => ({ ...each, hint: 'name a part of it in acls: a message has one line' })),
    ];
  };
}

function checkAgent(name: string, agent: Agent, document: Context['document'], checkSent: SentCheck): readonly Problem[] {
  const at: At = ['spoe-agents', name];
  const { 'max-frame-size': frame = 0, option, messages } = agent;
  const most = (document.global['tune.bufsize'] ?? BUFFER) - LENGTH;
  return [
    ...checkBackend(agent, [...at, 'use-backend'], document),
    ...(option['var-prefix'] === undefined && name.includes('-')
      ? [
          problem(
            at,
            `variables cannot begin with ${quote(name)}: it has a "-"`,
            `write option: { var-prefix: ${name.replaceAll('-', '_')} }, for var(txn.${name.replaceAll('-', '_')}.…)`,
          ),
        ]
      : []),
    ...(frame > most
      ? [
          problem(
            [...at, 'max-frame-size'],
            `a frame has at most ${most} bytes: it must fit into a buffer`,
            'global: tune.bufsize says how many it has',
          ),
        ]
      : []),
    ...Object.entries(messages).flatMap(([called, message]) => checkSent(message, [...at, 'messages', called])),
  ];
}

/** What an event knows is said in the words of rules, whose hints are about rules. */
function told({ hint: _ofRules, ...rest }: Problem): Problem {
  return { ...rest, hint: 'send the message on another event' };
}

function checkArgs({ args }: Message, stage: RuleList['ruleset'], at: At): readonly Problem[] {
  return Object.entries(args).flatMap(([arg, sample]) =>
    checkStage(sample, stage, [...at, 'args', Array.isArray(args) ? Number(arg) : arg]).map(told),
  );
}

function checkBackend({ 'use-backend': name }: Agent, at: At, { frontends, backends }: Context['document']): readonly Problem[] {
  const own = Object.hasOwn(backends, name) ? backends[name] : undefined;
  if (own === undefined) return [];
  const [user] = Object.entries(frontends).find(
    ([, { mode, default_backend: last, use_backend: routes }]) =>
      mode === 'http' && [last, ...routes.flatMap(({ backend }) => namedBackends(backend))].includes(name),
  ) ?? [null];
  if (own['filter spoe'].length > 0)
    return [
      problem(at, `backend ${quote(name)} asks agents itself`, 'the traffic to an agent is told to nobody: remove filter spoe there'),
    ];
  if (own.mode === 'http') return [problem(at, `an agent needs the mode tcp, backend ${quote(name)} has http`, 'leave out its mode')];
  return user === null
    ? []
    : [problem(at, `frontend ${quote(user)} uses backend ${quote(name)} for http`, 'an agent has a backend of its own, with the mode tcp')];
}

function checkFilter({ messages }: Agent, isTcp: boolean, at: At): readonly Problem[] {
  return Object.entries(messages).flatMap(([name, { event }]): readonly Problem[] => {
    if (event === undefined) return [];
    if (at[0] === 'backends' && (event === 'on-client-session' || event.startsWith('on-frontend-')))
      return [
        problem(at, `message ${quote(name)} has the event ${event}, which a backend does not have`, 'write the filter in a frontend'),
      ];
    return isTcp && event.includes('http')
      ? [
          warning(
            at,
            `message ${quote(name)} is never sent here: ${event} needs the mode http`,
            `this ${at[0] === 'backends' ? 'backend' : 'frontend'} passes on TCP`,
          ),
        ]
      : [];
  });
}

function checkRule({ 'send-spoe-group': said }: Rule, { ruleset }: RuleList, at: At, document: Context['document']): readonly Problem[] {
  if (said === undefined) return [];
  const { engine, group } = said;
  const place = [...at, 'send-spoe-group'];
  const agents = document['spoe-agents'];
  const agent = Object.hasOwn(agents, engine) ? agents[engine] : undefined;
  if (agent === undefined) return [];
  const [section, name] = at as readonly ['frontends' | 'backends', string];
  const asked = document[section][name]?.['filter spoe'] ?? [];
  if (!asked.includes(engine))
    return [
      problem(
        [...place, 'engine'],
        `this ${section.slice(0, -1)} does not ask ${quote(engine)}`,
        `write filter spoe: [${[...asked, engine].join(', ')}]`,
      ),
    ];
  const names = Object.hasOwn(agent.groups, group) ? agent.groups[group] : undefined;
  if (names === undefined)
    return [
      problem(
        [...place, 'group'],
        `agent ${quote(engine)} has no group ${quote(group)}`,
        suggestion(group, Object.keys(agent.groups)) ?? 'define it below its groups',
      ),
    ];
  return names.flatMap((sent) => {
    const message = Object.hasOwn(agent.messages, sent) ? agent.messages[sent] : undefined;
    return Object.values(message?.args ?? {}).flatMap((sample) =>
      checkStage(sample, ruleset, place).map((each) => ({ ...each, message: `message ${quote(sent)}: ${each.message}` })),
    );
  });
}
