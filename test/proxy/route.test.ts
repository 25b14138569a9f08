import { describe, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { chooseBind, proxyHeader } from '../../proxy/haproxy/route/chosen-bind.ts';
import { privateConfig } from '../../proxy/haproxy/route/private-config.ts';
import { type Asked, parseQuestion, type Question, requestText } from '../../proxy/haproxy/route/question.ts';
import { hasEnded, isWholeResponse, parseResponse, readRoute } from '../../proxy/haproxy/route/reading.ts';
import type { DataPlane } from '../../proxy/model.ts';
import { caseNames, readCase } from '../support/cases.ts';

const nothing: Omit<Asked, 'request'> = { source: null, to: null, headers: [] };

function asked(request: string, more: Partial<Asked> = {}): Question {
  const question = parseQuestion({ ...nothing, request, ...more });
  if ('objections' in question) throw new Error(JSON.stringify(question.objections));
  return question;
}

function planeOf(text: string): DataPlane {
  const source = `version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n${text}`;
  const { config, problems } = load(source, { file: 'config.yaml', files: null });
  if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
  return config.proxy;
}

describe('a question', () => {
  test('is a method, a host, a port and a path as it stands, dots and percent signs too', () => {
    expect(asked('POST https://Shop.Example:8443/a/../b%2f?x=1')).toMatchObject({
      kind: 'http',
      isTls: true,
      method: 'POST',
      host: 'shop.example',
      port: 8443,
      path: '/a/../b%2f?x=1',
      headers: [['Host', 'shop.example:8443']],
    });
    expect(asked('http://[2001:DB8::1]?q')).toMatchObject({
      method: 'GET',
      host: '2001:db8::1',
      port: 80,
      path: '/?q',
      headers: [['Host', '[2001:db8::1]']],
    });
    expect(asked('tcp://192.0.2.1:5432')).toMatchObject({ kind: 'tcp', host: '192.0.2.1', port: 5432 });
  });

  test('has the host that a header says, and is closed by its own words', () => {
    const question = asked('http://a.example/', { headers: ['host: b.example', 'X-A:  y '] });
    expect(question.kind === 'http' && requestText(question)).toBe(
      'GET / HTTP/1.1\r\nhost: b.example\r\nX-A: y\r\nConnection: close\r\n\r\n',
    );
  });

  test('is told all that is wrong with it at once', () => {
    const { objections } = parseQuestion({ request: 'ftp://x', source: 'x', to: 'y', headers: ['z'] }) as {
      objections: readonly unknown[];
    };
    expect(objections).toHaveLength(4);
  });
});

describe('a bind', () => {
  const plane = planeOf(`
frontends:
  any: { bind: [{ address: "*:81" }, { address: "[::]:8080" }, { address: "*:9000-9010" }], default_backend: app }
  one: { bind: [{ address: "203.0.113.1:80" }, { address: "[2001:db8::1]:80" }], default_backend: app }
  two: { bind: [{ address: "203.0.113.2:80" }], default_backend: app }
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`);
  const at = (request: string, more: Partial<Asked> = {}) => {
    const chosen = chooseBind(plane, asked(request, more));
    return 'message' in chosen ? chosen.message : `${chosen.frontend.name}[${chosen.index}] ${proxyHeader(chosen.ends).trim()}`;
  };

  test('takes what goes to its address and port, from clients of its family', () => {
    expect(at('http://203.0.113.1/')).toBe('one[0] PROXY TCP4 192.0.2.1 203.0.113.1 40000 80');
    expect(at('http://a.example/', { to: '203.0.113.2' })).toBe('two[0] PROXY TCP4 192.0.2.1 203.0.113.2 40000 80');
    expect(at('http://a.example/', { to: '2001:db8:0::1' })).toBe('one[1] PROXY TCP6 2001:db8::1 2001:db8:0::1 40000 80');
    expect(at('http://a.example/', { source: '2001:db8::7' })).toBe('one[1] PROXY TCP6 2001:db8::7 2001:db8::1 40000 80');
    expect(at('http://a.example:8080/', { to: '203.0.113.9' })).toBe('any[1] PROXY TCP4 192.0.2.1 203.0.113.9 40000 8080');
    expect(at('http://a.example:8080/', { source: '2001:db8::7' })).toBe('any[1] PROXY TCP6 2001:db8::7 2001:db8::80 40000 8080');
    expect(at('http://a.example:9004/')).toBe('any[2] PROXY TCP4 192.0.2.1 192.0.2.80 40000 9004');
  });

  test('that several frontends have, or none, is an objection', () => {
    expect(at('http://a.example/')).toMatch(
      /^several frontends take port 80: frontends\.one\.bind\[0\] \(203\.0\.113\.1:80\), frontends\.one/,
    );
    expect(at('http://a.example:9011/')).toBe('no bind takes port 9011');
    expect(at('http://a.example:81/', { source: '2001:db8::9' })).toBe('no bind takes port 81 for a client at 2001:db8::9');
    expect(at('http://203.0.113.1/', { source: '2001:db8::9' })).toBe('a client at 2001:db8::9 does not reach 203.0.113.1');
    expect(at('tcp://203.0.113.1:80')).toMatch(/speaks HTTP$/);
  });
});

describe('a private HAProxy', () => {
  test.each(caseNames)('has nothing that reaches others, for each bind of %s', (name) => {
    const plane = readCase(name).config.proxy;
    for (const frontend of plane.frontends) {
      for (const [index, bind] of frontend.binds.entries()) {
        const { config } = privateConfig(plane, { frontend, index, bind, ends: null }, '/tmp/x');
        // sections that are disabled have their tables and nobody to tell
        const lines = config.replaceAll(/^peers \S+\n {4}disabled\n/gm, '').split('\n');
        expect(
          lines.filter((line) => /^ {4}(?:bind|server|server-template|stats socket) /.test(line) && !/(?:unix@)?\/tmp\/x\//.test(line)),
        ).toEqual([]);
        expect(lines.filter((line) => /^ {4}log /.test(line))).toEqual(
          expect.arrayContaining(['    log stdout len 65535 format raw local0']),
        );
        expect(lines.filter((line) => /^ {4}log (?!stdout|global)/.test(line))).toEqual([]);
        const reaching =
          /^(?:peers|resolvers|mailers|ring|log-forward)\b|^ {4}(?:chroot|user|group|stats-file|server-state-file|localpeer|stats socket|email-alert|use-fcgi-app|filter spoe|option .*chk)\b| (?:check|agent-check|peers|resolvers|ocsp-update)\b/;
        expect(lines.filter((line) => !line.includes('#') && !line.startsWith('    timeout ') && reaching.test(line))).toEqual([]);
      }
    }
  });

  const plane = planeOf(`
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request: [{ deny: 403, if: [{ path: /a }, { path: /b }] }, { set-header: { X: y } }]
    default_backend: app
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`);
  const chosen = chooseBind(plane, asked('http://a.example/'));
  if ('message' in chosen) throw new Error(chosen.message);
  const made = privateConfig(plane, chosen, '/tmp/x');

  test('notes what holds before it is done', () => {
    const rules = made.config.split('\n').filter((line) => /sess\.weir\.trace\)\] \d| deny |set-header X y/.test(line));
    expect(
      rules.map((line) =>
        line.trim().replace(/^http-request set-var-fmt\(sess.weir.trace\) '%\[var\(sess.weir.trace\)\] (\d+)'/, 'note $1'),
      ),
    ).toEqual([
      'note 0',
      'note 1 if { path -- /a }',
      'note 2 if { path -- /b }',
      'note 3 if { path -- /a } or { path -- /b }',
      'http-request deny status 403 default-errorfiles if { path -- /a } or { path -- /b }',
      'note 4',
      'http-request set-header X y',
    ]);
  });

  test('is read: what was looked at, what held, and what ended it', () => {
    const read = (log: string, response: string) => readRoute(plane, chosen, made, { log, response });
    const denied = read('weir-route web <NOSRV> 403 PR-- 99  0 2 3\n', 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    expect(denied).toMatchObject({ backend: null, answer: { status: 403, by: ['frontends', 'web', 'http-request', 0] } });
    expect(denied.steps).toEqual([
      {
        at: ['frontends', 'web', 'http-request', 0],
        held: true,
        because: [
          { text: 'path: /a', held: false },
          { text: 'path: /b', held: true },
        ],
      },
    ]);
    const served = read('weir-server GET L3g= SG9zdDogYQ0KDQo=\nweir-route app app1 200 ---- -  0 4\n', 'HTTP/1.1 200 OK\r\n\r\n');
    expect(served).toMatchObject({
      backend: 'app',
      server: 'app1',
      answer: null,
      forwarded: { method: 'GET', path: '/x', headers: [['host', 'a']] },
    });
    expect(served.steps.map(({ held }) => held)).toEqual([false, true]);
    // a log that was cut, or is none
    expect(read('', '')).toMatchObject({ backend: null, answer: { status: null, by: null } });
    expect(hasEnded('weir-route app app1 200')).toBe(false);
  });
});

test('a response is whole by its length, its last chunk, or its kind', () => {
  const head = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`;
  const hint = head('HTTP/1.1 103 Early Hints', 'link: </a>');
  expect(parseResponse(hint)).toBeNull();
  expect(parseResponse(`${hint}${head('HTTP/1.1 404 Not Found', 'Location: /x')}`)).toEqual({ status: 404, headers: [['location', '/x']] });
  expect(isWholeResponse('GET', `${head('HTTP/1.1 200 OK', 'content-length: 2')}o`)).toBe(false);
  expect(isWholeResponse('GET', `${head('HTTP/1.1 200 OK', 'content-length: 2')}ok`)).toBe(true);
  expect(isWholeResponse('GET', head('HTTP/1.1 200 OK', 'transfer-encoding: chunked'))).toBe(false);
  expect(isWholeResponse('HEAD', head('HTTP/1.1 200 OK', 'content-length: 2'))).toBe(true);
  expect(parseResponse('not HTTP')).toBeNull();
});
