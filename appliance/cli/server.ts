import { parseAddress, parseEndpoint } from '../config/schema/address.ts';
import { refuseWith } from './answer.ts';
import { harmless } from './columns.ts';
import { type Command, jsonOption } from './command.ts';
import { askChange, wordsOf } from './runtime.ts';

const verbs = ['drain', 'maint', 'ready', 'weight', 'address'] as const;

const examples: Readonly<Record<string, string>> = { weight: ' 50', address: ' 10.20.0.14:8080' };

/** `weir server`: a server's state, weight or address while HAProxy serves, without a reload. */
export const server: Command = {
  name: 'server',
  argument: {
    name: '<what...>',
    description: 'drain, maint or ready, and BACKEND/SERVER; or weight or address, BACKEND/SERVER, and 0 to 256 or ADDRESS[:PORT]',
  },
  summary: 'change a server while it serves: its state, weight or address; an apply and a reload keep that, a reboot ends it',
  options: [{ flags: '--yes', description: 'take out the last server that is up' }, jsonOption],
  example:
    'weir server drain shop/app1      no new clients but those that a cookie or a table keeps there\nweir server maint shop/app1      no clients, no checks\nweir server ready shop/app1\nweir server weight shop/app1 50\nweir server address shop/app1 10.20.0.14:8080',
  run: async (args, io) => {
    const [verb = '', name = '', value, ...rest] = args.positional;
    if (!verbs.some((one) => one === verb))
      return refuseWith(args, io, `there is no "weir server ${harmless(verb)}"`, `there is: ${verbs.join(', ')}`);
    const hint = `say weir server ${verb} shop/app1${examples[verb] ?? ''}`;
    const [backend = '', called = '', ...more] = name.split('/');
    if (backend === '' || called === '' || more.length > 0)
      return refuseWith(args, io, name === '' ? 'which server?' : `"${harmless(name)}" is not BACKEND/SERVER`, hint);
    const takesValue = verb === 'weight' || verb === 'address';
    if (rest.length > 0 || takesValue !== (value !== undefined))
      return refuseWith(args, io, takesValue ? `${verb} takes one value` : `${verb} takes no value`, hint);
    const wish = takesValue ? wishOf(verb, value ?? '') : { state: verb };
    if (wish === null) return refuseWith(args, io, `"${harmless(value ?? '')}" is not ${wanted[verb as keyof typeof wanted]}`, hint);
    const request = { backend, server: called, ...wish, by: io.user, yes: args.options.yes === true };
    return askChange(args, io, '/server', request, (changed) => changed.map(wordsOf));
  },
};

const wanted = { weight: 'a weight from 0 to 256', address: 'an address, or an address with a port' } as const;

/** What is asked; null: that is no such value. */
function wishOf(verb: keyof typeof wanted, value: string): object | null {
  if (verb === 'weight') return /^\d{1,3}$/.test(value) && Number(value) <= 256 ? { weight: Number(value) } : null;
  const alone = parseAddress(value.replace(/^\[(.*)\]$/, '$1'));
  if (alone !== null) return { address: { host: alone.text } };
  const endpoint = parseEndpoint(value);
  return typeof endpoint === 'string' || endpoint.address === null ? null : { address: { host: endpoint.host, port: endpoint.port } };
}
