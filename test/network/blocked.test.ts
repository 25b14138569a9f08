import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../appliance/network/address.ts';
import { type BlockedNetwork, blockedLines } from '../../appliance/network/blocked.ts';

describe('blocked networks as elements of nft sets', () => {
  test('are ranges with their ends, an address alone where it is one', () => {
    expect(
      blockedLines([
        { network: '203.0.113.0/24', end: 100 },
        { network: '198.51.100.7/32', end: null },
        { network: '2001:db8::/48', end: 50 },
      ]),
    ).toEqual([
      '- blocked4 198.51.100.7',
      '100 blocked4 203.0.113.0-203.0.113.255',
      '50 blocked6 2001:db8::-2001:db8:0:ffff:ffff:ffff:ffff:ffff',
    ]);
  });

  test('are cut where one lies in another, and the longer one wins', () => {
    const within = (end: number | null) =>
      blockedLines([
        { network: '10.0.0.0/24', end: 100 },
        { network: '10.0.0.64/26', end },
      ]);
    expect(within(50)).toEqual(['100 blocked4 10.0.0.0-10.0.0.255']);
    expect(within(200)).toEqual([
      '100 blocked4 10.0.0.0-10.0.0.63',
      '200 blocked4 10.0.0.64-10.0.0.127',
      '100 blocked4 10.0.0.128-10.0.0.255',
    ]);
    expect(within(null)[1]).toBe('- blocked4 10.0.0.64-10.0.0.127');
    expect(blockedLines([{ network: '::/1', end: null }])).toEqual(['- blocked6 ::-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);
  });

  const network = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }), fc.option(fc.integer({ min: 1, max: 9 })))
    .map(([host, length, end]): BlockedNetwork => ({ network: networkOf(`10.0.${host % 4}.${host}/${length}`), end }));

  test('cover what the networks cover, each address once and as long as the longest', () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 12 }), (networks) => {
        const lines = blockedLines(networks).map((line) => line.split(' '));
        const numberOf = (address = '') =>
          ipaddr
            .parse(address)
            .toByteArray()
            .reduce((sum, byte) => sum * 256 + byte, 0);
        const ranges = lines.map(([end, , range = '']) => {
          const [first, last = first] = range.split('-');
          return { end, first: numberOf(first), last: numberOf(last) };
        });
        for (let number = numberOf('10.0.0.0'); number <= numberOf('10.0.3.255'); number++) {
          const over = ranges.filter(({ first, last }) => first <= number && number <= last);
          const address = `10.0.${(number >> 8) & 255}.${number & 255}`;
          const around = networks.filter(({ network: cidr }) => networkOf(`${address}/${cidr.split('/')[1]}`) === cidr);
          const ends = around.map(({ end }) => end ?? Number.POSITIVE_INFINITY);
          const longest = Math.max(...ends);
          expect(over.map(({ end }) => end)).toEqual(
            around.length === 0 ? [] : [longest === Number.POSITIVE_INFINITY ? '-' : `${longest}`],
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
