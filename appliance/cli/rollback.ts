import { change, changeOptions } from './change.ts';
import { type Command, jsonOption } from './command.ts';

/** `weir rollback [id]`: back to an earlier document. */
export const rollback: Command = {
  name: 'rollback',
  argument: { name: '[id]', description: 'a generation of `weir history`; none: the one before, or out of the change that waits' },
  summary: 'go back to the document before, or to any that history has',
  options: [...changeOptions, jsonOption],
  example: 'weir rollback 12-lb1',
  run: (args, io) => change(args, io, '/rollback', { id: args.positional[0] ?? null }),
};
