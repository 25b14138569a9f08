import { describe, expect, test } from 'vitest';
import { ablationsOf, clientHeaders, withoutLines } from './ablation.ts';
import { makeCertificates } from './certificates.ts';
import { cpusOf } from './lab.ts';
import { interleaved, type Sample, unlogged } from './measure.ts';
import { parseProxyOptions, rowNames } from './options.ts';
import { loadsText } from './report.ts';
import { rows } from './rows.ts';
import { ratios, spreadOf } from './spread.ts';
import { withLines } from './stock.ts';
import { aligned, better } from './table.ts';
import { weirConfiguration } from './weir.ts';

const sample = (requests: number, cpuSeconds: number | null, rest: Partial<Sample> = {}): Sample => {
  return { requests, seconds: 2, errors: 0, percentiles: null, cpuSeconds, lines: cpuSeconds === null ? null : requests, ...rest };
};

describe('the table of the bench', () => {
  test('a spread is the middle and the range', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeNull();
  });

  test('ratios are those of the same rounds', () => {
    expect(ratios([10, 40], [5, 10])).toEqual([2, 4]);
  });

  test('columns are as wide as their widest cell', () => {
    expect(
      aligned([
        ['a', 'b'],
        ['long', '1'],
        ['x', '100'],
      ]),
    ).toBe('a       b\nlong    1\nx     100\n');
  });

  test('a row shows requests for a second of the CPU first, errors of all rounds, and who is better', () => {
    const samples = new Map([
      ['weir', [sample(1000, 1), sample(1050, 1), sample(1100, 1)]],
      ['stock', [sample(1000, 2), sample(1000, 2, { errors: 7 }), sample(1000, 2)]],
      ['nginx', [sample(3000, 1), sample(3150, 1), sample(3300, 1)]],
      ['direct', [sample(5000, null), sample(5000, null), sample(5000, null)]],
    ]);
    const text = loadsText([{ name: 'keep-alive', what: 'keep-alive', notes: { nginx: 'it does less' }, samples }]);
    expect(text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toEqual([
      'requests/CPU-second | of stock | requests/s | p50 ms | p99 ms | p99.9 ms | errors | unlogged',
      '',
      'keep-alive',
      'weir | 1,050 (1,000 to 1,100) | 2.10 | 525 (500 to 550) | 0',
      'stock | 500 (500 to 500) | 1.00 | 500 (500 to 500) | 7',
      'nginx | 3,150 (3,000 to 3,300) | 6.30 | 1,575 (1,500 to 1,650) | 0',
      'direct | - | 2,500 (2,500 to 2,500) | 0',
      '! nginx does 3.00 times as much for the same CPU; known of it: it does less',
      '',
      '',
    ]);
  });

  test('who was better in some rounds only is not called better', () => {
    const samples = new Map([
      ['weir', [sample(1000, 1), sample(1000, 1), sample(1000, 1)]],
      ['stock', [sample(2000, 1), sample(999, 1), sample(2000, 1)]],
    ]);
    expect(better(samples)).toEqual([]);
    const twoRounds = new Map([...samples].map(([name, each]) => [name, [each[0] as Sample, each[2] as Sample]]));
    expect(better(twoRounds)).toEqual([]);
  });

  test('log lines that did not arrive are told as a share of the requests', () => {
    expect(unlogged([sample(100, 1, { lines: 90 }), sample(100, 1, { lines: 100 })])).toBeCloseTo(0.05);
    expect(unlogged([sample(100, 1, { lines: 103 })])).toBe(0);
    expect(unlogged([sample(100, null)])).toBe(0);
  });

  test('each round begins with another contender', async () => {
    const order: string[] = [];
    const contender = (name: string) => ({ name, address: '', proxy: null, stop: async () => undefined });
    await interleaved([contender('a'), contender('b'), contender('c')], 3, async ({ name }) => {
      order.push(name);
      return sample(1, null);
    });
    expect(order.join('')).toBe('abcbcacab');
  });
});

describe('options of the bench', () => {
  test('all rows unless some are named', () => {
    expect(parseProxyOptions([])).toMatchObject({ rounds: 5, seconds: 2, rows: new Set(rowNames), print: false, json: null });
    expect(parseProxyOptions(['--rows', 'h2,open-80', '--rounds', '1']).rows).toEqual(new Set(['h2', 'open-80']));
  });

  test.each([
    [['--rows', 'h3'], 'no such row: h3; there are connection'],
    [['--rounds', '0'], '--rounds 0: a whole number from 1 to 100 is wanted'],
    [['--seconds', '1.5'], '--seconds 1.5: a whole number'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is refused', (args, message) => {
    expect(() => parseProxyOptions(args)).toThrow(message);
  });

  test("the kernel's lists of CPUs are read", () => {
    expect(cpusOf('0-2,5')).toEqual([0, 1, 2, 5]);
  });
});

describe('what is compared', () => {
  const debian = 'global\n\tdaemon\n\tssl-default-bind-options no-tls-tickets\n\ndefaults\n\toption httplog\n\ttimeout client 50s\n';

  test('a line takes the place of the one with its keyword, and else goes to the end of the section', () => {
    const text = withLines(
      withLines(debian, 'global', ['ssl-default-bind-options ssl-min-ver TLSv1.2', 'tune.h2.be.glitches-threshold 9']),
      'defaults',
      ['option splice-auto', 'timeout client 30s'],
    );
    expect(text.split('\n').filter((line) => line !== '')).toEqual([
      'global',
      '\tdaemon',
      '\tssl-default-bind-options ssl-min-ver TLSv1.2',
      '\ttune.h2.be.glitches-threshold 9',
      'defaults',
      '\toption httplog',
      '\toption splice-auto',
      '\ttimeout client 30s',
    ]);
    expect(() => withLines(debian, 'frontend web', [])).toThrow('no section frontend web');
  });

  const rendered = `global
    node lb1
    hard-stop-after 1h
    ssl-default-bind-curves X25519
    tune.pipesize 262144

defaults base
    log global
    # a comment
    timeout client 30s
    timeout server 30s
    option splice-auto

defaults http from base
    mode http
    option forwardfor

defaults tcp from base
    option tcplog

frontend web from http
    bind *:80
    http-request del-header Forwarded
`;

  test('each default of a rendering is taken out alone, but for those that cost together or not at all', () => {
    const none = { global: [], defaults: [], frontend: [] };
    expect(ablationsOf(rendered).map(({ name, addition }) => [name, addition])).toEqual([
      ['1 for start and reload', { ...none, global: ['hard-stop-after 1h'] }],
      ['2 timeouts', { ...none, defaults: ['timeout client 30s', 'timeout server 30s'] }],
      ['1 lists of suites and curves', { ...none, global: ['ssl-default-bind-curves X25519'] }],
      ['tune.pipesize 262144', { ...none, global: ['tune.pipesize 262144'] }],
      ['option splice-auto', { ...none, defaults: ['option splice-auto'] }],
      ['option forwardfor', { ...none, defaults: ['option forwardfor'] }],
      ['1 rules for X-Forwarded-… and Forwarded', { ...none, frontend: ['http-request del-header Forwarded'] }],
    ]);
  });

  test('what weir does about headers of clients is found, and what is taken away has to be there', () => {
    const headers = clientHeaders(rendered);
    expect(headers).toEqual({ global: [], defaults: ['option forwardfor'], frontend: ['http-request del-header Forwarded'] });
    const rest = withoutLines(rendered, headers);
    expect(rest.split('\n')).toHaveLength(rendered.split('\n').length - 2);
    expect(rest).not.toMatch(/forward/i);
    expect(() => withoutLines(rest, headers)).toThrow('nothing is rendered as option forwardfor');
  });

  test('every default that weir renders is measured in a row', async () => {
    const every = weirConfiguration(await makeCertificates()).text;
    const ablations = ablationsOf(every);
    expect(ablations.map(({ name }) => name)).toContain('option splice-auto');
    for (const { rows: measured } of ablations) expect(measured).not.toEqual([]);
    for (const row of ablations.flatMap((each) => each.rows)) expect(rows).toHaveProperty(row);
  });
});
