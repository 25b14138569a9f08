import { suggestion } from '../config/nearest.ts';
import { refuseWith } from './answer.ts';
import { harmless } from './columns.ts';
import { type Arguments, type Command, configOption, jsonOption } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { tuneExplain } from './tune/explain.ts';
import { tuneMap } from './tune/map.ts';
import { tunePlan } from './tune/plan.ts';
import { tuneReset } from './tune/reset.ts';
import { tuneVerify } from './tune/verify.ts';

/** A verb of `weir tune`, and the options that it takes beside `--json`. */
interface Verb {
  readonly run: (args: Arguments, io: Io) => Promise<ExitCode>;
  readonly takes: readonly string[];
}

const subject = ['capture', 'hardware', 'config', 'node', 'profile'];

const verbs: Readonly<Record<string, Verb>> = {
  plan: { run: tunePlan, takes: [...subject, 'as'] },
  explain: { run: tuneExplain, takes: subject },
  map: { run: tuneMap, takes: [...subject, 'ascii'] },
  verify: { run: tuneVerify, takes: ['config', 'node', 'profile', 'traffic'] },
  reset: { run: tuneReset, takes: [] },
};

/** `weir tune`: what the kernel and the NICs are set to, why, and whether that holds. */
export const tune: Command = {
  name: 'tune',
  argument: {
    name: '<what...>',
    description:
      'plan: every value; explain [KNOB]: why; map: queues, interrupts and CPUs; verify: whether it holds; reset: give back what was there before',
    words: Object.keys(verbs),
  },
  summary: 'show what the kernel and the network cards are tuned to, and why',
  options: [
    configOption,
    { flags: '--node <name>', description: 'which node of the document (default: its only one)' },
    { flags: '--profile <name>', description: 'another profile than the document has: balanced, throughput, latency, many-connections' },
    { flags: '--capture <dir>', description: 'another machine, as `weir probe --capture` wrote it' },
    { flags: '--hardware <file>', description: 'another machine, as `weir probe --json` printed it' },
    { flags: '--as <form>', description: 'plan: `shell` prints commands that a person could run' },
    { flags: '--traffic <time>', description: 'verify: count for so long, such as 5s, what comes where and what is lost' },
    { flags: '--ascii', description: 'map: draw with plain letters' },
    jsonOption,
  ],
  example:
    'weir tune plan\nweir tune map\nweir tune verify --traffic 5s\nweir tune explain somaxconn\nweir tune plan --capture ./lb7 --as shell',
  run: async (args, io) => {
    const [word = ''] = args.positional;
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
    if (verb === undefined)
      return refuseWith(
        args,
        io,
        `there is no "weir tune ${harmless(word)}"`,
        suggestion(word, Object.keys(verbs)) ?? `there is: ${Object.keys(verbs).join(', ')}`,
      );
    const foreign = Object.keys(args.options).find((option) => option !== 'json' && !verb.takes.includes(option));
    if (foreign !== undefined) return refuseWith(args, io, `weir tune ${word} takes no --${foreign}`, 'see weir tune --help');
    return verb.run(args, io);
  },
};
