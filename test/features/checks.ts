import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Canned, Origin } from '../support/haproxy-peer.ts';
import { servers, vips } from '../support/netns.ts';
import { app, numbered, serverOf, serversOf } from './app.ts';
import { shop } from './certificates.ts';
import type { Proof } from './proof.ts';
import { becomes, isDown, isUp, stateOf } from './states.ts';

const often = 'inter: 50ms, fall: 1, rise: 1';
const web = (backend: string) => app(backend).replace('    check: false\n', '');

const starts =
  (...origins: readonly Origin[]): NonNullable<Proof['prepare']> =>
  async ({ peer }) => {
    for (const origin of origins) await peer.up(origin);
  };

let port = 7000;

/** A check that finds a server well that answers as its protocol has it, and another down that says something else. */
function protocol(kind: string, key: string, check: string, directive: RegExp, well: Canned, ill: Canned): Proof {
  const at = port++;
  return {
    row: 'checks',
    what: `tests a server by ${kind}`,
    keys: [`backends.*.check.${key}`],
    document: `
frontends: { web: { mode: tcp, bind: [{ address: "*:80" }], default_backend: app } }
backends:
  app:
    check: { ${check}, ${often} }
    servers: { well: "${servers.app1}:${at}", ill: "${servers.app2}:${at}" }`,
    directive,
    prepare: starts(
      { name: `${key}-well`, address: servers.app1, port: at, kind: 'canned', canned: well },
      { name: `${key}-ill`, address: servers.app2, port: at, kind: 'canned', canned: ill },
    ),
    prove: async (stage) => {
      await becomes(stage, 'ill', isDown);
      await becomes(stage, 'well', ({ status, check_status = '' }) => status === 'UP' && check_status.startsWith('L7OK'));
    },
  };
}

/** A check by HTTP that app1 passes and app2 fails. */
function request(what: string, keys: readonly string[], check: string, directive: RegExp): Proof {
  return {
    row: 'checks',
    what,
    keys: keys.map((key) => `backends.*.check.${key}`),
    document: web(`    check: { ${check}, ${often} }\n${serversOf(2)}`),
    directive,
    prove: async (stage) => {
      await becomes(stage, 'app2', isDown);
      await becomes(stage, 'app1', ({ status, check_status = '' }) => status === 'UP' && check_status.startsWith('L7OK'));
    },
  };
}

/** A packet of MySQL: three bytes of length, a number, and what it says (MySQL's client/server protocol, "Packets"). */
const mysql = (number: number, text: string) => `${String.fromCharCode(text.length & 0xff, text.length >> 8, 0, number)}${text}`;
const capabilities = '\xff\xff\x08\x02\0\xff\xff\x15\0\0\0\0\0\0\0\0\0\0';
const mysqlGreeting = mysql(0, `\x0a8.0.0\0\x01\0\0\0abcdefgh\0${capabilities}abcdefghijkl\0mysql_native_password\0`);
const mysqlOk = mysql(2, '\0\0\0\x02\0\0\0');
const mysqlError = mysql(0, '\xff\x15\x04#08004no entry here');

/** Health checks, and what servers say of themselves. */
export const checks: readonly Proof[] = [
  protocol(
    'MySQL',
    'mysql',
    'mysql: { user: haproxy }',
    /^ {4}option mysql-check .*\n/,
    { greeting: mysqlGreeting, answers: [{ to: 'haproxy', say: mysqlOk }] },
    { greeting: mysqlError, ends: true },
  ),
  protocol(
    'PostgreSQL',
    'pgsql',
    'pgsql: { user: haproxy }',
    /^ {4}option pgsql-check .*\n/,
    { answers: [{ to: 'haproxy', say: 'R\0\0\0\x08\0\0\0\0' }] },
    { answers: [{ to: 'haproxy', say: 'nobody here' }] },
  ),
  protocol(
    'Redis',
    'redis',
    'redis: true',
    /^ {4}option redis-check\n/,
    { answers: [{ to: 'PING', say: '+PONG\r\n' }] },
    { answers: [{ to: 'PING', say: '-ERR\r\n', ends: true }] },
  ),
  protocol(
    'SMTP',
    'smtp',
    'smtp: { domain: lb.example }',
    /^ {4}option smtpchk .*\n/,
    {
      greeting: '220 mail ESMTP\r\n',
      answers: [
        { to: 'EHLO lb.example', say: '250 mail\r\n' },
        { to: 'QUIT', say: '221 bye\r\n', ends: true },
      ],
    },
    { greeting: '554 no service\r\n' },
  ),
  protocol(
    'LDAP',
    'ldap',
    'ldap: true',
    /^ {4}option ldap-check\n/,
    { answers: [{ to: '0', say: '0\x0c\x02\x01\x01a\x07\x0a\x01\0\x04\0\x04\0' }] },
    { answers: [{ to: '0', say: '0\x0c\x02\x01\x01a\x07\x0a\x01\x31\x04\0\x04\0' }] },
  ),
  protocol(
    'a script of text, bytes and log formats',
    'tcp-check',
    String.raw`tcp-check: [{ connect: {} }, { comment: greeting }, { expect: { rstring: "^220" } }, { send: 'STATE\r\n' }, { expect: { string: READY } }, { send-binary: "0102ff" }, { expect: { binary: "0304" } }, { set-var: { check.got: "res.payload(0,1),hex" } }, { send-lf: "%[str(lf)]-text" }, { expect: { rbinary: "^4F4B" } }, { send-binary-lf: "%[str(end),hex]" }, { expect: { string: gone, not: true, min-recv: 2 } }]`,
    /^ {4}(?:option tcp-check|tcp-check .*)\n/,
    {
      greeting: '220 here\r\n',
      answers: [
        { to: 'STATE\r\n', say: 'READY\r\n' },
        { to: '\x01\x02\xff', say: '\x03\x04' },
        { to: 'lf-text', say: 'OK' },
        { to: 'end', say: 'still' },
      ],
    },
    {
      greeting: '220 here\r\n',
      answers: [
        { to: 'STATE\r\n', say: 'READY\r\n' },
        { to: '\x01\x02\xff', say: '\x03\x04' },
        { to: 'lf-text', say: 'OK' },
        { to: 'end', say: 'gone' },
      ],
    },
  ),
  {
    row: 'checks',
    what: 'tests whether a server speaks TLS',
    keys: ['backends.*.check.ssl', 'backends.*.check.sni', 'backends.*.check.alpn'],
    document: `
frontends: { web: { mode: tcp, bind: [{ address: "*:80" }], default_backend: app } }
backends:
  app:
    check: { ssl: true, sni: shop.example, alpn: [http/1.1], ${often} }
    servers: { well: "${servers.app1}:8443", ill: "${servers.app1}:8080" }`,
    directive: / check-ssl check-sni \S+ check-alpn \S+/,
    prepare: starts({ name: 'tls', address: servers.app1, port: 8443, kind: 'http', tls: shop }),
    prove: async (stage) => {
      await becomes(stage, 'ill', ({ status = '', check_status = '' }) => status.startsWith('DOWN') && check_status.startsWith('L6'));
      await becomes(stage, 'well', ({ status, check_status }) => status === 'UP' && check_status === 'L6OK');
    },
  },
  {
    row: 'checks',
    what: 'takes a server out whose answer is another status, and back',
    keys: [
      'backends.*.check.GET',
      'backends.*.check.expect.status',
      'backends.*.check.inter',
      'backends.*.check.fall',
      'backends.*.check.rise',
    ],
    document: web(`    check: { GET: /healthz, expect: { status: [200, "204-205"] }, ${often} }\n${serversOf(2)}`),
    directive: /^ {4}(?:option httpchk|http-check .*)\n/,
    prove: async (stage) => {
      await stage.peer.sick('app1');
      try {
        await becomes(stage, 'app1', isDown);
        expect(new Set(await Promise.all(numbered(4, () => serverOf(stage, '/'))))).toEqual(new Set(['app2']));
      } finally {
        await stage.peer.well('app1');
      }
      await becomes(stage, 'app1', isUp);
    },
  },
  request('looks for a text in the answer', ['expect.string'], 'GET: /healthz, expect: { string: app1 }', /^ {4}http-check expect .*\n/),
  request(
    'looks for a regular expression in the answer',
    ['expect.rstring', 'expect.not'],
    'GET: /healthz, expect: { rstring: "app[2-9]", not: true }',
    /^ {4}http-check expect .*\n/,
  ),
  request(
    'looks at a header of the answer',
    ['HEAD', 'expect.fhdr'],
    'HEAD: /only/app1/type/text/plain, expect: { fhdr: { name: content-type, value: text, match: beg } }',
    /^ {4}http-check expect .*\n/,
  ),
  request(
    'asks several questions in steps',
    ['http-check', 'http-check.*.send', 'http-check.*.expect', 'http-check.*.comment', 'http-check.*.connect'],
    'http-check: [{ connect: {} }, { send: { meth: GET, uri: /healthz } }, { expect: { status: 200 } }, { connect: { port: 8080 } }, { comment: who are you }, { send: { meth: POST, uri: /healthz, hdr: { Host: shop.example }, body: ping } }, { expect: { string: app1 } }]',
    /^ {4}http-check expect string app1\n/,
  ),
  request(
    'asks with what variables say, and compares names of headers and values with it',
    [
      'http-check.*.set-var',
      'http-check.*.unset-var',
      'http-check.*.send.uri-lf',
      'http-check.*.send.body-lf',
      'http-check.*.expect.fhdr.name-match',
      'http-check.*.expect.fhdr.value-lf',
    ],
    'http-check: [{ connect: {} }, { set-var: { check.kind: str(text) } }, { send: { meth: POST, uri-lf: "/only/app1/type/%[var(check.kind)]/plain", body-lf: "of %[be_name]" } }, { expect: { fhdr: { name: Content-T, name-match: beg, value-lf: "%[var(check.kind)]", match: beg } } }, { unset-var: check.kind }]',
    /^ {4}http-check expect .*\n/,
  ),
  {
    row: 'checks',
    what: 'lets a server drain that answers 404',
    keys: ['backends.*.check.OPTIONS', 'backends.*.check.disable-on-404'],
    document: web(`    check: { OPTIONS: /only/app1/status/404, disable-on-404: true, ${often} }\n${serversOf(2)}`),
    directive: /^ {4}http-check disable-on-404\n/,
    prove: (stage) => becomes(stage, 'app1', ({ status }) => status === 'NOLB'),
  },
  {
    row: 'checks',
    what: 'tells servers how they are seen',
    keys: ['backends.*.check.send-state', 'backends.*.check.host', 'backends.*.check.headers.*'],
    document: `
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }
backends:
  app:
    check: { GET: /, host: shop.example, headers: { X-From: weir }, send-state: true, ${often} }
    servers: { app1: "${servers.app1}:7100" }`,
    directive: /^ {4}http-check send-state\n/,
    prepare: starts({
      name: 'told',
      address: servers.app1,
      port: 7100,
      kind: 'canned',
      canned: {
        answers: [
          { to: 'x-haproxy-server-state', say: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', ends: true },
          { to: '', say: 'HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n', ends: true },
        ],
      },
    }),
    prove: async (stage) => {
      await becomes(stage, 'app1', ({ check_status = '' }) => check_status.startsWith('L7'));
      expect(await stateOf(stage, 'app1')).toMatchObject({ check_status: 'L7OK' });
    },
  },
  {
    row: 'checks',
    what: 'tests one server at another port and address',
    keys: ['backends.*.servers.*.check.port', 'backends.*.servers.*.check.addr'],
    document: web(`    check: { ${often} }
    servers: { app1: { address: "${servers.app1}:8080", check: { port: 9, addr: ${servers.app3} } }, app2: "${servers.app2}:8080" }`),
    directive: / port 9 addr \S+/,
    prove: async (stage) => {
      await becomes(stage, 'app1', isDown);
      expect(isUp(await stateOf(stage, 'app2'))).toBe(true);
    },
  },
  {
    row: 'checks',
    what: 'looks more often at a server that is on its way down, and less often at one that is down',
    keys: ['backends.*.check.fastinter', 'backends.*.check.downinter'],
    document: web(`    check: { GET: /healthz, inter: 700ms, fastinter: 20ms, downinter: 10s, fall: 10, rise: 1 }\n${serversOf(1)}`),
    directive: / fastinter 20ms downinter 10s/,
    prove: async (stage) => {
      try {
        await stage.peer.sick('app1');
        await becomes(stage, 'app1', isDown);
      } finally {
        await stage.peer.well('app1');
      }
      await sleep(900);
      expect(isDown(await stateOf(stage, 'app1'))).toBe(true);
    },
  },
  {
    row: 'checks',
    what: 'takes the state of a server from another that is tested',
    keys: ['backends.*.servers.*.track'],
    document: web(`    check: { GET: /healthz, ${often} }
    servers: { app1: "${servers.app1}:8080", twin: { address: "${servers.app1}:8080", track: app/app1, check: false } }`),
    directive: / track app\/app1/,
    prove: async (stage) => {
      try {
        await stage.peer.sick('app1');
        await becomes(stage, 'twin', isDown);
      } finally {
        await stage.peer.well('app1');
      }
      await becomes(stage, 'twin', isUp);
    },
  },
  {
    row: 'check-logs',
    what: 'logs every change of a check result',
    keys: ['backends.*.option.log-health-checks'],
    document: web(`    check: { GET: /healthz, inter: 50ms, fall: 100, rise: 1 }
    option: { log-health-checks: true }
    extra: ["log ${servers.sorry}:514 format raw local1"]
${serversOf(1)}`),
    directive: /^ {4}option log-health-checks\n/,
    prepare: ({ peer }) => peer.collector({ name: 'collector', address: servers.sorry, port: 514, kind: 'udp' }),
    prove: async (stage) => {
      try {
        await stage.peer.sick('app1');
        const lines = await stage.peer.logged('collector', 1);
        expect(lines.join('\n')).toMatch(/Health check for server app\/app1 .*/);
      } finally {
        await stage.peer.well('app1');
      }
    },
  },
  {
    row: 'observe',
    what: 'marks a server down whose answers fail',
    keys: ['backends.*.default-server.observe', 'backends.*.default-server.error-limit', 'backends.*.default-server.on-error'],
    document: web(`    check: { inter: 10s }
    default-server: { observe: layer7, error-limit: 2, on-error: mark-down }
${serversOf(2)}`),
    directive: / observe layer7/,
    prove: async (stage) => {
      for (const _ of numbered(6, () => '')) await stage.peer.ask({ address: vips.main, port: 80, path: '/only/app1/status/500' });
      expect(isDown(await stateOf(stage, 'app1'))).toBe(true);
      expect(isUp(await stateOf(stage, 'app2'))).toBe(true);
    },
  },
  {
    row: 'observe',
    what: 'counts failed connections, and lets the checks decide sooner',
    keys: ['backends.*.servers.*.observe', 'backends.*.servers.*.on-error'],
    document: web(`    check: { GET: /healthz, inter: 10s, fastinter: 50ms, fall: 2 }
    option: { redispatch: 1 }
    servers:
      app1: { address: "${servers.app1}:9", observe: layer4, error-limit: 1, on-error: sudden-death, check: { port: 8080 } }
      app2: "${servers.app2}:8080"`),
    directive: / observe layer4/,
    prove: async (stage) => {
      try {
        await stage.peer.sick('app1');
        for (const _ of numbered(4, () => '')) await stage.peer.ask({ address: vips.main, port: 80, path: '/' });
        await becomes(stage, 'app1', isDown);
      } finally {
        await stage.peer.well('app1');
      }
    },
  },
  {
    row: 'agent-checks',
    what: 'gives a server the weight that it asks for',
    keys: [
      'backends.*.servers.*.agent-check.port',
      'backends.*.servers.*.agent-check.inter',
      'backends.*.servers.*.agent-check.send',
      'backends.*.servers.*.agent-check.addr',
    ],
    document: web(`    check: false
    servers:
      app1: { address: "${servers.app1}:8080", weight: 100, agent-check: { port: 5555, inter: 50ms, send: 'load?\\n', addr: ${servers.app3} } }
      app2: { address: "${servers.app2}:8080", weight: 100 }`),
    directive: / agent-send "load\?\\n"/,
    prepare: starts({
      name: 'agent',
      address: servers.app3,
      port: 5555,
      kind: 'canned',
      canned: { answers: [{ to: 'load?\n', say: 'up 25%\n', ends: true }] },
    }),
    prove: (stage) => becomes(stage, 'app1', ({ weight }) => weight === '25'),
  },
  {
    row: 'agent-checks',
    what: 'lets a server drain that says so',
    keys: ['backends.*.default-server.agent-check'],
    document: web(`    check: false
    default-server: { agent-check: { port: 5556, inter: 50ms } }
${serversOf(2)}`),
    directive: / agent-check agent-port 5556 agent-inter 50ms/,
    prepare: starts(
      { name: 'draining', address: servers.app1, port: 5556, kind: 'canned', canned: { greeting: 'drain\n', ends: true } },
      { name: 'ready', address: servers.app2, port: 5556, kind: 'canned', canned: { greeting: 'up ready 100%\n', ends: true } },
    ),
    prove: async (stage) => {
      await becomes(stage, 'app1', ({ status }) => status === 'DRAIN (agent)' || status === 'DRAIN');
      expect(new Set(await Promise.all(numbered(4, () => serverOf(stage, '/'))))).toEqual(new Set(['app2']));
    },
  },
];
