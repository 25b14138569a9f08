import { z } from 'zod';
import { quote } from '../problem.ts';
import { endpoint, parseEndpoint } from './address.ts';
import { advise, fileName, name, reference } from './scalar.ts';
import { tableOfPeers } from './tables.ts';

const address = () =>
  endpoint().refine(
    (value) => {
      const parsed = parseEndpoint(value);
      return typeof parsed !== 'string' && parsed.address !== null;
    },
    { error: ({ input }) => advise(`${quote(String(input))} is not an address`, 'peers are found by addresses: write 10.0.0.2:10000') },
  );

/** HAProxies that tell each other of their stick tables, by name (configuration manual, 3.5 "Peers"). */
export const peers = z
  .record(
    name(),
    z.strictObject({
      servers: z
        .record(name(), address())
        .describe('Every one of them, this node too, by the name that it gives itself (localpeer, of a node its own): where it listens.'),
      ssl: z
        .strictObject({
          crt: reference('certificates').describe('The certificate that this node shows, with its key.'),
          'ca-file': fileName('certificates').describe('The CA that must have signed the certificates of all others.'),
        })
        .optional()
        .describe('They speak TLS, and each shows a certificate; in the clear unless given.'),
      table: z
        .record(name(), tableOfPeers)
        .default({})
        .describe('Stick tables that this section declares itself, as the others do: rules name them PEERS/NAME.'),
    }),
  )
  .default({})
  .describe('HAProxies that tell each other of their stick tables, by name, for peers: in stick-tables.');
