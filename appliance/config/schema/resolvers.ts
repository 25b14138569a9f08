import { z } from 'zod';
import { parseAddress, parseEndpoint } from './address.ts';
import { advise, checkedText, duration, integer, name } from './scalar.ts';

const server = checkedText('a name server', (value) => {
  if (parseAddress(value) !== null) return null;
  const endpoint = parseEndpoint(value);
  if (typeof endpoint === 'string') return endpoint.replace(' or name.example:8080', '').replaceAll(':8080', ':53');
  return endpoint.address === null ? advise('a name server needs an address', 'its name would need another to be found') : null;
});

const hold = (answer: string) => duration().optional().describe(`How long the last address stands after ${answer}.`);

/** Name servers by the name of the section. */
export const resolvers = z
  .record(
    name().refine((value) => value !== 'system', { error: () => 'system is the machine itself: choose another name' }),
    z.strictObject({
      nameservers: z
        .record(
          name(),
          z.union([
            server,
            z.strictObject({
              address: server.describe('An address, with a port if it is not 53.'),
              protocol: z.enum(['udp', 'tcp']).default('udp').describe('How it is asked.'),
            }),
          ]),
        )
        .refine((map) => Object.keys(map).length > 0, 'name a server')
        .describe('The name servers by name: an address, with a port if it is not 53, or a map; all are asked, the first answer counts.'),
      accepted_payload_size: integer(512, 65_535).default(8192).describe('The longest answer by UDP, in bytes.'),
      resolve_retries: integer(1, 100).optional().describe('How often a question is repeated; 3 unless given.'),
      hold: z
        .strictObject({
          valid: hold('an answer with one, before it is asked for again; 10s unless given'),
          nx: hold('the answer that there is no such name; 30s unless given'),
          refused: hold('a refusal; 1d unless given, so that a name server that fails takes no server out'),
          timeout: hold('silence; 1d unless given'),
          other: hold('an answer of another kind; 1d unless given'),
          obsolete: hold('an answer in which it is missing; 0 unless given'),
        })
        .default({})
        .describe('How long addresses stand.'),
      timeout: z
        .strictObject({
          resolve: duration().optional().describe('Time between two questions for a name that is known; 1s unless given.'),
          retry: duration().optional().describe('Time until a question is repeated; 1s unless given.'),
        })
        .default({})
        .describe('How long is waited.'),
    }),
  )
  .default({})
  .describe('Name servers that are asked for the addresses of servers at run time, by the name of the section.');
