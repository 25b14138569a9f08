import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { h2loadArguments, parseH2load, parsePercentiles } from './h2load.ts';
import { sizes } from './load.ts';
import { parseTlsTime } from './tls-time.ts';
import { parseWrk } from './wrk.ts';

/** What the real programs printed. */
const output = (name: string): string => readFileSync(join(import.meta.dirname, 'outputs', `${name}.txt`), 'utf8');

describe('what load generators print', () => {
  test('wrk: requests and seconds', () => {
    expect(parseWrk(output('wrk'), sizes['/1k'])).toEqual({ requests: 181681, seconds: 1.1, errors: 0, percentiles: null });
  });

  test('wrk: an answer of another status is an error and no request', () => {
    expect(parseWrk(output('wrk-404'), sizes['/1k'])).toMatchObject({ requests: 0, errors: 88381 });
  });

  test('wrk: errors of sockets are errors of every kind', () => {
    const text = output('wrk').replace(/^Requests/m, '  Socket errors: connect 1, read 20, write 300, timeout 4000\nRequests');
    expect(parseWrk(text, sizes['/1k']).errors).toBe(4321);
  });

  test('wrk: large answers count by what of them was read', () => {
    const { requests } = parseWrk('  31 requests in 3.00s, 350.00MB read\n', sizes['/10m']);
    expect(requests).toBe(35);
  });

  test('h2load: requests and seconds', () => {
    expect(parseH2load(output('h2load'))).toEqual({ requests: 125852, seconds: 1.0, errors: 0, percentiles: null });
  });

  test('h2load: an answer of another status is an error and no request', () => {
    expect(parseH2load(output('h2load-404'))).toMatchObject({ requests: 0, errors: 55731 });
  });

  test('h2load: percentiles are those of its log, in milliseconds', () => {
    expect(parsePercentiles(output('h2load-rps'))).toEqual({ p50: 0.142, p99: 2.449, p999: 2.449 });
    const thousand = Array.from({ length: 1000 }, (_, index) => `1\t200\t${(1000 - index) * 1000}`).join('\n');
    expect(parsePercentiles(thousand)).toEqual({ p50: 500, p99: 990, p999: 999 });
  });

  test('h2load: a rate for all clients is shared among them', () => {
    const load = { tool: 'h2load', protocol: 'http/1.1', connections: 64, streams: 1, perSecond: 20_000 } as const;
    expect(h2loadArguments(load, 'http://192.0.2.1:80/', 3, 1, null)).toContain('--rps=312.500');
  });

  test('s_time: handshakes of all processes', () => {
    const load = { tool: 'tls-time', connections: 2, resumes: false } as const;
    expect(parseTlsTime(output('s_time-new'), load, sizes['/1k'])).toEqual({
      requests: 50,
      seconds: 2.004512,
      errors: 0,
      percentiles: null,
    });
    expect(parseTlsTime(output('s_time-reuse'), { ...load, resumes: true }, sizes['/1k'])).toMatchObject({ requests: 2328, errors: 0 });
  });

  test('s_time: a handshake of the wrong kind is an error', () => {
    const load = { tool: 'tls-time', connections: 2, resumes: true } as const;
    expect(parseTlsTime(output('s_time-new'), load, sizes['/1k'])).toMatchObject({ requests: 0, errors: 50 });
    expect(parseTlsTime(output('s_time-reuse'), { ...load, resumes: false }, sizes['/1k'])).toMatchObject({ requests: 0, errors: 2328 });
  });

  test('s_time: an answer too short is an error, and so is a process that ended early', () => {
    const load = { tool: 'tls-time', connections: 2, resumes: false } as const;
    expect(parseTlsTime(output('s_time-new'), load, sizes['/100k'])).toMatchObject({ requests: 0, errors: 50 });
    expect(parseTlsTime(output('s_time-refused'), load, sizes['/1k'])).toMatchObject({ requests: 0, errors: 2 });
  });

  test('a generator that says nothing is an error of the bench', () => {
    expect(() => parseWrk('', 1)).toThrow('wrk said nothing');
    expect(() => parseH2load('')).toThrow('h2load said nothing');
    expect(() => parsePercentiles('')).toThrow('logged no request');
    expect(() => parseTlsTime('', { tool: 'tls-time', connections: 1, resumes: false }, 1)).toThrow('did not come to its end');
  });
});
