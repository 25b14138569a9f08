import { describe, expect, test } from 'vitest';
import { parseMoment } from '../../appliance/cli/log-moment.ts';
import { weir } from './weir.ts';

const now = Date.UTC(2026, 10, 23, 13, 30, 15) / 1000;
const at = (...parts: [number, number, number, number?, number?, number?]) => Date.UTC(...parts) / 1000;

describe('a moment of a log', () => {
  test.each([
    ['90s', now - 90],
    ['15m', now - 900],
    ['2h', now - 7200],
    ['3d', now - 3 * 86_400],
    ['13:05', at(2026, 10, 23, 13, 5)],
    ['13:05:30', at(2026, 10, 23, 13, 5, 30)],
    ['2026-11-22', at(2026, 10, 22)],
    ['2026-11-22 13:05', at(2026, 10, 22, 13, 5)],
    ['2026-11-22T13:05:30', at(2026, 10, 22, 13, 5, 30)],
  ])('%s is one', (text, moment) => {
    expect(parseMoment(text, now)).toBe(moment);
  });

  test.each([
    '',
    'h',
    '1',
    '1 h',
    '-1h',
    '1w',
    '24:00',
    '13:60',
    '2026-02-30',
    '2026-13-01',
    '2026-11-22 ',
    ' 13:05',
    'T13:05',
    '2026-11-2213:05',
    'now',
    '13:05Z',
  ])('%j is none', (text) => {
    expect(parseMoment(text, now)).toBeNull();
  });
});

describe('weir logs refuses, before it reads anything,', () => {
  test.each([
    [['tops'], 'there is no question "tops"\n      did you mean "top"?'],
    [['constructor'], 'there is no question "constructor"'],
    [['top', '--by', 'request'], 'weir logs top has no order "request"\n      did you mean "requests"?'],
    [['codes', '--by', 'requests'], 'weir logs codes has one order alone'],
    [['top', '--limit', '0'], '--limit 0 is not a number from 1 to 99999'],
    [['top', '--limit', '1e3'], '--limit 1e3 is not a number'],
    [['top', '--since', 'noon'], '--since "noon" is no time\n      write 90s'],
    [['top', '--since', '1h', '--until', '2h'], '--since is later than --until'],
    [['top', '--file', '/not/there.log'], 'cannot read /not/there.log: there is no such file'],
  ])('%j', async (argv, message) => {
    const { code, stderr, stdout } = await weir('logs', ...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('and says so to scripts', async () => {
    const { code, stdout } = await weir('logs', 'tops', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, problems: [{ message: 'there is no question "tops"' }] });
  });
});
