import { sockets } from '../agent/sockets.ts';
import type { Status } from '../agent/status.ts';
import { answerMs, askAgent } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { blockText } from './block.ts';
import { type Command, jsonOption } from './command.ts';
import { type ExitCode, exitCode } from './io.ts';
import { changeText } from './runtime.ts';

/** Exit codes of the plugins of Nagios and its kin (Monitoring Plugins Development Guidelines, "Plugin Return Codes"). */
const monitoring = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

/** `weir status`: how this machine is. */
export const status: Command = {
  name: 'status',
  summary: 'say how this machine is',
  options: [{ flags: '--check', description: "one line and monitoring's exit codes: 0 ok, 1 warning, 2 critical, 3 unknown" }, jsonOption],
  example: 'weir status --check',
  run: async (args, io) => {
    const answered = await askAgent(sockets.status, 'GET', '/status', null, { timeoutMs: answerMs });
    if (answered.kind === 'unreachable' || answered.status !== 200) {
      const { message, hint } = answered.kind === 'unreachable' ? answered : { message: `the agent answered ${answered.status}`, hint: '' };
      if (args.options.check && !args.options.json) io.stdout(`WEIR UNKNOWN - ${message}\n`);
      else refuseWith(args, io, message, hint);
      return args.options.check ? monitoring.unknown : exitCode.refused;
    }
    const found = answered.lines[0] as Status;
    if (args.options.check && !args.options.json) io.stdout(`${checkLine(found)}\n`);
    else answer(args, io, found, () => statusText(found));
    return args.options.check ? severity(found) : exitCode.done;
  },
};

/** Critical: traffic may not be served as confirmed, or clients refuse its certificate. Warning: it is, but a person should look. */
export function severity({ state, haproxy, keepalived, warnings, expiring, generation }: Status): ExitCode {
  if (state === 'failed' || (generation !== null && haproxy === null) || keepalived?.isRunning === false) return monitoring.critical;
  if (expiring.some(({ level }) => level === 'expired')) return monitoring.critical;
  return state === 'as confirmed' && warnings.length + expiring.length === 0 ? monitoring.ok : monitoring.warning;
}

/** HAProxy runs where a document is confirmed. */
function haproxyFacts({ generation, haproxy }: Status): readonly string[] {
  if (haproxy === null) return generation === null ? [] : ['HAProxy does not answer'];
  return [`${haproxy.connections} of ${haproxy.maxconn} connections`];
}

/** What is to be said about certificates: the first ones, for they may be thousands. */
function endings({ expiring }: Status): readonly string[] {
  const first = expiring.slice(0, 5).map(({ message }) => message);
  return expiring.length > first.length ? [...first, `${expiring.length - first.length} more certificates end soon`] : first;
}

/** One line as monitoring reads it: a word, the facts, and after a bar the numbers. */
export function checkLine(found: Status): string {
  const word = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'][severity(found)];
  const facts = [
    found.state,
    ...(found.generation === null ? [] : [`generation ${found.generation.id}`]),
    ...(found.drift.length === 0 ? [] : [`${found.drift.length} drifted`]),
    ...haproxyFacts(found),
    ...found.warnings,
    ...endings(found),
  ];
  const data = found.haproxy === null ? '' : ` | connections=${found.haproxy.connections};;;0;${found.haproxy.maxconn}`;
  return `WEIR ${word} - ${facts.join(', ').replaceAll('\n', ' ')}${data}`;
}

/** The status for people. */
export function statusText(found: Status): string {
  const { node, state, generation, activity, drift, warnings, verdicts, blocks, runtime, haproxy, keepalived, links, weir, at } = found;
  const words = {
    unconfigured: 'not configured: no document was confirmed yet',
    changing: 'changing',
    'as confirmed': 'as confirmed',
    drifted: 'DRIFTED from its confirmed document',
    failed: 'FAILED: the last change could not be taken back',
  } as const;
  const row = (name: string, text: string) => `${name.padEnd(12)} ${text}`;
  return [
    row('node', `${node ?? '(none yet)'}, weir ${weir}, seen ${at}`),
    row('state', words[state]),
    ...(generation === null
      ? []
      : [row('document', `${generation.id}, ${generation.hash.slice(0, 12)}, ${generation.at} by ${generation.by}`)]),
    ...(activity === null
      ? []
      : [
          row(
            'change',
            `${activity.what} by ${activity.by} since ${activity.since}${activity.confirmBefore === null ? '' : `, CONFIRM before ${activity.confirmBefore}`}`,
          ),
        ]),
    row(
      'haproxy',
      haproxy === null
        ? generation === null
          ? 'not started'
          : 'DOES NOT ANSWER'
        : `${haproxy.version}, up ${haproxy.uptimeSeconds} s, ${haproxy.connections} of ${haproxy.maxconn} connections${haproxy.oldWorkers === 0 ? '' : `, ${haproxy.oldWorkers} old workers still serve`}`,
    ),
    ...(keepalived === null ? [] : [row('keepalived', keepalived.isRunning ? 'running' : 'NOT RUNNING')]),
    ...links.map(({ name, isUp, mac, mtu, addresses }) => row(name, `${isUp ? 'up' : 'DOWN'}  ${mac}  mtu ${mtu}  ${addresses.join(' ')}`)),
    ...drift.map((path) => row('drift', path)),
    ...warnings.map((warning) => row('warning', warning)),
    ...endings(found).map((sentence) => row('certificate', sentence)),
    ...verdicts.map(({ path, wanted, kind }) => row('not taken', `${path} = ${wanted} (${kind})`)),
    ...blocks.slice(0, 10).map((block) => row('not in doc', `blocked ${blockText(block)}`)),
    ...runtime.slice(0, 10).map((change) => row('not in doc', changeText(change, Date.parse(at)))),
    ...(runtime.length > 10 ? [row('not in doc', `${runtime.length - 10} more are changed: weir runtime`)] : []),
    ...(blocks.length > 10 ? [row('not in doc', `${blocks.length - 10} more are blocked: weir block list`)] : []),
    '',
  ].join('\n');
}
