import type { Duration } from '../model.ts';
import type { LogTarget } from './logging.ts';

/** Where log lines of other machines come in. */
export interface LogBind {
  readonly protocol: 'tcp' | 'udp';
  /** As those of a bind: `*` is any IPv4, `::` any of both families unless another takes IPv4 on the port. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly interface: string | null;
}

/** Log lines of other machines that are taken in and sent on (configuration manual, 3.10 "log-forward"). */
export interface LogForward {
  readonly name: string;
  readonly binds: readonly LogBind[];
  readonly targets: readonly LogTarget[];
  /** Connections at a time; null: HAProxy's own limit. */
  readonly maxconn: number | null;
  readonly backlog: number | null;
  /** How long a sender by TCP may be silent. */
  readonly timeout: Duration;
}
