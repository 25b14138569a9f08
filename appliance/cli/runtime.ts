import { sockets } from '../agent/sockets.ts';
import { nameOf, type RuntimeChange } from '../state/runtime.ts';
import { answerMs, askAgent, planMs } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { change, changeOptions } from './change.ts';
import { harmless, shortTime } from './columns.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';

/** What the agent says of a change of what runs. */
interface Answer {
  readonly changes?: readonly RuntimeChange[];
  /** Those that were made or forgotten. */
  readonly changed?: readonly RuntimeChange[];
  readonly notes?: readonly string[];
  readonly reasons?: readonly string[];
  readonly hint?: string;
  readonly message?: string;
}

/** `weir runtime`: what of HAProxy is otherwise than the document says. */
export const runtime: Command = {
  name: 'runtime',
  argument: {
    name: '[what...]',
    description: 'nothing: list it; or `keep` or `forget`, and a BACKEND/SERVER, a MAP, or nothing for all',
  },
  summary: 'show what was changed while it runs, beside the document; write it into the document, or bring back what that says',
  options: [...changeOptions, jsonOption],
  example: 'weir runtime\nweir runtime keep shop/app1\nweir runtime forget',
  run: async (args, io) => {
    const [verb, what = null, ...rest] = args.positional;
    const { confirm, yes } = args.options;
    if (verb !== 'keep' && (confirm ?? yes) !== undefined)
      return refuseWith(args, io, 'only keep is a change that can be confirmed', 'weir runtime keep --confirm 2m');
    if (verb === undefined) return list(args, io);
    if (verb !== 'keep' && verb !== 'forget')
      return refuseWith(args, io, `there is no "weir runtime ${harmless(verb)}"`, 'there is: keep, forget; without a word it lists');
    if (rest.length > 0) return refuseWith(args, io, `${verb} takes one thing, or nothing for all`, `weir runtime ${verb} shop/app1`);
    if (verb === 'keep') return keep(args, io, what);
    return askChange(args, io, '/runtime/forget', { what, by: io.user }, (changed) =>
      changed.length === 0 ? ['Nothing is otherwise than the document says.'] : changed.map((one) => `forgotten: ${wordsOf(one)}`),
    );
  },
};

async function keep(args: Arguments, io: Io, what: string | null): Promise<ExitCode> {
  const code = await change(args, io, '/runtime/keep', { what });
  if (code === exitCode.done && args.options.json !== true)
    io.stderr('The document is another now: take it over where you keep yours, from /data/weir/confirmed/config.yaml\n');
  return code;
}

/** Asks the agent for a change of what runs, and tells how it ended. */
export async function askChange(
  args: Arguments,
  io: Io,
  path: string,
  request: object,
  text: (changed: readonly RuntimeChange[]) => readonly string[],
): Promise<ExitCode> {
  const tooLong = setTimeout(
    () => io.stderr(`waiting for HAProxy, which reloads or has just done so (at most ${planMs / 1000} s)\n`),
    1000,
  );
  const answered = await askAgent(sockets.agent, 'POST', path, request, { timeoutMs: planMs });
  clearTimeout(tooLong);
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const said = (answered.lines[0] ?? {}) as Answer;
  if (answered.status === 200) {
    const { changed = [], changes = [], notes = [] } = said;
    answer(args, io, { changed, changes, notes }, () => [...text(changed), ...notes, ''].join('\n'));
    return exitCode.done;
  }
  refuseWith(args, io, said.reasons?.join('\n      ') ?? said.message ?? `the agent answered ${answered.status}`, said.hint);
  return answered.status >= 500 ? exitCode.failed : exitCode.refused;
}

async function list(args: Arguments, io: Io): Promise<ExitCode> {
  const answered = await askAgent(sockets.agent, 'GET', '/runtime', null, { timeoutMs: answerMs });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { changes = [], message } = (answered.lines[0] ?? {}) as Answer;
  if (answered.status !== 200) return refuseWith(args, io, message ?? `the agent answered ${answered.status}`);
  answer(args, io, { changes }, () =>
    changes.length === 0
      ? 'Nothing is otherwise than the document says.\n'
      : `${changes.map((change) => changeText(change, io.host.now())).join('\n')}\n`,
  );
  return exitCode.done;
}

/** A change in a line: what is how, what the document says, since when, and by whom. */
export function changeText(change: RuntimeChange, now: number): string {
  const age = shortTime(Math.max(0, (now - Date.parse(change.since)) / 1000));
  return `${wordsOf(change)}, since ${change.since} (${age}) by ${change.by}`;
}

/** What a change is of, and what it is otherwise. */
export function wordsOf(change: RuntimeChange): string {
  if (change.kind === 'map') {
    const is = change.value === null ? 'is not there' : `is ${harmless(change.value)}`;
    return `map ${harmless(nameOf(change))} ${is}`;
  }
  const { what, value, document } = change;
  return `server ${nameOf(change)}: ${what} ${value}, ${value === document ? 'as in the document' : `in the document ${document}`}`;
}
