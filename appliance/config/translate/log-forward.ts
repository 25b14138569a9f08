import type { LogBind, LogForward } from '../../../proxy/model/log-forward.ts';
import type { Document } from '../schema.ts';
import { listens } from './bind.ts';
import { translateTarget } from './logging.ts';

type Input = Document['log-forward'][string];

/** Where log lines of other machines come in and go, in long form. */
export function translateLogForward(name: string, input: Input, { vips }: Document): LogForward {
  const bindOf =
    (protocol: LogBind['protocol']) =>
    (bind: Input['bind'][number]): LogBind => {
      const at = listens(bind, vips);
      return { protocol, addresses: at.map(({ address }) => address), port: at[0]?.port ?? 0, interface: bind.interface ?? null };
    };
  return {
    name,
    binds: [...input.bind.map(bindOf('tcp')), ...input['dgram-bind'].map(bindOf('udp'))],
    targets: input.log.map(translateTarget),
    maxconn: input.maxconn ?? null,
    backlog: input.backlog ?? null,
    timeout: input.timeout.client,
  };
}
