import type { Host } from '../host/host.ts';
import { textFile } from '../state/host-state.ts';
import { expiriesOn } from './certificate-ends.ts';
import type { Log } from './log.ts';
import { findStatus, type Memory, type Status } from './status.ts';

const statusFile = '/run/weir/status.json';

/** Who looks at the machine and says how it is. */
export interface Reporter {
  /** Looks, and writes `/run/weir/status.json` when something is otherwise than before (or always); null when it could not look. */
  readonly look: (options?: { readonly always: boolean }) => Promise<Status | null>;
  /** How the machine is, at most a second old. */
  readonly status: () => Promise<Status>;
  /** What was seen last is no longer so: the next status is looked for. */
  readonly forget: () => void;
}

/** A reporter of the machine behind a host. Looks one after the other, so that the last one written is the last one seen. */
export function createReporter(host: Host, memory: () => Memory, log: Log): Reporter {
  let latest: { readonly status: Status; readonly atMs: number } | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const expiries = expiriesOn(host);

  const lookNow = async (always: boolean): Promise<Status> => {
    const status = await findStatus(host, memory(), expiries);
    const isNews = latest === null || newsOf(latest.status) !== newsOf(status);
    latest = { status, atMs: host.now() };
    if (always || isNews) await host.write(statusFile, textFile(`${JSON.stringify(status)}\n`));
    return status;
  };
  const inTurn = (always: boolean): Promise<Status> => {
    const looked = turn.then(() => lookNow(always));
    turn = looked.catch(() => {});
    return looked;
  };
  return {
    look: ({ always } = { always: false }) =>
      inTurn(always).catch((error) => {
        log.error({ err: error }, 'cannot find out how the machine is');
        return null;
      }),
    status: async () =>
      latest !== null && latest.status.activity === memory().activity && host.now() - latest.atMs < 1000 ? latest.status : inTurn(false),
    forget: () => {
      latest = null;
    },
  };
}

/** What of a status is news: all but the numbers that move by themselves, for writing the file wakes who watches it. */
function newsOf({ at: _, haproxy, ...rest }: Status): string {
  const { uptimeSeconds: __, connections: ___, ...facts } = haproxy ?? { uptimeSeconds: 0, connections: 0 };
  return JSON.stringify({ ...rest, haproxy: haproxy === null ? null : facts });
}
