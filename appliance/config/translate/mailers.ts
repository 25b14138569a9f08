import type { Mailers } from '../../../proxy/model/mailers.ts';
import { parseEndpoint } from '../schema/address.ts';
import type { Document } from '../schema.ts';

/** Mail servers in long form. */
export function translateMailers(name: string, { mailer, timeout }: Document['mailers'][string]): Mailers {
  const mailers = Object.entries(mailer).map(([server, given]) => {
    const endpoint = parseEndpoint(given);
    return {
      name: server,
      ...(typeof endpoint === 'string' ? { address: given, port: 0 } : { address: endpoint.host, port: endpoint.port }),
    };
  });
  return { name, mailers, timeout: timeout.mail ?? null };
}
