import { refuseWith } from './answer.ts';
import { harmless } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { askChange, wordsOf } from './runtime.ts';

const verbs = ['drain', 'maint', 'ready', 'weight'] as const;

/** `weir server`: a server's state or weight while HAProxy serves, without a reload. */
export const server: Command = {
  name: 'server',
  argument: {
    name: '<what...>',
    description: 'drain, maint or ready, and BACKEND/SERVER; or weight, BACKEND/SERVER, and 0 to 256',
  },
  summary: 'change a server while it serves: its state or weight; an apply and a reload keep that, a reboot ends it',
  options: [{ flags: '--yes', description: 'take out the last server that is up' }, jsonOption],
  example:
    'weir server drain shop/app1      no new clients but those that a cookie or a table keeps there\nweir server maint shop/app1      no clients, no checks\nweir server ready shop/app1\nweir server weight shop/app1 50',
  run: async (args, io) => {
    const [verb = '', name = '', value, ...rest] = args.positional;
    if (!verbs.some((one) => one === verb))
      return refuseWith(args, io, `there is no "weir server ${harmless(verb)}"`, `there is: ${verbs.join(', ')}`);
    const hint = `say weir server ${verb} shop/app1${verb === 'weight' ? ' 50' : ''}`;
    const [backend = '', called = '', ...more] = name.split('/');
    if (backend === '' || called === '' || more.length > 0)
      return refuseWith(args, io, name === '' ? 'which server?' : `"${harmless(name)}" is not BACKEND/SERVER`, hint);
    const takesValue = verb === 'weight';
    if (rest.length > 0 || takesValue !== (value !== undefined))
      return refuseWith(args, io, takesValue ? `${verb} takes one value` : `${verb} takes no value`, hint);
    const weight = /^\d{1,3}$/.test(value ?? '') ? Number(value) : 257;
    if (takesValue && weight > 256) return refuseWith(args, io, `"${harmless(value ?? '')}" is not a weight from 0 to 256`, hint);
    const wish = takesValue ? { weight } : { state: verb };
    const request = { backend, server: called, ...wish, by: io.user, yes: args.options.yes === true };
    return askChange(args, io, '/server', request, (changed) => changed.map(wordsOf));
  },
};
