import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backendText, checkText, grouped, listText } from '../../appliance/cli/backend.ts';
import { columns, short, shortTime } from '../../appliance/cli/columns.ts';
import { sessionsText } from '../../appliance/cli/sessions.ts';
import { entriesText } from '../../appliance/cli/table.ts';
import { splicingText, topText } from '../../appliance/cli/top.ts';
import { ratesBetween, splicingBetween } from '../../proxy/haproxy/rates.ts';
import { parseMoved, parseSessions } from '../../proxy/haproxy/sessions.ts';
import { parseStats, withoutTables } from '../../proxy/haproxy/stats.ts';
import { parseEntries, parseTables, type Table } from '../../proxy/haproxy/table.ts';
import { weir } from './weir.ts';

const said = (name: string) => readFileSync(join(import.meta.dirname, '../proxy/answers', name), 'utf8');
const stats = withoutTables(parseStats(said('stat.csv')) ?? []);

describe('what people read', () => {
  test('all backends in a line each', () => {
    const [head, ...rows] = listText(grouped(stats)).trimEnd().split('\n');
    expect(head).toMatch(/^backend +mode +state +servers up +sessions +queue +requests +in +out +errors +retries$/);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toEqual([
      ['app', 'http', 'UP', '1 of 4'],
      ['echo', 'tcp', 'UP', '1 of 1'],
    ]);
  });

  test('a backend with its servers, and what its checks found', () => {
    const text = backendText(grouped(stats).find(({ name }) => name === 'app') as ReturnType<typeof grouped>[number]);
    expect(text).toMatch(/^app \(http\): UP since \d+s, 2 sessions, 0 in the queue\n/);
    expect(text).toMatch(/\napp2 +10\.20\.0\.12:8080 +DRAIN /);
    expect(text).toMatch(/\nsorry +10\.20\.0\.99:8080 +DOWN, backup /);
    expect(text).toMatch(/\napp1: Layer7 check passed, 200 after \d+ ms; 0 failed, down 0 times\n/);
    expect(text).toMatch(/\ngone: Layer4 connection problem, Connection refused after \d+ ms; 1 failed, down once\n/);
  });

  test('sessions, and how many there are beside', () => {
    const moved = parseMoved(said('sess-each.txt'));
    const found = parseSessions(said('sess.txt')).map((one) => ({ ...one, moved: moved.get(one.id) ?? null }));
    const text = sessionsText(9, found);
    expect(text).toMatch(/\n\[2001:db8:1::100\]:37100 +web +app +app1 +1s /);
    expect(text).toMatch(/\n203\.0\.113\.100:49374 +echo +echo +echo +1s +6 +11\n/);
    expect(text).toContain('4 of 9 sessions');
    expect(sessionsText(0, [])).toBe('There is no such session.\n');
  });

  test('what is spliced, and nothing of a worker that counts anew', () => {
    const before = { pipesUsed: 0, pipesFree: 0, bytes: 1_000_000 };
    const rates = splicingBetween(before, { pipesUsed: 3, pipesFree: 2, bytes: 5_000_000 }, 2);
    expect(splicingText(rates)).toBe('spliced in the kernel: 2.0M B/s; pipes: 3 in use, 2 free\n');
    expect(splicingBetween(before, { ...before, bytes: 10 }, 2).bytesRate).toBe(0);
  });

  test('entries of a table, and nothing that a client put into a key reaches the terminal', () => {
    const table = parseTables(said('table.txt')).find(({ name }) => name === 'tokens') as Table;
    const entries = [
      ...parseEntries(said('table-tokens.txt')),
      ...parseEntries('0x1: key=\\e[2J\\n\\xE2\\x80\\xAE use=0 exp=5000 shard=0\n'),
    ];
    const text = entriesText({ table, count: 9, entries });
    expect(text).toMatch(/^tokens \(string\): 6 of 1024 entries\nkey +expires in +http_req_cnt /);
    expect(text).toContain('\n?[2J?? ');
    expect(text).toContain('7 of 9: --limit shows more\n');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(checkText({ status: 'L7RSP', words: 'x', said: 'a\x1b[31m\nb', code: null, durationMs: null, failures: 0, downs: 0 })).toBe(
      'x, a?[31m?b; 0 failed, down 0 times',
    );
  });

  test('the busiest of each kind', () => {
    const later = stats.map((stat) => (stat.name === 'app2' ? { ...stat, bytesOut: stat.bytesOut + 2_500_000 } : stat));
    const text = topText(ratesBetween(stats, later, 1), 1);
    expect(text).toMatch(/\nserver +app\/app2 +DRAIN .* 2\.5M /);
    expect(text).toMatch(/more that did less: --limit shows them\n$/);
  });

  test('numbers and times that fit', () => {
    expect([0, 987, 1234, 99_949, 123_456, 1_500_000, 2e18, null].map(short)).toEqual([
      '0',
      '987',
      '1.2k',
      '99.9k',
      '123k',
      '1.5M',
      '2000P',
      '-',
    ]);
    expect([0, 59, 61, 3725, 90_000].map(shortTime)).toEqual(['0s', '59s', '1m1s', '1h2m', '1d1h']);
    expect(columns(['a', 'b'], [['long', '1']], new Set([0]))).toBe('a     b\nlong  1\n');
  });
});

describe('the command line', () => {
  test.each([
    [['backend', 'list'], 'there is no "weir backend list"'],
    [['backend', 'show', 'a', 'b'], 'show takes one backend'],
    [['backend', 'show', 'a b'], '"a b" is not a name'],
    [['table', 'list'], 'there is no "weir table list"'],
    [['table', 'show', 'a', 'b', 'c'], 'show takes one table and one key'],
    [['table', 'show', 'a', '--limit', '0'], '"0" is not a number'],
    [['sessions', '--limit', '1e9'], '"1e9" is not a number'],
    [['top', '--interval', '0s'], '"0s" is not a time'],
    [['top', '--count', '-1'], '"-1" is not a number of times'],
    [['top', '--json', '--count', '2'], 'with --json there is one answer'],
    [['top'], 'not a weir appliance'],
    [['sessions'], 'not a weir appliance'],
  ])('%j is refused with a reason', async (argv, reason) => {
    const { code, stderr, stdout } = await weir(...argv);
    expect(code).toBe(2);
    expect(`${stderr}${stdout}`).toContain(reason);
  });
});
