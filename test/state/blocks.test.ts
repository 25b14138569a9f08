import { describe, expect, test } from 'vitest';
import type { FirewallInput } from '../../appliance/network/nftables.ts';
import {
  type Block,
  blocksIn,
  blocksText,
  coveredBy,
  dangersOf,
  type Needed,
  networkFrom,
  withBlocks,
} from '../../appliance/state/blocks.ts';

const firewall: FirewallInput = {
  binds: [],
  ssh: { links: ['mgmt'], from: ['198.51.100.0/24', '0.0.0.0/0'] },
  peers: [{ link: 'front', address: '203.0.113.3' }],
  servers: [
    { address: '10.20.0.11', port: 80 },
    { address: 'app.example', port: 80 },
  ],
  dns: ['10.0.0.53'],
  ntp: ['2001:db8:5::123'],
  log: { protocol: 'tcp', host: '10.0.0.99', port: 514, format: 'json' },
  links: [],
};
const needed: Needed = {
  firewall,
  own: ['203.0.113.2', '203.0.113.10', '2001:db8:1::2'],
  management: ['192.0.2.0/24'],
  gateways: ['203.0.113.1', 'fe80::1'],
  connection: '192.0.2.77',
  sessions: ['192.0.2.77', '192.0.2.78'],
};
const block = (network: string, end: number | null): Block => ({
  network,
  by: 'alice',
  since: '2026-01-01T00:00:00.000Z',
  until: null,
  end,
});

test.each([
  ['203.0.113.7', '203.0.113.7/32'],
  ['203.0.113.7/24', '203.0.113.0/24'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['2001:db8::1/48', '2001:db8::/48'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['::ffff:203.0.113.7', '203.0.113.7/32'],
  ['203.0.113.7/33', null],
  ['203.0.113.7/', null],
  ['203.0.113.7/24/8', null],
  ['203.0.113', null],
  ['010.0.0.1', null],
  ['shop.example', null],
  ['fe80::1%eth0', null],
  ['10.0.0.1; flush ruleset', null],
  ['', null],
])('"%s" means the network %s', (text, network) => expect(networkFrom(text)).toBe(network));

describe('a network is refused, whatever is said,', () => {
  test.each([
    ['of the SSH connection', '192.0.2.77/32', 'where your SSH connection comes from'],
    ['of our own address', '203.0.113.2/32', 'an address of this machine'],
    ['of a VIP', '203.0.113.8/29', 'an address of this machine'],
    ['of the other node', '203.0.113.3/32', 'the other node'],
    ['of everybody', '0.0.0.0/0', 'everybody'],
    ['of everybody with IPv6', '::/0', 'everybody'],
    ['of loopback', '127.0.0.0/8', 'an address of this machine'],
    ['of the neighbours', 'fe80::1234/128', 'link-local'],
    ['around the neighbours', 'f000::/4', 'link-local'],
  ])('when it is that %s', (_, network, reason) => {
    const dangers = dangersOf(network, needed).filter(({ never }) => never);
    expect(dangers.map((one) => one.reason).join()).toContain(reason);
  });
});

test.each([
  ['192.0.2.78/32', 'where an SSH connection comes from'],
  ['192.0.2.128/25', 'overlaps 192.0.2.0/24, the network of a management link'],
  ['198.51.0.0/16', 'overlaps 198.51.100.0/24, where ssh is allowed from'],
  ['203.0.113.1/32', 'a gateway'],
  ['10.20.0.0/24', 'a server of a backend'],
  ['10.0.0.53/32', 'a name server'],
  ['2001:db8:5::/48', 'a time server'],
  ['10.0.0.99/32', 'the log collector'],
])('%s may be blocked by who takes the risk: %s', (network, reason) => {
  const dangers = dangersOf(network, needed);
  expect(dangers.map((one) => one.reason).join()).toContain(reason);
  expect(dangers.every(({ never }) => !never)).toBe(true);
});

test.each(['203.0.113.64/26', '9.9.9.9/32', '2001:db8:bad::/48'])('%s may be blocked', (network) => {
  expect(dangersOf(network, needed)).toEqual([]);
});

describe('the file of blocks', () => {
  const blocks = [block('10.0.0.0/24', 100), block('10.0.0.7/32', null)];
  test('is read as it was written, without those that are over', () => {
    expect(blocksIn(blocksText(blocks), 99)).toEqual(blocks);
    expect(blocksIn(blocksText(blocks), 100)).toEqual(blocks.slice(1));
    expect(blocksIn(blocksText([]), 0)).toEqual([]);
  });
  test('keeps a name on one line, so that it is no element', () => {
    const text = blocksText([{ ...block('10.0.0.7/32', null), by: 'eve\n- blocked4 0.0.0.0' }]);
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual(['- blocked4 10.0.0.7', '']);
  });
  test('holds each network once: the last word counts', () => {
    expect(withBlocks(blocks, [block('10.0.0.0/24', 7)])).toEqual([blocks[1], block('10.0.0.0/24', 7)]);
  });
  test('knows the narrowest block around an address', () => {
    const around = [block('10.0.0.0/8', null), ...blocks];
    expect(coveredBy('10.0.0.9/32', around)?.network).toBe('10.0.0.0/24');
    expect(coveredBy('10.0.0.0/24', around)?.network).toBe('10.0.0.0/8');
    expect(coveredBy('11.0.0.0/32', around)).toBe(null);
  });
});
