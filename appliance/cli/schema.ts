import type { Command } from './command.ts';
import { exitCode } from './io.ts';

/** `weir schema`: the JSON Schema of the document, for editors. */
export const schema: Command = {
  name: 'schema',
  summary: "print the document's JSON Schema, with which an editor completes and checks it",
  options: [{ flags: '--json', description: 'the same: a schema is JSON' }],
  example: 'weir schema > weir.schema.json   # then, first line of config.yaml: # yaml-language-server: $schema=weir.schema.json',
  run: async (_args, io) => {
    const { jsonSchema } = await import('../config/schema.ts');
    io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    return exitCode.done;
  },
};
