import type { SpoeAgent, SpoeMessage } from '../model/spoe-agent.ts';
import type { DataPlane } from '../model.ts';
import { type AclScope, aclScope } from './acl-scope.ts';
import { alternatives } from './condition.ts';
import { type Line, placed } from './line.ts';
import { targetLine } from './logging.ts';
import { optionLines } from './option.ts';
import { line, name } from './quote.ts';
import { settingLines } from './words.ts';

/** Where the configuration of an agent lies on the appliance: HAProxy reads it from a file of its own. */
export function spoePath(agent: string, runDir: string): string {
  return `${runDir}/spoe/${name(agent)}.conf`;
}

/** The filters that send to agents. */
export function spoeLines(agents: readonly string[], runDir: string): readonly Line[] {
  return agents.flatMap((agent, index) =>
    placed(['filter spoe', index], [line('filter', 'spoe', 'engine', name(agent), 'config', spoePath(agent, runDir))]),
  );
}

/** The file of an agent, but for its first line: a scope that has the agent's name, its messages and groups (SPOE.txt, 2.1 to 2.4). */
export function spoeFile(agent: SpoeAgent, plane: DataPlane): readonly Line[] {
  const { name: called, messages, groups } = agent;
  return placed(
    ['spoe-agents', called],
    [
      `[${name(called)}]`,
      '',
      ...agentSection(agent),
      ...messages.flatMap((message) => ['', ...messageSection(message, plane)]),
      ...Object.entries(groups).flatMap(([group, sent]) =>
        placed(['groups', group], ['', `spoe-group ${name(group)}`, ...sent.map((message) => line('messages', name(message)))]),
      ),
    ],
  );
}

function agentSection({ name: called, backend, messages, groups, timeouts, settings, options, variables, targets }: SpoeAgent) {
  return [
    `spoe-agent ${name(called)}`,
    line('log', 'global'),
    ...targets.flatMap((target, index) => placed(['log', index], [targetLine('log', target)])),
    ...placed(['use-backend'], [line('use-backend', name(backend))]),
    ...messages.flatMap(({ name: message, event }) =>
      event === null ? [] : placed(['messages', message], [line('messages', name(message))]),
    ),
    ...Object.keys(groups).flatMap((group) => placed(['groups', group], [line('groups', name(group))])),
    ...Object.entries(timeouts).flatMap(([event, value]) => placed(['timeout', event], [line('timeout', event, value)])),
    ...settingLines(settings),
    ...optionLines(options),
    ...variables.flatMap((variable, index) => placed(['register-var-names', index], [line('register-var-names', variable)])),
  ];
}

function messageSection({ name: called, args, event, condition }: SpoeMessage, plane: DataPlane): readonly Line[] {
  const scope = aclScope();
  const sent = event === null ? [] : placed(['event'], [eventLine(event, scope.clauses(alternatives(condition, plane)))]);
  return placed(
    ['messages', called],
    [
      `spoe-message ${name(called)}`,
      ...scope.lines(),
      // what stands before a first `=` would be taken for its name
      ...args.flatMap((arg, index) =>
        placed(['args', arg.name ?? index], [line('args', arg.name === null ? `=${arg.sample}` : `${arg.name}=${arg.sample}`)]),
      ),
      ...sent,
    ],
  );
}

/** One line, as only the last event of a message counts. Throws on a condition that does not fit, which the document's checks refuse. */
function eventLine(event: string, [clause, ...more]: ReturnType<AclScope['clauses']>): string {
  if (clause === undefined || more.length > 0) throw new Error(`the condition of the event ${event} does not fit into one line`);
  return `${line('event', event)} ${clause}`.trimEnd();
}
