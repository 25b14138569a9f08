import { answer, problemForScripts, refuse, warn } from './answer.ts';
import { type Command, configOption, jsonOption } from './command.ts';
import { readDocument, shownName } from './document.ts';
import { exitCode } from './io.ts';

/** `weir validate [file]`: is the document right? Runs anywhere, without root. */
export const validate: Command = {
  name: 'validate',
  argument: { name: '[file]', description: 'the document, - for standard input (default: config.yaml)' },
  summary: 'check a document, naming every mistake with its place',
  options: [configOption, jsonOption],
  example: 'weir validate config.yaml',
  run: async (args, io) => {
    const document = await readDocument(args, io);
    if ('refused' in document) return document.refused;
    if (document.config === null) return refuse(args, io, document.problems);
    const [{ readSource }, { refusedKnobs }] = await Promise.all([import('../config/source.ts'), import('../state/desired.ts')]);
    const refused = refusedKnobs(document.config);
    if (refused.length > 0) return refuse(args, io, refused.map(readSource(document.source, shownName(document.file)).locate));
    warn(args, io, document.problems);
    const nodes = Object.keys(document.config.nodes);
    const { frontends, backends } = document.config.proxy;
    answer(
      args,
      io,
      { valid: true, nodes, frontends: frontends.length, backends: backends.length, problems: document.problems.map(problemForScripts) },
      () =>
        `${shownName(document.file)}: valid (nodes: ${nodes.join(', ')}; ${frontends.length} ${frontends.length === 1 ? 'frontend' : 'frontends'}, ${backends.length} ${backends.length === 1 ? 'backend' : 'backends'})\n`,
    );
    return exitCode.done;
  },
};
