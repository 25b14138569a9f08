import { expect, test } from 'vitest';
import { sourcePorts } from '../../tuning/source-ports.ts';

const range = 'net.ipv4.ip_local_port_range';

test.each([
  ['those of the range', {}, [], 64_000],
  ['those of the range that the document says', { [range]: ' 20000\t20049 ' }, [], 50],
  ['not those that something listens on, if they are in the range', {}, [22, 80, 8080, 8443, 65_100], 63_998],
  ['not those that the document reserves, each once', { 'net.ipv4.ip_local_reserved_ports': '8080,9000-9009' }, [8080], 63_989],
  ['those of the usual range where the document says none that could be', { [range]: 'many' }, [], 64_000],
  ['those of the usual range where its ends are the wrong way round', { [range]: '60000 2000' }, [], 64_000],
])('the ports of connections to a server are %s', (_what, sysctl, listening, ports) => {
  expect(sourcePorts(sysctl as Readonly<Record<string, string>>, listening)).toBe(ports);
});
