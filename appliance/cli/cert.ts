import { refuseWith } from './answer.ts';
import { listCertificates } from './cert/list.ts';
import type { Arguments, Command } from './command.ts';
import { jsonOption } from './command.ts';
import type { ExitCode, Io } from './io.ts';

/** What `weir cert` does, by its verb. */
const verbs: Readonly<Record<string, (args: Arguments, io: Io) => Promise<ExitCode> | ExitCode>> = {
  list: listCertificates,
};

/** `weir cert`: the certificates of this machine. */
export const cert: Command = {
  name: 'cert',
  argument: { name: '<what...>', description: 'list' },
  summary: 'list the certificates that are served, with what they are for and when they end',
  options: [jsonOption],
  example: 'weir cert list',
  run: async (args, io) => {
    const [verb = '', ...positional] = args.positional;
    const run = verbs[verb];
    if (run === undefined) return refuseWith(args, io, `there is no "weir cert ${verb}"`, `say one of: ${Object.keys(verbs).join(', ')}`);
    return run({ ...args, positional }, io);
  },
};
