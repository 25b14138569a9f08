import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPorts, number, parsePorts, violation } from '../../tuning/bounds.ts';

describe('a list of ports', () => {
  test('is written as the kernel writes it', () => {
    expect(formatPorts([8445, 8443, 8080, 8444, 8080])).toBe('8080,8443-8445');
    expect(formatPorts([])).toBe('');
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_535 })), (ports) => {
        const text = formatPorts(ports);
        expect(parsePorts(text)).toEqual([...new Set(ports)].sort((a, b) => a - b));
        expect(formatPorts(parsePorts(text) ?? [])).toBe(text);
      }),
    );
  });

  test.each(['80,', '90-80', '65536', 'http', '80;90', '1-2-3', '-1'])('is not %j', (text) => expect(parsePorts(text)).toBeNull());
});

describe('a value', () => {
  const range = { kind: 'numbers', count: 2, min: 1024, max: 65_535, ascending: true } as const;
  test.each([
    ['5', number(1, 10), null],
    ['11', number(1, 10), 'must lie between 1 and 10'],
    ['-5', number(1, 10), 'must be a whole number from 1 to 10'],
    ['5 5', number(1, 10), 'must be a whole number from 1 to 10'],
    ['0x5', number(1, 10), 'must be a whole number from 1 to 10'],
    ['', number(1, 10), 'must be a whole number from 1 to 10'],
    ['1024 65023', range, null],
    ['80 65023', range, 'must lie between 1024 and 65535'],
    ['2000 1999', range, 'must have its smaller number first'],
    ['2000', range, 'must be 2 whole numbers from 1024 to 65535'],
    ['80,90-95', { kind: 'ports' } as const, null],
    ['x', { kind: 'ports' } as const, 'must be ports and ranges such as 8080,9000-9010'],
  ])('%j: %s', (value, bounds, wrong) => expect(violation(value, bounds)).toBe(wrong));
});
