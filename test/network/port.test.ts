import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closedPorts, type OpenPort, openPorts } from '../../appliance/network/port.ts';

const tcp = (address: string, port: number): OpenPort => ({ address, protocol: 'tcp', port });

describe('open ports', () => {
  test('are each there once, in one order and one form', () => {
    const binds = [
      tcp('2001:DB8::10', 443),
      tcp('203.0.113.10', 80),
      tcp('*', 8080),
      tcp('203.0.113.9', 443),
      tcp('0.0.0.0', 8080),
      tcp('203.0.113.10', 80),
    ];
    expect(openPorts(binds)).toEqual([tcp('*', 8080), tcp('203.0.113.9', 443), tcp('203.0.113.10', 80), tcp('2001:db8::10', 443)]);
  });

  test('that a change closes are those that no bind, and no wildcard, keeps open', () => {
    const before = [tcp('203.0.113.10', 80), tcp('203.0.113.10', 443), tcp('2001:db8::10', 80), tcp('*', 22)];
    expect(closedPorts(before, [tcp('*', 80)])).toEqual([tcp('*', 22), tcp('203.0.113.10', 443), tcp('2001:db8::10', 80)]);
    expect(closedPorts(before, [tcp('::', 80), tcp('::', 22)])).toEqual([tcp('203.0.113.10', 443)]);
    expect(closedPorts([tcp('::', 80)], [tcp('*', 80)])).toEqual([tcp('::', 80)]);
  });

  test('are never closed by a change that changes nothing', () => {
    const port = fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('*', '::')),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(fc.array(port), (ports) => {
        expect(closedPorts(ports, [...ports].reverse())).toEqual([]);
      }),
    );
  });
});
