import type { Resolvers } from '../../../proxy/model.ts';
import { parseAddress, parseEndpoint } from '../schema/address.ts';
import type { Document } from '../schema.ts';

type ResolversInput = Document['resolvers'][string];

/** The port of name servers (RFC 1035, 4.2). */
const DNS = 53;

/** After an answer that says nothing of a server, its last address stands for so long: name servers that fail take no server out. */
const FAILING = { refused: '1d', timeout: '1d', other: '1d' } as const;

/** A section of name servers in long form. */
export function translateResolvers(name: string, input: ResolversInput): Resolvers {
  const { nameservers, accepted_payload_size, resolve_retries, hold, timeout } = input;
  const held = Object.entries({ ...FAILING, ...hold }).flatMap(([answer, time]) =>
    time === undefined ? [] : [[`hold ${answer}`, time] as const],
  );
  const waited = Object.entries(timeout).flatMap(([event, time]) => (time === undefined ? [] : [[`timeout ${event}`, time] as const]));
  return {
    name,
    nameservers: Object.entries(nameservers).map(([server, given]) => {
      const { address, protocol } = typeof given === 'string' ? { address: given, protocol: 'udp' as const } : given;
      const endpoint = parseEndpoint(address);
      const at = typeof endpoint === 'string' ? { host: parseAddress(address)?.text ?? address, port: DNS } : endpoint;
      return { name: server, protocol, address: at.host, port: at.port };
    }),
    settings: [
      ['accepted_payload_size', accepted_payload_size],
      ...(resolve_retries === undefined ? [] : [['resolve_retries', resolve_retries] as const]),
      ...held,
      ...waited,
    ],
  };
}
