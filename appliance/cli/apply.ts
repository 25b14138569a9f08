import { change, changeOptions } from './change.ts';
import { type Command, jsonOption } from './command.ts';
import { readForAgent } from './document.ts';

/** `weir apply [file]`: make the machine what a document says. */
export const apply: Command = {
  name: 'apply',
  argument: { name: '[file]', description: 'the document, - for standard input; none: the confirmed one, which repairs drift' },
  summary: 'change this machine to a document, or leave it as it was',
  options: [...changeOptions, jsonOption],
  example: 'weir apply config.yaml --confirm 2m\nssh lb1 weir apply - < config.yaml',
  run: async (args, io) => {
    const document = await readForAgent(args, io);
    return 'refused' in document ? document.refused : change(args, io, '/apply', document.request, document.bytes);
  },
};
