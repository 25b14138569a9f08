import type { Path } from '../../state/host-state.ts';
import type { KeyHost } from '../key.ts';
import { readNames, readValue } from '../probe/reading.ts';
import { listOfMask, maskOfList } from './cpu-mask.ts';
import type { Interface } from './interface.ts';
import { refused } from './refused.ts';

/** Files of a queue that keys name (kernel Documentation/ABI/testing/sysfs-class-net-queues). */
const files: Readonly<Record<'rx' | 'tx', readonly string[]>> = { rx: ['rps_cpus', 'rps_flow_cnt'], tx: ['xps_cpus'] };

/** A file that holds CPUs as a mask, which keys hold as a list. */
const isMask = (rest: string) => rest.endsWith('_cpus');

const pattern = /^(rx|tx)-\d{1,5}\/(rps_cpus|rps_flow_cnt|xps_cpus)$/;

/** What a file of a queue holds; null where there is no such queue, or it has none (`xps_cpus` of the only queue of a device). */
export async function readQueue(host: KeyHost, { name }: Interface, rest: string): Promise<string | null> {
  if (!pattern.test(rest)) return null;
  const value = await readValue(host, `/sys/class/net/${name}/queues/${rest}`);
  return value === null || !isMask(rest) ? value : listOfMask(value);
}

/** Writes a file of a queue. @throws Error with the kernel's errno. */
export async function writeQueue(host: KeyHost, { name }: Interface, rest: string, value: string): Promise<void> {
  if (!pattern.test(rest)) throw refused('EINVAL', `a queue has no file ${rest}`);
  const content = isMask(rest) ? maskOfList(value) : value;
  await host.write(`/sys/class/net/${name}/queues/${rest}`, { content, mode: 0o644, owner: 'root:root' });
}

/** The keys of all of a NIC's queues. */
export async function queueKeys(host: KeyHost, bus: string, { name }: Interface): Promise<readonly Path[]> {
  const queues = await readNames(host, `/sys/class/net/${name}/queues`);
  return queues.flatMap((queue) => {
    const kind = queue.startsWith('rx-') ? 'rx' : queue.startsWith('tx-') ? 'tx' : null;
    return kind === null ? [] : files[kind].map((file) => `queue:${bus}/${queue}/${file}`);
  });
}
