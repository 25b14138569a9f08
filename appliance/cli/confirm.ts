import { sockets } from '../agent/sockets.ts';
import { answerMs, askAgent } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';

/** `weir confirm`: keep the change that waits, from a connection that was made after it. */
export const confirm: Command = {
  name: 'confirm',
  summary: 'keep the change that waits to be confirmed',
  options: [jsonOption],
  example: 'ssh lb1 weir confirm',
  run: async (args, io) => {
    const answered = await askAgent(sockets.agent, 'POST', '/confirm', { connection: io.connection }, { timeoutMs: answerMs });
    if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
    const { message } = (answered.lines[0] ?? {}) as { readonly message?: string };
    if (answered.status !== 200) return refuseWith(args, io, message ?? `the agent answered ${answered.status}`);
    answer(args, io, { confirmed: true }, () => 'confirmed\n');
    return exitCode.done;
  },
};
