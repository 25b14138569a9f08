import type { LogForward } from '../model/log-forward.ts';
import { addressText } from './address.ts';
import { family } from './bind.ts';
import { type Line, placed } from './line.ts';
import { targetLine } from './logging.ts';
import { line, name } from './quote.ts';

/** A section `log-forward`: lines come in by TCP or UDP, and go to each target (configuration manual, 3.10). */
export function logForwardSection({ name: called, binds, targets, maxconn, backlog, timeout }: LogForward): readonly Line[] {
  const listening = (protocol: 'tcp' | 'udp', keyword: 'bind' | 'dgram-bind') => {
    const own = binds.filter((bind) => bind.protocol === protocol);
    const takenByIpv4 = new Set(own.flatMap(({ addresses, port }) => (addresses.includes('*') ? [port] : [])));
    return own.flatMap(({ addresses, port, interface: link }, index) =>
      placed(
        [keyword, index],
        addresses.map((address) =>
          line(
            keyword,
            addressText({ address, port }),
            ...family(address, port, takenByIpv4),
            ...(link === null ? [] : ['interface', link]),
          ),
        ),
      ),
    );
  };
  return placed(
    ['log-forward', called],
    [
      `log-forward ${name(called)}`,
      ...listening('tcp', 'bind'),
      ...listening('udp', 'dgram-bind'),
      ...(maxconn === null ? [] : placed(['maxconn'], [line('maxconn', maxconn)])),
      ...(backlog === null ? [] : placed(['backlog'], [line('backlog', backlog)])),
      ...placed(['timeout'], [line('timeout', 'client', timeout)]),
      ...targets.flatMap((target, index) => placed(['log', index], [targetLine('log', target)])),
    ],
  );
}
