import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerWordsOf, parseLogLine } from '../../proxy/haproxy/log-line.ts';
import { connectionTally, errorTally } from '../../proxy/haproxy/log-tally.ts';
import {
  halogArguments,
  otherLinesArguments,
  parseCounts,
  parsePercentiles,
  parseServers,
  parseSummary,
  parseUrls,
  printable,
} from '../../proxy/haproxy/logs.ts';
import { explainCookie, explainTermination } from '../../proxy/haproxy/termination.ts';

// What HAProxy 3.0.11 wrote through the image's rsyslog, and what its halog said of it.
const http =
  '2026-11-23T13:21:57.194802+00:00 haproxy[36]: 127.0.0.1:51750 [23/Nov/2026:13:21:56.590] web down/app1 0/604/-1/-1/604 503 217 - - SC-- 1/1/0/0/3 0/0 "GET /down/x HTTP/1.1"';
const tcp =
  '2026-11-23T13:21:59.521365+00:00 haproxy[36]: 127.0.0.1:40234 [23/Nov/2026:13:21:58.916] broken broken/app1 605/-1/605 0 SC 2/1/0/0/3 0/0';
const normal =
  '2026-11-23T13:21:58.915043+00:00 haproxy[36]: [::1]:44554 [23/Nov/2026:13:21:58.914] echo echo/app1 1/2/30 5 -- 2/1/0/0/0 0/0';
const refused =
  '2026-11-23T13:21:59.522797+00:00 haproxy[36]: 127.0.0.1:33480 [23/Nov/2026:13:21:59.522] proxied/1: Received something which does not look like a PROXY protocol header';
const event = '2026-11-23T13:21:59.522797+00:00 haproxy[36]: Server shop/app1 is DOWN, reason: Layer4 timeout, check duration: 2001ms.';

const always = { since: null, until: null };
const ours = { headerWords: 2, span: always };

describe('the arguments of halog', () => {
  test('count the words before the client from the usual five', () => {
    expect(halogArguments(ours, ['-tc'])).toEqual(['-s', '-2', '-H', '-tc']);
    expect(halogArguments({ ...ours, headerWords: 5 }, ['-tc'])).toEqual(['-s', '1', '-H', '-tc']);
    expect(otherLinesArguments(ours)).toEqual(['-s', '-2', '-H', '-v', '-q']);
  });

  test.each([
    [{ since: 10, until: null }, '10'],
    [{ since: null, until: 20 }, ':20'],
    [{ since: 10, until: 20 }, '10:20'],
  ])('leave open what is open: %j', (span, time) => {
    expect(halogArguments({ ...ours, span }, ['-st'])).toEqual(['-s', '-2', '-H', '-time', time, '-st']);
  });
});

describe('the answers of halog', () => {
  test('its summary is the last line of all that it complains of', () => {
    expect(parseSummary('Truncated line 3: x\n2555279 lines in, 3 lines out, 7 parsing errors\n')).toEqual({ lines: 2555279, unknown: 7 });
    expect(parseSummary('5 lines in, 3 lines out, 7 parsing errors\nTruncated')).toBeNull();
  });

  test('codes come by their frequency, whatever their characters', () => {
    expect(parseCounts('-- 2345892\nSC 93062\nsH 116325\n\u001bH 1\n')).toEqual([
      { code: '--', count: 2345892 },
      { code: 'sH', count: 116325 },
      { code: 'SC', count: 93062 },
      { code: '\\x1bH', count: 1 },
    ]);
    expect(parseCounts('-1 4\n200 9\n')).toEqual([
      { code: '200', count: 9 },
      { code: '-1', count: 4 },
    ]);
  });

  test('URLs keep their order', () => {
    expect(
      parseUrls(
        '#req err ttot tavg oktot okavg bavg btot src\n54286 7756 2900352 53 2512552 54 11814 641347920 /path/464/item\n1 1 0 0 0 0 0 0 "<BADREQ>"\n',
      ),
    ).toEqual([
      {
        name: '/path/464/item',
        requests: 54286,
        unserved: 7756,
        totalMs: 2900352,
        averageMs: 53,
        servedAverageMs: 54,
        averageBytes: 11814,
        totalBytes: 641347920,
      },
      { name: '"<BADREQ>"', requests: 1, unserved: 1, totalMs: 0, averageMs: 0, servedAverageMs: 0, averageBytes: 0, totalBytes: 0 },
    ]);
  });

  test('servers come by their requests', () => {
    const heading = '#srv_name 1xx 2xx 3xx 4xx 5xx other tot_req req_ok pct_ok avg_ct avg_rt\n';
    expect(
      parseServers(
        `${heading}shop/app2 1 7754 2 3 4 5 7769 7755 100.0 1 171\nshop/app1 0 2171411 0 166726 209387 0 2547524 2431199 95.4 1 92\n`,
      ),
    ).toEqual([
      {
        server: 'shop/app1',
        requests: 2547524,
        status: { '1xx': 0, '2xx': 2171411, '3xx': 0, '4xx': 166726, '5xx': 209387, none: 0 },
        complete: 2431199,
        averageConnectMs: 1,
        averageResponseMs: 92,
      },
      {
        server: 'shop/app2',
        requests: 7769,
        status: { '1xx': 1, '2xx': 7754, '3xx': 2, '4xx': 3, '5xx': 4, none: 5 },
        complete: 7755,
        averageConnectMs: 1,
        averageResponseMs: 171,
      },
    ]);
  });

  test('percentiles are of four times', () => {
    expect(parsePercentiles('50.0 6 0 1 88 2 \n99.9 12 0 1 193 -4 \n')).toEqual([
      { percent: 50, requestMs: 0, connectMs: 1, responseMs: 88, dataMs: 2 },
      { percent: 99.9, requestMs: 0, connectMs: 1, responseMs: 193, dataMs: -4 },
    ]);
  });
});

describe('a line of the log', () => {
  test('is a request, a connection, or one that was refused', () => {
    const second = Date.UTC(2026, 10, 23, 13, 21, 58) / 1000;
    expect(parseLogLine(http, 2)).toEqual({ kind: 'http', second: second - 2, status: 503, termination: 'SC', server: 'down/app1' });
    const connection = { kind: 'tcp', second, client: '127.0.0.1', termination: 'SC', server: 'broken/app1' };
    expect(parseLogLine(tcp, 2)).toEqual({ ...connection, connectMs: -1, totalMs: 605, bytes: 0 });
    expect(parseLogLine(normal, 2)).toMatchObject({ client: '[::1]', connectMs: 2, totalMs: 30, bytes: 5, termination: '--' });
    expect(parseLogLine(refused, 2)).toEqual({
      kind: 'refused',
      second: second + 1,
      client: '127.0.0.1',
      listener: 'proxied/1',
      message: 'Received something which does not look like a PROXY protocol header',
    });
    expect(parseLogLine(event, 2)).toBeNull();
    expect(parseLogLine(http, 5)).toBeNull();
  });

  test('logged before its end (logasap) has its times with a plus', () => {
    expect(parseLogLine(tcp.replace('605/-1/605 0', '605/3/+605 +7'), 2)).toMatchObject({ connectMs: 3, totalMs: 605, bytes: 7 });
  });

  test('is found behind any syslog header', () => {
    const behind = (header: string) => headerWordsOf([event, ...[http, tcp].map((line) => line.replace(/^\S+ \S+/, header))]);
    expect(behind('2026-11-23T13:21:57.194802+00:00 haproxy[36]:')).toBe(2);
    expect(behind('2026-11-23T13:21:57.194802+00:00 lb1 haproxy[36]:')).toBe(3);
    expect(behind('Nov 23 13:21:57 lb1 haproxy[36]:')).toBe(5);
    expect(headerWordsOf([event, '', 'x'])).toBeNull();
  });

  test('may be anything at all: nothing of it fails, and nothing that a terminal obeys comes through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(http, tcp, refused), fc.nat(200), fc.nat(9), (noise, line, at, words) => {
        const [errors, connections] = [errorTally, connectionTally].map((tally) => tally({ headerWords: words, span: always }));
        for (const tally of [errors, connections]) tally?.add(`${line.slice(0, at)}${noise}${line.slice(at)}\n`);
        const found = [errors, connections].map((tally) => Object.entries(tally?.end() ?? {}).map(([key, value]) => [key, value]));
        const texts = (value: unknown): readonly string[] =>
          typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
        for (const text of texts(found)) expect(printable(text)).toBe(text);
      }),
    );
  });
});

describe('tallies', () => {
  const log = `${[http, tcp, event, normal, refused, http].join('\n')}\n`;
  const pieces = (size: number) => Array.from({ length: Math.ceil(log.length / size) }, (_, at) => log.slice(at * size, (at + 1) * size));

  test.each([1, 7, 100, 100_000])('count the same in pieces of %i characters', (size) => {
    const [errors, connections] = [errorTally(ours), connectionTally(ours)];
    for (const piece of pieces(size)) {
      errors.add(piece);
      connections.add(piece);
    }
    expect(errors.end()).toMatchObject({
      lines: 5,
      uncounted: 0,
      errors: [
        { kind: 'http', status: 503, termination: 'SC', where: 'down/app1', count: 2 },
        { kind: 'tcp', termination: 'SC', where: 'broken/app1', count: 1 },
        { kind: 'refused', where: 'proxied/1', count: 1 },
      ],
    });
    expect(connections.end()).toEqual({
      lines: 5,
      uncounted: 0,
      connections: 2,
      refused: 1,
      terminations: [
        { code: 'SC', count: 1 },
        { code: '--', count: 1 },
      ],
      clients: [
        { code: '127.0.0.1', count: 1 },
        { code: '[::1]', count: 1 },
      ],
      servers: [
        { server: 'broken/app1', connections: 1, complete: 0, averageConnectMs: 0, averageTotalMs: 605, bytes: 0 },
        { server: 'echo/app1', connections: 1, complete: 1, averageConnectMs: 2, averageTotalMs: 30, bytes: 5 },
      ],
    });
  });

  test('a last line without its end counts, and only lines within the span', () => {
    const second = Date.UTC(2026, 10, 23, 13, 21, 58) / 1000;
    const within = (since: number | null, until: number | null) => {
      const tally = connectionTally({ headerWords: 2, span: { since, until } });
      tally.add(`${tcp}\n${normal}`);
      return tally.end().connections;
    };
    expect([within(null, null), within(second, second), within(second + 1, null), within(null, second - 1)]).toEqual([2, 2, 0, 0]);
  });

  test('no log fills the memory: beyond 200,000 clients further ones are counted together', () => {
    const tally = connectionTally(ours);
    for (let client = 0; client < 200_010; client++)
      tally.add(`${normal.replace('[::1]', `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`)}\n`);
    const { connections, clients, uncounted } = tally.end();
    expect([connections, clients.length, uncounted]).toEqual([200_010, 200_000, 10]);
  });
});

describe('the words of a termination state', () => {
  const [causes, stages] = ['CSPLRIDUKcs-', 'RQCHDLT-'];
  const [sent, returned] = ['NIDVEOU-', 'NIUPRD-'];
  const all = (first: string, second: string) => [...first].flatMap((one) => [...second].map((two) => `${one}${two}`));

  test('every pair has a sentence of its own', () => {
    const ends = all(causes, stages);
    expect(ends).toHaveLength(96);
    expect(new Set(ends.map(explainTermination)).size).toBe(96);
    const cookies = all(sent, returned);
    expect(new Set(cookies.map(explainCookie)).size).toBe(56);
    for (const words of [...ends.map(explainTermination), ...cookies.map(explainCookie)]) expect(words).toMatch(/^[A-Z][^\n]+\.$/);
    for (const words of [...ends.map(explainTermination), ...cookies.map(explainCookie)]) expect(words).not.toMatch(/^Not a/);
  });

  test('both characters tell', () => {
    expect(explainTermination('sH')).toContain('"timeout server"');
    expect(explainTermination('KD')).toBe('Somebody who administers HAProxy ended it while data went to and fro.');
    expect(explainTermination('DH')).toContain('because the server went down');
    expect(explainCookie('VN')).toBe('The client sent a valid cookie, and none was set.');
  });

  test.each(['', 'S', 'xx', 'SX', 'XH', '__proto__', 'constructor', '---', '\u001b['])('what is none has none: %j', (flags) => {
    expect(explainTermination(flags)).toBe('Not a termination state of HAProxy 3.0.');
    expect(explainCookie(flags)).toBe('Not a cookie state of HAProxy 3.0.');
  });
});

test('what is shown holds nothing that a terminal obeys', () => {
  expect(printable('/é/\u001b]0;x\u0007\u009b\u007f\u202e\n\ufeff')).toBe('/é/\\x1b]0;x\\x07\\x9b\\x7f\\u{202e}\\x0a\\u{feff}');
});
