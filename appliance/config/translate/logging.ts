import type { Logging, LogTarget, Ring } from '../../../proxy/model/logging.ts';
import { parseEndpoint } from '../schema/address.ts';
import type { Document } from '../schema.ts';

type Input = Document['frontends'][string];

/** What a frontend logs, in long form. */
export function translateLogging(input: Input): Logging {
  const [cookie] = Object.entries(input['capture cookie'] ?? {});
  const uniqueId = input['unique-id-format'];
  return {
    format: input['log-format'] ?? null,
    errorFormat: input['error-log-format'] ?? null,
    structuredData: input['log-format-sd'] ?? null,
    tag: input['log-tag'] ?? null,
    targets: input.log.map(translateTarget),
    captured: {
      requestHeaders: input['capture request header'],
      responseHeaders: input['capture response header'],
      declared: input['declare capture'],
      cookie: cookie === undefined ? null : { name: cookie[0], length: cookie[1] },
    },
    uniqueId: uniqueId === undefined ? null : { format: uniqueId, header: input['unique-id-header'] ?? null },
  };
}

/** Where log lines go, in long form. */
export function translateTarget({ address, ring, facility, level, minlevel, format, len, sample }: Input['log'][number]): LogTarget {
  return {
    to: ring === undefined ? { kind: 'udp', ...placeOf(address ?? '') } : { kind: 'ring', name: ring },
    length: len,
    format,
    sample: sample ?? null,
    facility,
    level: level ?? null,
    minlevel: minlevel ?? null,
  };
}

/** A ring in long form. */
export function translateRing(
  name: string,
  { address, format, size, maxlen, timeout, 'log-proto': protocol }: Document['rings'][string],
): Ring {
  return { name, ...placeOf(address), format, size, maxlen, protocol, timeouts: timeout };
}

function placeOf(collector: string): { readonly address: string; readonly port: number } {
  const endpoint = parseEndpoint(collector);
  return typeof endpoint === 'string' ? { address: collector, port: 0 } : { address: endpoint.host, port: endpoint.port };
}
