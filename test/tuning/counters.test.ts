import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nicLosses, parseNicCounters } from '../../tuning/nic-counters.ts';
import { parseSoftnet } from '../../tuning/softnet.ts';
import { parseTcpCounters, tcpLosses } from '../../tuning/tcp-counters.ts';

const sample = (name: string) => readFileSync(join(import.meta.dirname, '../hosts/samples', name), 'utf8');

describe('softnet_stat', () => {
  test('tells drops and squeezes of each CPU by its number, which old kernels leave out', () => {
    const words = (...some: readonly string[]) => some.map((word) => word.padStart(8, '0')).join(' ');
    const now = `${words('9bd', '0', '3', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0')}\n${words('49d6', 'a', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '5', '0', '0')}\n`;
    expect(parseSoftnet(now)).toEqual([
      { cpu: 0, dropped: 0, squeezed: 3 },
      { cpu: 5, dropped: 10, squeezed: 0 },
    ]);
    const old = `${words('1', '2', '3', '0', '0', '0', '0', '0', '0', '0', '0')}\n`.repeat(2);
    expect(parseSoftnet(old).map(({ cpu }) => cpu)).toEqual([0, 1]);
  });

  test('of this machine has a line for each CPU', () => {
    expect(parseSoftnet(readFileSync('/proc/net/softnet_stat', 'utf8')).length).toBeGreaterThan(0);
  });
});

describe("the kernel's TCP counters", () => {
  test('of this machine have every one that weir looks at', () => {
    const counters = parseTcpCounters(readFileSync('/proc/net/netstat', 'utf8'));
    for (const { counter } of tcpLosses) expect(counters.has(counter), counter).toBe(true);
  });

  test('are pairs of lines; a pair that is cut off gives what it has', () => {
    const counters = parseTcpCounters('TcpExt: A B C\nTcpExt: 1 2\nIpExt: D\nOther: 3\nIpExt: D\n');
    expect([...counters]).toEqual([
      ['TcpExt.A', 1],
      ['TcpExt.B', 2],
    ]);
  });
});

describe("a NIC's counters", () => {
  test('are read with spaces in their names, added up where a name comes again, and without headings', () => {
    const counters = parseNicCounters(sample('vmxnet3-ethtool-S-head.txt'));
    expect(counters.get('ucast pkts tx')).toBeGreaterThan(4_028_081 - 1);
    expect(counters.get('drv dropped tx total')).toBe(0);
    // the heading of each queue has the queue's number for a value
    expect(counters.get('giant hdr')).toBe(0);
    expect(parseNicCounters(sample('virtio_net-fc618-ethtool-S-eth0.txt')).get('rx_kicks')).toBe(4765);
  });

  test('tell of a loss only by growing, and of a cloud in words', () => {
    const before = parseNicCounters('NIC statistics:\n     rx_drops: 5\n     bw_in_allowance_exceeded: 7\n     rx_bytes: 1\n');
    const after = parseNicCounters(
      'NIC statistics:\n     rx_drops: 9\n     bw_in_allowance_exceeded: 8\n     rx_bytes: 100\n     tx_drops: 3\n',
    );
    expect(nicLosses(before, after)).toEqual([
      expect.objectContaining({ counter: 'rx_drops', count: 4, what: expect.stringContaining('no room') }),
      expect.objectContaining({ counter: 'bw_in_allowance_exceeded', count: 1, todo: expect.stringContaining('larger instance') }),
    ]);
    expect(nicLosses(after, after)).toEqual([]);
    // a driver that began anew counts from 0
    expect(nicLosses(after, before)).toEqual([]);
  });

  test.each([
    ['ixgbe', 'rx_missed_errors'],
    ['ixgbe', 'rx_no_dma_resources'],
    ['mlx5', 'rx_out_of_buffer'],
    ['mlx5', 'rx_discards_phy'],
    ['ice', 'port.rx_dropped'],
    ['i40e', 'port.rx_crc_errors'],
    ['bnxt_en', 'rx_total_discard_pkts'],
    ['igb', 'rx_queue_3_drops'],
    ['vmxnet3', 'drv dropped rx total'],
    ['virtio_net', 'tx_tx_timeouts'],
    ['ena', 'pps_allowance_exceeded'],
  ])('of %s: %s is a loss', (_, counter) => {
    expect(nicLosses(new Map([[counter, 0]]), new Map([[counter, 1]]))).toHaveLength(1);
  });

  test('of no text is an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseNicCounters(text);
        parseTcpCounters(text);
        parseSoftnet(text);
      }),
    );
  });
});
