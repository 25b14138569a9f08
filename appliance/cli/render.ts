import { resolve } from 'node:path';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { formatCapacity } from '../state/capacity.ts';
import { type Held, textFile } from '../state/host-state.ts';
import { answer, problemForScripts, refuse, refuseWith, warn } from './answer.ts';
import { type Command, configOption, jsonOption } from './command.ts';
import { readDocument, shownName } from './document.ts';
import { exitCode } from './io.ts';

/** Files that are written at once. */
const atOnce = 16;

/** `weir render`: every file the appliance would own, below a folder. Same input, same bytes; neither root nor the machine needed. */
export const render: Command = {
  name: 'render',
  summary: 'write every file the appliance would own below a folder',
  options: [
    configOption,
    { flags: '--node <name>', description: 'which node of the document (default: its only one)' },
    {
      flags: '--hardware <file>',
      description: 'the machine, as `weir probe --json` prints it; without it, what depends on it is left out and listed',
    },
    { flags: '--out <dir>', description: 'the folder to write below', required: true },
    jsonOption,
  ],
  example: 'weir render --config config.yaml --node lb1 --out out && haproxy -c -f out/run/weir/haproxy.cfg',
  run: async (args, io) => {
    const out = String(args.options.out).replace(/\/+$/, '');
    if (out === '' || isRoot(out))
      return refuseWith(args, io, 'the folder to write below would be / of this machine', 'name a folder of its own, such as --out out');
    // Loaded when it is run: the other commands, and above all the agent, do without the schema and the renderers.
    const [{ readSource }, { desiredState }, { readHardware }] = await Promise.all([
      import('../config/source.ts'),
      import('../state/desired.ts'),
      import('./hardware.ts'),
    ]);
    const document = await readDocument({ ...args, positional: [] }, io);
    if ('refused' in document) return document.refused;
    const { config, problems, files } = document;
    if (config === null) return refuse(args, io, problems);
    const node = nodeOf(Object.keys(config.nodes), args.options.node);
    if ('message' in node) return refuseWith(args, io, node.message, node.hint);
    const hardware = typeof args.options.hardware === 'string' ? await readHardware(args.options.hardware, io) : null;
    if (hardware !== null && 'message' in hardware) return refuseWith(args, io, hardware.message, hardware.hint);

    const { state, knobs, capacity, omitted, problems: found } = desiredState(config, node.name, hardware, files);
    const ofMachine = found.length === 0 ? [] : found.map(readSource(document.source, shownName(document.file)).locate);
    if (ofMachine.some(({ severity }) => severity !== 'warning')) return refuse(args, io, ofMachine);
    const warnings = [...problems, ...ofMachine];
    warn(args, io, warnings);
    const written = [...state].filter(
      (entry): entry is [string, Held] => entry[1] !== null && !entry[0].startsWith('/proc/') && !entry[0].startsWith('/sys/'),
    );
    try {
      for (let first = 0; first < written.length; first += atOnce) {
        const group = written.slice(first, first + atOnce).map(([path, held]) => io.host.writeBelow(out, path, held));
        // the first of them in order, so that the same mistake is told in the same words
        for (const each of await Promise.allSettled(group)) if (each.status === 'rejected') throw each.reason;
      }
      await io.host.writeBelow(out, '/knobs.json', textFile(`${JSON.stringify(knobs, null, 2)}\n`));
    } catch (error) {
      if (errno(error) === null) throw error;
      return refuseWith(args, io, `cannot write below ${out}: ${causeOf(error, out)}`, 'name a folder that you may write to');
    }
    answer(
      args,
      io,
      {
        node: node.name,
        out,
        files: written.map(([path]) => path),
        knobs: knobs.length,
        capacity,
        omitted,
        problems: warnings.map(problemForScripts),
      },
      () =>
        [
          `${written.length} files and ${knobs.length} kernel values for ${node.name}, below ${out}`,
          ...omitted.map((what) => `left out: ${what}`),
          formatCapacity(capacity),
        ].join('\n'),
    );
    return exitCode.done;
  },
};

/** The node that is meant: the named one, else the only one of the document. */
export function nodeOf(
  nodes: readonly string[],
  named: string | true | undefined,
): { readonly name: string } | { readonly message: string; readonly hint: string } {
  if (typeof named === 'string') {
    return nodes.includes(named)
      ? { name: named }
      : { message: `the document has no node "${named}"`, hint: `its nodes: ${nodes.join(', ')}` };
  }
  const [only, ...others] = nodes;
  if (only !== undefined && others.length === 0) return { name: only };
  return { message: 'the document has several nodes', hint: `say which: --node ${nodes.join(' or --node ')}` };
}

/** Whether a folder is `/`; below a current folder that is gone, nothing is. */
function isRoot(folder: string): boolean {
  try {
    return resolve(folder) === '/';
  } catch {
    return false;
  }
}
