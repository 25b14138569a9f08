import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ratesBetween } from '../../proxy/haproxy/rates.ts';
import { parseMoved, parseSessions, sessionsAtOnce, showSession } from '../../proxy/haproxy/sessions.ts';
import { cells, parseStats, type Stat, showStat, withoutTables } from '../../proxy/haproxy/stats.ts';
import { parseEntries, parseTables, showTable } from '../../proxy/haproxy/table.ts';

/** What HAProxy 3.0.11 answered: traffic, a failing server, a drained one, a full one, and keys that clients chose. */
const said = (name: string) => readFileSync(join(import.meta.dirname, 'answers', name), 'utf8');
const stats = parseStats(said('stat.csv')) ?? [];
const of = (kind: Stat['kind'], proxy: string, name = proxy) =>
  stats.find((one) => one.kind === kind && one.proxy === proxy && one.name === name) as Stat;
const named = (proxy: string, name: string) => of('server', proxy, name);

describe('show stat', () => {
  test('tells what each server is and did', () => {
    expect(named('app', 'app1')).toMatchObject({
      kind: 'server',
      mode: 'http',
      status: 'UP',
      address: '10.20.0.11:8080',
      sessions: 2,
      sessionsLimit: null,
      isBackup: false,
      weight: 1,
      queue: 0,
      check: { status: 'L7OK', words: 'Layer7 check passed', code: 200, downs: 0 },
    });
    expect(named('app', 'app2').status).toBe('DRAIN');
    expect(named('app', 'sorry')).toMatchObject({ isBackup: true, status: 'DOWN', check: { said: 'Connection refused', code: null } });
    expect(named('app', 'gone')).toMatchObject({ check: { status: 'L4CON', words: 'Layer4 connection problem' } });
    expect(named('echo', 'echo')).toMatchObject({ status: 'no check', check: null, requestsTotal: null, responses: null });
    expect(named('echo', 'echo').sessionsLimit).toBe(1);
  });

  test('tells frontends and backends, with what they did in all', () => {
    expect(of('frontend', 'web')).toMatchObject({ kind: 'frontend', status: 'OPEN', times: null, queue: null, check: null });
    expect(of('backend', 'app')).toMatchObject({ kind: 'backend', status: 'UP' });
    const servers = stats.filter(({ kind, proxy }) => kind === 'server' && proxy === 'app');
    const answers = servers.reduce((sum, { requestsTotal }) => sum + (requestsTotal ?? 0), 0);
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThanOrEqual(of('backend', 'app').requestsTotal ?? 0);
  });

  test('leaves out what only holds a stick table', () => {
    expect(stats.some(({ name }) => name === 'clients')).toBe(true);
    expect(withoutTables(stats).flatMap(({ kind, name }) => (kind === 'backend' ? [name] : []))).toEqual(['app', 'echo']);
  });

  test('is no answer for a backend that is not there', () => {
    expect(parseStats(said('stat-none.csv'))).toBeNull();
    expect(parseStats('')).toBeNull();
    expect(showStat('shop')).toBe('show stat shop 6 -1\n');
  });

  test('keeps what a server says of itself in its cell, whatever it is', () => {
    expect(cells('a,"b, ""c""\nd",\n"",x\n\n')).toEqual([
      ['a', 'b, "c"\nd', ''],
      ['', 'x'],
    ]);
    const hostile = '# pxname,svname,type,status,last_chk,mode,\napp,BACKEND,2,UP,"x\napp,app2,2,DOWN,,http,",http,\n';
    expect(parseStats(hostile)?.map(({ kind, name, status }) => [kind, name, status])).toEqual([['server', 'BACKEND', 'UP']]);
    for (const broken of ['# pxname,"', '# pxname,svname\n"a', '# pxname,svname\n"a"b,c\n']) expect(parseStats(broken)).not.toBeNull();
  });
});

describe('the rates between two looks', () => {
  const web = of('frontend', 'web');
  const later: Stat = {
    ...web,
    sessionsTotal: web.sessionsTotal + 30,
    bytesOut: web.bytesOut + 5000,
    errors: { request: 4, connect: 0, response: 0 },
  };

  test('are per second', () => {
    const [rates] = ratesBetween([{ ...web, errors: { request: 0, connect: 0, response: 0 } }], [later], 2);
    expect(rates).toMatchObject({ kind: 'frontend', sessionRate: 15, requestRate: 0, bytesInRate: 0, bytesOutRate: 2500, errorRate: 2 });
  });

  test('are 0 where a counter went back, and nothing where there was no look before', () => {
    expect(ratesBetween([later], [web], 1)).toMatchObject([{ sessionRate: 0, bytesOutRate: 0 }]);
    expect(ratesBetween([], [web], 1)).toEqual([]);
  });
});

describe('show sess', () => {
  const sessions = parseSessions(said('sess.txt'));

  test('tells clients of either family, and not who asks HAProxy itself', () => {
    expect(sessions.map(({ client, frontend, backend, server }) => [client?.address, frontend, backend, server])).toEqual([
      ['203.0.113.100', 'echo', 'echo', 'echo'],
      ['2001:db8:1::100', 'web', 'app', 'app1'],
      ['203.0.113.100', 'echo', 'echo', null],
      ['203.0.113.102', 'web', 'app', 'app1'],
    ]);
    expect(sessions[1]?.client?.port).toBe(37100);
  });

  test('tells ages in seconds, and programs of this machine without an address', () => {
    const line = '0x7f: proto=unix_stream src=unix:7 fe=local be=app srv=app1 ts=00 epoch=0 age=2d3h calls=1';
    expect(parseSessions(line)).toEqual([
      { id: '0x7f', protocol: 'unix_stream', client: null, frontend: 'local', backend: 'app', server: 'app1', ageSeconds: 183_600 },
    ]);
    expect(parseSessions('0x7f: proto=tcpv4 ts=00\nnonsense\n\n')).toEqual([]);
  });

  test('tells of each what it moved, and nothing of those that have ended', () => {
    const moved = parseMoved(said('sess-each.txt'));
    expect([...moved.keys()].toSorted()).toEqual([...sessions.map(({ id }) => id)].toSorted());
    expect(moved.get(sessions[0]?.id ?? '')).toEqual({ bytesIn: 6, bytesOut: 11 });
    expect(parseMoved('Session not found.\n')).toEqual(new Map());
  });

  test('asks for as many at once as a line of HAProxy holds', () => {
    const ids = Array.from({ length: sessionsAtOnce }, () => `0x${'f'.repeat(16)}`);
    expect(showSession(ids).length).toBeLessThan(16_384);
  });
});

describe('show table', () => {
  test('tells the tables', () => {
    expect(parseTables(said('table.txt')).find(({ name }) => name === 'clients')).toEqual({
      name: 'clients',
      type: 'ipv6',
      size: 10_240,
      used: 3,
    });
    expect(parseTables('No such table\n')).toEqual([]);
  });

  test('tells entries with their counters', () => {
    const [entry] = parseEntries(said('table-clients.txt'));
    expect(entry).toMatchObject({
      key: '::ffff:203.0.113.102',
      used: 1,
      data: { conn_cur: 1, http_req_cnt: 2, 'http_req_rate(10000)': 2 },
    });
    expect(parseEntries(said('table-nums.txt'))).toEqual([{ key: '7', expiresMs: 0, used: 0, data: {} }]);
  });

  test('tells keys as clients sent them, whatever they look like', () => {
    const keys = parseEntries(said('table-tokens.txt')).map(({ key }) => key);
    // é came as one byte, which is no text
    expect(keys.toSorted()).toEqual(['a=b use=9 exp=1', 'back\\slash', 'caf\\xE9', 'plain', 'semi;colon', 'with space']);
    expect(parseEntries('0x1: key=caf\\xC3\\xA9\\e[2J use=0 exp=1 shard=0\n')[0]?.key).toBe('café\x1b[2J');
    expect(parseEntries('0x1: key=\\\\ use=0 exp=1 shard=0 gpc0=1\n')).toEqual([{ key: '\\', expiresMs: 1, used: 0, data: { gpc0: 1 } }]);
    expect(parseEntries('0x1: key= use=0 exp=1 shard=0\n')[0]?.key).toBe('');
  });

  test('asks for a key by one word of one command', () => {
    expect(showTable('clients', '2001:db8::1')).toBe('show table clients key 2001:db8::1\n');
    expect(showTable('tokens', 'a b;quit<<\\')).toBe('show table tokens key a\\ b\\;quit\\<\\<\\\\\n');
    expect(() => showTable('tokens', 'a\nquit')).toThrow();
  });
});
