import { z } from 'zod';
import { parseAddress, parseListen } from './address.ts';
import { target } from './logging.ts';
import { advise, checkedText, duration, integer, linkName, name, reference } from './scalar.ts';

const listen = checkedText('an address with a port', (value) => {
  // A bare address goes with the key `port`.
  if (value === '*' || parseAddress(value) !== null) return null;
  const parsed = parseListen(value);
  return typeof parsed === 'string' ? parsed : null;
});

/** Where log lines come in. */
const logBind = z
  .strictObject({
    vip: reference('vips').optional().describe('Listens on each address of this VIP.'),
    address: listen.optional().describe('Listens on this address and port: "*:514", "[::]:514", "10.0.0.1:514".'),
    port: integer(1, 65535).optional().describe('The port, with vip.'),
    interface: linkName().optional().describe('Takes only what comes in by this link of the node.'),
  })
  .check((context) => {
    const { vip, address, port } = context.value;
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    if (context.issues.length > 0) return;
    const bare = address !== undefined && (address === '*' || parseAddress(address) !== null);
    if ((vip === undefined) === (address === undefined))
      add(advise('a bind has a vip or an address', 'write vip: and port:, or address: "*:514"'));
    else if ((vip !== undefined || bare) && port === undefined) add(advise('the bind has no port', 'write port: 514'));
    else if (address !== undefined && !bare && port !== undefined) add('the port stands in the address already', ['port']);
  });

/** Log lines of other machines, which are sent on (configuration manual, 3.10). */
export const logForwards = z
  .record(
    name(),
    z
      .strictObject({
        bind: z.array(logBind).default([]).describe('Where lines come in by TCP, with their length before them or with line breaks.'),
        'dgram-bind': z.array(logBind).default([]).describe('Where lines come in by UDP.'),
        log: z
          .array(target)
          .min(1, 'name a target')
          .describe('Where lines go: syslog servers by UDP, rings by TCP; each gets every line unless sample says otherwise.'),
        maxconn: integer(1, 1_000_000).optional().describe('Connections at a time; 10 unless given.'),
        backlog: integer(1, 1_000_000).optional().describe('Connections that may wait in the kernel to be taken up.'),
        timeout: z
          .strictObject({ client: duration().default('1h').describe('How long a sender by TCP may be silent.') })
          .prefault({})
          .describe('How long is waited.'),
      })
      .check((context) => {
        const { bind, 'dgram-bind': datagrams } = context.value;
        if (context.issues.length > 0 || bind.length + datagrams.length > 0) return;
        context.issues.push({
          code: 'custom',
          message: advise('lines come in nowhere', 'write bind: or dgram-bind:'),
          input: context.value,
        });
      }),
  )
  .default({})
  .describe('Logs of other machines that are taken in and sent on, by name.');
