import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { familyOf, isInside, isLinkLocal, networkOf, normalAddress, normalCidr, sortByAddress } from '../../appliance/network/address.ts';

describe('addresses', () => {
  test.each([
    ['192.0.2.1', 4],
    ['192.0.2.0/24', 4],
    ['2001:db8::1', 6],
    ['::', 6],
    ['app.example', null],
    ['1.2', null],
    ['0x7f.1', null],
    ['fe80::1%eth0', null],
    ['', null],
  ])('%j is of family %j', (text, family) => expect(familyOf(text)).toBe(family));

  test('have one form', () => {
    expect(normalAddress('2001:DB8:0:0::10')).toBe('2001:db8::10');
    expect(normalCidr('192.0.2.11/24')).toBe('192.0.2.11/24');
    expect(normalCidr('2001:db8::A')).toBe('2001:db8::a/128');
  });

  test('that are none are a bug', () => expect(() => normalAddress('app.example"; flush ruleset')).toThrow('not an IP address'));

  test.each([
    ['203.0.113.77/24', '203.0.113.0/24'],
    ['203.0.113.77/26', '203.0.113.64/26'],
    ['203.0.113.77/32', '203.0.113.77/32'],
    ['203.0.113.77/0', '0.0.0.0/0'],
    ['2001:db8:1:2:3::4/35', '2001:db8::/35'],
    ['2001:db8::1/128', '2001:db8::1/128'],
  ])('%s is in the network %s', (cidr, network) => expect(networkOf(cidr)).toBe(network));

  test('are inside their own network and outside of the next one, whatever its length', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, length) => {
        const bytes = address.split('.').map(Number);
        const bit = length - 1;
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        expect(isInside(address, `${address}/${length}`)).toBe(true);
        expect(isInside(bytes.join('.'), `${address}/${length}`)).toBe(false);
      }),
    );
  });

  test('of different families are never inside each other', () => {
    expect(isInside('0.0.0.0', '::/0')).toBe(false);
    expect(isLinkLocal('169.254.1.1')).toBe(false);
    expect(isLinkLocal('fe80::1')).toBe(true);
  });

  test('sort by number, not by letter', () => {
    const sorted = ['192.0.2.1', '192.0.2.2', '192.0.2.10', '192.0.2.10/31', '198.51.100.1', '::', '2001:db8::9', '2001:db8::10'];
    expect(sortByAddress([...sorted].reverse(), (address) => address)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.10/31',
      ...sorted.slice(2, 3),
      ...sorted.slice(4),
    ]);
  });
});
