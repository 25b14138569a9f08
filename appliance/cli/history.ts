import { sockets } from '../agent/sockets.ts';
import { answerMs, askAgent } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';

interface Generation {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly hash: string;
}

/** `weir history`: the confirmed documents of this machine, newest first. */
export const history: Command = {
  name: 'history',
  summary: 'list the documents that were confirmed here, newest first',
  options: [jsonOption],
  example: 'weir history',
  run: async (args, io) => {
    const answered = await askAgent(sockets.agent, 'GET', '/history', null, { timeoutMs: answerMs });
    if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
    const { confirmed, generations } = answered.lines[0] as {
      readonly confirmed: string | null;
      readonly generations: readonly Generation[];
    };
    answer(args, io, { confirmed, generations }, () => {
      if (generations.length === 0) return 'No document was confirmed yet.\n';
      return generations
        .map(({ id, at, by, hash }) => `${id === confirmed ? '*' : ' '} ${id.padEnd(20)} ${at}  ${hash.slice(0, 12)}  ${by}\n`)
        .join('');
    });
    return exitCode.done;
  },
};
