import { sockets } from '../../agent/sockets.ts';
import { askAgent, planMs } from '../agent-client.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';

interface Answer {
  readonly values?: number;
  readonly left?: readonly string[];
  readonly message?: string;
}

/** `weir tune reset`: the kernel and the NICs hold again what they held first in this boot. */
export async function tuneReset(args: Arguments, io: Io): Promise<ExitCode> {
  const answered = await askAgent(sockets.agent, 'POST', '/tune/reset', { by: io.user }, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { values = 0, left = [], message } = (answered.lines[0] ?? {}) as Answer;
  if (answered.status !== 200) return refuseWith(args, io, message ?? `the agent answered ${answered.status}`);
  answer(args, io, { values, left }, () =>
    [
      `${values} values of the kernel and of network cards are what they were before weir set them.`,
      ...left.map((one) => `not so: ${one}`),
      'They stay so until the next weir apply, or until this machine starts anew.',
      '',
    ].join('\n'),
  );
  return left.length > 0 ? exitCode.failed : exitCode.done;
}
