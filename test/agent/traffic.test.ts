import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Requests } from '../../appliance/agent/request.ts';
import { readSessions, readStats, readTable, readTables } from '../../appliance/agent/traffic.ts';
import type { Answer } from '../../appliance/host/host.ts';

const said = (name: string) => readFileSync(join(import.meta.dirname, '../proxy/answers', name), 'utf8');
const answers: readonly (readonly [RegExp, string])[] = [
  [/^show stat -1/, said('stat.csv')],
  [/^show stat app /, said('stat.csv')],
  [/^show stat /, said('stat-none.csv')],
  [/^show sess$/, said('sess.txt')],
  [/^show sess 0x/, said('sess-each.txt')],
  [/^show table$/, said('table.txt')],
  [/^show table clients$/, said('table-clients.txt')],
  [/^show table clients key no/, 'Invalid key\n\n'],
  [/^show table clients key/, '\n'],
];

/** HAProxy as it was when its answers were captured; or one that keeps silent. */
function haproxy(silence: Extract<Answer, { kind: 'silence' }>['reason'] | null = null) {
  const asked: string[] = [];
  return {
    asked,
    now: () => 1_000,
    ask: async (_socket: string, command: string): Promise<Answer> => {
      asked.push(command.replace(/^@1 /, ''));
      if (silence !== null) return { kind: 'silence', reason: silence };
      const found = answers.find(([pattern]) => pattern.test(command.replace(/^@1 /, '').trim()));
      return { kind: 'answer', text: found?.[1] ?? '' };
    },
  };
}

const all: Requests['sessions'] = { frontend: null, backend: null, server: null, source: null, limit: 100 };

describe('what HAProxy does', () => {
  test('is told of all, or of one backend', async () => {
    expect(await readStats(haproxy(), null)).toMatchObject({ kind: 'read', read: { at: 1000 } });
    expect(await readStats(haproxy(), 'app')).toMatchObject({ kind: 'read' });
    expect(await readStats(haproxy(), 'ap')).toEqual({
      kind: 'refused',
      status: 404,
      message: 'there is no backend "ap"',
      hint: 'did you mean "app"?',
    });
  });

  test('is not known where HAProxy does not run or answer', async () => {
    for (const read of [
      (host: ReturnType<typeof haproxy>) => readStats(host, null),
      (host: ReturnType<typeof haproxy>) => readSessions(host, all),
      (host: ReturnType<typeof haproxy>) => readTables(host),
      (host: ReturnType<typeof haproxy>) => readTable(host, { name: 'clients', key: null, by: null, limit: 10 }),
    ]) {
      expect(await read(haproxy('absent'))).toMatchObject({ kind: 'refused', status: 503, message: 'HAProxy does not run here' });
      expect(await read(haproxy('timeout'))).toMatchObject({ kind: 'refused', status: 503, message: 'HAProxy does not answer' });
    }
  });
});

describe('sessions', () => {
  const found = async (asked: Partial<Requests['sessions']>) => {
    const reading = await readSessions(haproxy(), { ...all, ...asked });
    if (reading.kind === 'refused') return reading.message + (reading.hint ?? '');
    return reading.read.sessions.map(({ client, backend, server }) => `${client?.address} ${backend}/${server}`);
  };

  test('are chosen by frontend, backend, server and source', async () => {
    expect(await found({})).toHaveLength(4);
    expect(await found({ frontend: 'web' })).toEqual(['2001:db8:1::100 app/app1', '203.0.113.102 app/app1']);
    expect(await found({ backend: 'echo', server: 'echo' })).toEqual(['203.0.113.100 echo/echo']);
    expect(await found({ source: '203.0.113.102' })).toEqual(['203.0.113.102 app/app1']);
    expect(await found({ source: '2001:db8:1::/48' })).toEqual(['2001:db8:1::100 app/app1']);
    expect(await found({ source: '203.0.113.0/24', limit: 2 })).toHaveLength(2);
  });

  test('tell what they moved, and how many there are beside those shown', async () => {
    const reading = await readSessions(haproxy(), { ...all, limit: 1 });
    expect(reading).toMatchObject({ kind: 'read', read: { count: 4, sessions: [{ moved: { bytesIn: 6, bytesOut: 11 } }] } });
  });

  test('of what is not there are refused, with what was meant', async () => {
    expect(await found({ frontend: 'wed' })).toBe('there is no frontend "wed"did you mean "web"?');
    expect(await found({ server: 'app9' })).toContain('there is no server "app9"');
    expect(await found({ source: 'office' })).toBe('"office" is neither an address nor a network');
  });
});

describe('stick tables', () => {
  test('are listed by name', async () => {
    expect(await readTables(haproxy())).toMatchObject({
      read: [{ name: 'bins' }, { name: 'clients' }, { name: 'nums' }, { name: 'tokens' }],
    });
  });

  test('show those with the most first', async () => {
    const of = { name: 'clients', key: null, limit: 1 } as const;
    expect(await readTable(haproxy(), { ...of, by: 'http_req_cnt' })).toMatchObject({
      read: { count: 3, entries: [{ key: '::ffff:203.0.113.100' }] },
    });
    expect(await readTable(haproxy(), { ...of, by: 'http_req_rate' })).toMatchObject({ kind: 'read' });
    expect(await readTable(haproxy(), { ...of, by: 'gpc9' })).toMatchObject({ status: 404, message: 'there is no counter "gpc9"' });
  });

  test('refuse a table, a key or an entry that is not there', async () => {
    const of = { by: null, limit: 10 };
    expect(await readTable(haproxy(), { ...of, name: 'client', key: null })).toMatchObject({ hint: 'did you mean "clients"?' });
    expect(await readTable(haproxy(), { ...of, name: 'clients', key: 'nobody' })).toMatchObject({
      message: expect.stringContaining('not a key'),
    });
    expect(await readTable(haproxy(), { ...of, name: 'clients', key: '192.0.2.1' })).toMatchObject({
      message: 'the table "clients" has no entry "192.0.2.1"',
    });
  });
});
