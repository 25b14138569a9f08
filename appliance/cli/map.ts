import type { MapEntry } from '../../proxy/haproxy/map.ts';
import { sockets } from '../agent/sockets.ts';
import { answer, refuseWith } from './answer.ts';
import { columns, harmless } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode } from './io.ts';
import { askChange, wordsOf } from './runtime.ts';
import { tell } from './told.ts';

/** How many values a verb takes behind the map's name: at least, at most. */
const verbs = { show: [0, 0], set: [2, 2], del: [1, 1] } as const;
const examples = {
  show: 'weir map show blocked',
  set: 'weir map set blocked 192.0.2.66 abuse',
  del: 'weir map del blocked 192.0.2.66',
} as const;

/** `weir map`: the entries of a map, and their change while HAProxy serves. */
export const map: Command = {
  name: 'map',
  argument: { name: '<what...>', description: 'show MAP; set MAP KEY VALUE; del MAP KEY' },
  summary: 'show or change what a map holds while it is used; an apply and a reload keep that, a reboot ends it',
  options: [jsonOption],
  example: Object.values(examples).join('\n'),
  run: async (args, io) => {
    const [verb = '', name, ...rest] = args.positional;
    if (!Object.hasOwn(verbs, verb))
      return refuseWith(args, io, `there is no "weir map ${harmless(verb)}"`, `there is: ${Object.keys(verbs).join(', ')}`);
    const known = verb as keyof typeof verbs;
    const [least, most] = verbs[known];
    if (name === undefined || rest.length < least || rest.length > most)
      return refuseWith(args, io, `${verb} takes other words`, `say ${examples[known]}`);
    const [key = '', value = null] = rest;
    if (known !== 'show') return askChange(args, io, '/map', { map: name, key, value, by: io.user }, (changed) => changed.map(wordsOf));
    const told = await tell<{ readonly entries: readonly MapEntry[] }>(args, io, sockets.agent, '/map/show', { map: name });
    if (told.kind === 'refused') return told.code;
    const { entries } = told.body;
    answer(args, io, { entries }, () =>
      entries.length === 0
        ? 'There is nothing in this map.\n'
        : columns(
            ['key', 'value'],
            entries.map((one) => [harmless(one.key), harmless(one.value)]),
            new Set([0, 1]),
          ),
    );
    return exitCode.done;
  },
};
