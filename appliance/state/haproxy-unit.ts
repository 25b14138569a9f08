import { type Held, type Path, textFile } from './host-state.ts';
import type { Plan } from './plan.ts';
import { heading } from './system.ts';

/** What the document changes of HAProxy's unit (systemd.unit(5), drop-ins). */
export const unitPath: Path = '/run/systemd/system/haproxy.service.d/transparent.conf';

/**
 * Addresses of others are for who has CAP_NET_RAW in the user namespace that owns the network (ip(7), IP_TRANSPARENT): HAProxy leaves the one that it has to
 * itself, and may do this more. systemd adds the list to that of the unit.
 */
export function transparentUnit(): Held {
  return textFile(`${heading}\n[Service]\nPrivateUsers=no\nCapabilityBoundingSet=CAP_NET_RAW\n`);
}

/** Whether a plan changes what a running HAProxy may do: it then restarts, which ends its connections and empties its stick tables. */
export function restartsHaproxy(plan: Plan): boolean {
  const written = plan.flatMap((step) => (step.kind === 'write' ? [step] : []));
  const config = written.find(({ path }) => path === '/run/weir/haproxy.cfg');
  return written.some(({ path }) => path === unitPath) && config?.before !== null && config?.after !== null;
}
