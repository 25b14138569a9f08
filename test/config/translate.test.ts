import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../appliance/config/config.ts';
import { formatProblem, load } from '../../appliance/config/load.ts';
import { answered, checkSettings, redirected } from '../proxy/example.ts';

const base =
  'version: 1\nnodes: { lb1: { links: { front: { mac: "52:54:00:00:00:AA", addresses: [192.0.2.2/24, "2001:DB8::0:2/64"], gateway: 192.0.2.1 } } } }\n';

function config(text: string): Config {
  const { config: loaded, problems } = load(text, { file: 'config.yaml', files: null });
  if (loaded === null) throw new Error(problems.map(formatProblem).join('\n'));
  return loaded;
}

const whole = config(readFileSync(join(import.meta.dirname, '../cases/whole-document/config.yaml'), 'utf8'));
const frontend = (text: string) =>
  config(
    `${base}frontends:\n  web: { bind: [{ address: "*:80" }], default_backend: app, ${text} }\nbackends: { app: { servers: { a: 10.0.0.1:80 } } }\n`,
  ).proxy.frontends[0];
const backend = (text: string, mode = 'http') =>
  config(`${base}frontends:\n  web: { mode: ${mode}, bind: [{ address: "*:80" }], default_backend: app }\nbackends:\n  app: { ${text} }\n`)
    .proxy.backends[0];

describe('a document in long form', () => {
  test('a bind on a VIP has its addresses, HTTP over TLS offers HTTP/2', () => {
    const addresses = ['203.0.113.10', '2001:db8:1::10'];
    const ssl = { certificates: ['shop', 'api'], alpn: ['h2', 'http/1.1'], options: {}, quic: false };
    expect(whole.proxy.frontends[0]?.binds).toEqual([
      { kind: 'tcp', addresses, port: 80, lastPort: 80, ssl: null, acceptProxy: false, options: {} },
      { kind: 'tcp', addresses, port: 443, lastPort: 443, ssl, acceptProxy: false, options: {} },
    ]);
  });

  test.each([
    ['"*:80"', '*', 80],
    ['"0.0.0.0:80"', '*', 80],
    ['"[::]:8443"', '::', 8443],
    ['"192.0.2.2:81"', '192.0.2.2', 81],
    ['"[2001:DB8:0::2]:82"', '2001:db8::2', 82],
    ['"*", port: 83', '*', 83],
    ['"2001:db8::2", port: 84', '2001:db8::2', 84],
  ])('a bind at %s', (address, host, port) => {
    const { proxy } = config(
      `${base}frontends: { web: { bind: [{ address: ${address} }], default_backend: app } }\nbackends: { app: { servers: { a: 10.0.0.1:80 } } }\n`,
    );
    expect(proxy.frontends[0]?.binds).toEqual([
      { kind: 'tcp', addresses: [host], port, lastPort: port, ssl: null, acceptProxy: false, options: {} },
    ]);
  });

  test.each([
    ['', '666'],
    [', mode: 666', '666'],
    [', mode: 0600', '600'],
  ])('a bind on a UNIX socket%s lets %s connect', (mode, expected) => {
    const { proxy } = config(
      `${base}frontends: { web: { bind: [{ unix: /run/app.sock${mode} }], default_backend: app } }\nbackends: { app: { servers: { a: 10.0.0.1:80 } } }\n`,
    );
    expect(proxy.frontends[0]?.binds).toEqual([
      { kind: 'unix', path: '/run/app.sock', mode: expected, ssl: null, acceptProxy: false, options: {} },
    ]);
  });

  test('links: carriers, VLANs, DHCP and addresses in their one spelling', () => {
    expect(whole.nodes.lb1?.links.front).toEqual({
      name: 'front',
      carrier: {
        kind: 'bond',
        mode: '802.3ad',
        members: [
          { kind: 'pci', pci: '0000:3b:00.0' },
          { kind: 'pci', pci: '0000:3b:00.1' },
        ],
      },
      vlan: 120,
      role: 'service',
      addresses: ['203.0.113.2/24', '2001:db8:1::2/64'],
      dhcp: 'no',
      gateways: ['203.0.113.1', '2001:db8:1::1'],
      routes: [],
      mtu: null,
    });
    const { front } = config(base).nodes.lb1?.links ?? {};
    expect(front).toMatchObject({
      carrier: { kind: 'mac', mac: '52:54:00:00:00:aa' },
      addresses: ['192.0.2.2/24', '2001:db8::2/64'],
      gateways: ['192.0.2.1'],
    });
    const dhcp = (word: string) =>
      config(`version: 1\nnodes: { lb1: { links: { front: { pci: "0000:5E:00.0", addresses: ${word} } } } }\n`).nodes.lb1?.links.front;
    expect([dhcp('dhcp')?.dhcp, dhcp('dhcp4')?.dhcp, dhcp('dhcp6')?.dhcp, dhcp('[]')?.dhcp]).toEqual(['yes', 'ipv4', 'ipv6', 'no']);
    expect(dhcp('dhcp')?.carrier).toEqual({ kind: 'pci', pci: '0000:5e:00.0' });
  });

  test('conditions: a word is an ACL, a map all of its keys, a list any of its items, unless is not', () => {
    expect(whole.proxy.acls.map(({ condition }) => condition)).toEqual([
      { kind: 'sample', sample: 'src', test: { kind: 'patterns', patterns: ['198.51.100.0/24', '2001:db8:9::/48'] } },
      {
        kind: 'all',
        of: [
          { kind: 'sample', sample: 'ssl_c_used', test: { kind: 'is', value: true } },
          { kind: 'sample', sample: 'ssl_c_verify', test: { kind: 'patterns', patterns: ['0'] } },
        ],
      },
      {
        kind: 'any',
        of: [
          { kind: 'sample', sample: 'path_beg', test: { kind: 'patterns', patterns: ['/img/', '/css/'] } },
          { kind: 'sample', sample: 'path_end', test: { kind: 'patterns', patterns: ['.js', '.woff2'] } },
        ],
      },
    ]);
    expect(whole.proxy.frontends[0]?.rules['http-request']?.[2]).toEqual({
      action: answered('deny', 429),
      condition: {
        kind: 'all',
        of: [
          { kind: 'sample', sample: 'sc_http_req_rate(0)', test: { kind: 'compare', all: [{ operator: 'gt', value: 200 }] } },
          { kind: 'not', of: { kind: 'acl', acl: 'office' } },
        ],
      },
    });
    expect(whole.proxy.frontends[0]?.rules['tcp-request connection']?.[0]?.condition).toEqual({
      kind: 'sample',
      sample: 'src',
      test: { kind: 'map', map: 'blocked' },
    });
    expect(whole.proxy.frontends[0]?.acls).toEqual(['office', 'partner', 'static']);
  });

  test('rules: true is the usual answer, several headers stay one rule', () => {
    const rules = frontend(
      'http-request: [{ deny: true, if: { path: /d } }, { set-header: { A: 1.1 a, B: "%[src]" }, if: { path: / } }, { del-header: [C, D] }, { redirect: { prefix: /x }, unless: { path: /y } }, { reject: true }]',
    )?.rules['http-request'];
    expect(rules?.map(({ action }) => action)).toEqual([
      answered('deny', 403),
      { kind: 'set-header', headers: { A: '1.1 a', B: '%[src]' } },
      { kind: 'del-header', match: 'str', names: ['C', 'D'] },
      redirected('prefix', '/x', 302),
      { kind: 'reject' },
    ]);
  });

  test('servers: what default-server says holds unless the server says otherwise', () => {
    const servers = backend(
      'default-server: { maxconn: 300, ssl: true, send-proxy: v2 }, servers: { a: 10.0.0.1:80, b: { address: "[2001:DB8::1]:81", maxconn: 5, ssl: false, send-proxy: true, weight: 0, check: false }, c: App.Internal:82 }',
    )?.servers;
    expect(
      servers?.map(({ address, port, maxconn, tls, sendProxy, weight, check, resolvers }) => ({
        address,
        port,
        maxconn,
        tls,
        sendProxy,
        weight,
        check,
        resolvers,
      })),
    ).toEqual([
      {
        address: '10.0.0.1',
        port: 80,
        maxconn: 300,
        tls: { verify: 'required', caFile: null, sni: null, alpn: [], options: {} },
        sendProxy: 'v2',
        weight: null,
        check: true,
        resolvers: null,
      },
      { address: '2001:db8::1', port: 81, maxconn: 5, tls: null, sendProxy: 'v1', weight: 0, check: false, resolvers: null },
      {
        address: 'app.internal',
        port: 82,
        maxconn: 300,
        tls: { verify: 'required', caFile: null, sni: null, alpn: [], options: {} },
        sendProxy: 'v2',
        weight: null,
        check: true,
        resolvers: 'system',
      },
    ]);
  });

  test.each([
    ['', 'http', { algorithm: 'roundrobin', argument: null, hashType: null, hashBalanceFactor: null }],
    ['', 'tcp', { algorithm: 'leastconn', argument: null, hashType: null, hashBalanceFactor: null }],
    ['balance: first, ', 'http', { algorithm: 'first', argument: null, hashType: null, hashBalanceFactor: null }],
    ['balance: { uri: true }, ', 'http', { algorithm: 'uri', argument: null, hashType: 'consistent', hashBalanceFactor: null }],
    [
      'balance: { hash: src, hash-type: map-based sdbm avalanche }, ',
      'tcp',
      { algorithm: 'hash', argument: 'src', hashType: 'map-based sdbm avalanche', hashBalanceFactor: null },
    ],
    [
      'balance: { source: true, hash-balance-factor: 120 }, ',
      'tcp',
      { algorithm: 'source', argument: null, hashType: 'consistent', hashBalanceFactor: 120 },
    ],
  ])('balance: "%s" in %s', (text, mode, expected) => {
    expect(backend(`${text}servers: { a: 10.0.0.1:80 }`, mode)).toMatchObject({ mode, balance: expected });
  });

  test.each([
    ['', { ...checkSettings, kind: 'tcp' }],
    ['check: false, ', null],
    ['check: { inter: 5s, port: 81 }, ', { ...checkSettings, kind: 'tcp', inter: '5s', port: 81 }],
    [
      'check: { HEAD: /h, expect: { status: [200, "300-399"] } }, ',
      {
        kind: 'http',
        method: 'HEAD',
        path: '/h',
        host: null,
        headers: {},
        expect: ['status', '200,300-399'],
        ...checkSettings,
      },
    ],
  ])('check: "%s"', (text, expected) => {
    expect(backend(`${text}servers: { a: 10.0.0.1:80 }`)?.check).toEqual(expected);
  });

  test('files become paths on the appliance', () => {
    expect(whole.proxy.certificates).toEqual([
      {
        name: 'shop',
        pems: ['/run/weir/certificates/shop.pem', '/run/weir/certificates/shop-ec.pem'],
        sni: ['shop.example', 'www.shop.example'],
        options: {},
      },
      {
        name: 'api',
        pems: ['/run/weir/certificates/api.pem'],
        sni: ['api.shop.example'],
        options: { 'ca-file': '/run/weir/certificates/partners-ca.pem', verify: 'optional' },
      },
    ]);
    expect(whole.proxy.maps).toEqual([{ name: 'blocked', match: 'ip', file: '/run/weir/maps/blocked.map' }]);
    expect(whole.proxy.backends[1]?.servers[0]?.tls?.caFile).toBe('/run/weir/certificates/internal-ca.pem');
  });

  test('the machine: defaults, log targets, kernel values as text', () => {
    const { system, tuning } = config(base);
    expect(system).toEqual({
      timezone: 'UTC',
      keymap: 'us',
      dns: [],
      ntp: [],
      adminPassword: null,
      ssh: { keys: [], from: [] },
      log: null,
    });
    expect(tuning).toEqual({ profile: 'balanced', sysctl: {}, links: {} });
    const log = (to: string) => config(`${base}system: { log: { to: "${to}" } }\n`).system.log;
    expect(log('tls://Logs.Example.net')).toEqual({ protocol: 'tls', host: 'logs.example.net', port: 6514, format: 'rfc5424' });
    expect(log('udp://[2001:db8::9]')).toMatchObject({ protocol: 'udp', host: '2001:db8::9', port: 514 });
    expect(log('tcp://10.0.0.9:1514')).toMatchObject({ protocol: 'tcp', host: '10.0.0.9', port: 1514 });
    expect(
      config(`${base}tuning: { sysctl: { net.core.somaxconn: 8192, net.ipv4.ip_local_port_range: 2000 60000 } }\n`).tuning.sysctl,
    ).toEqual({
      'net.core.somaxconn': '8192',
      'net.ipv4.ip_local_port_range': '2000 60000',
    });
    const front = (words: string) => config(`${base}tuning: { links: { front: { ${words} } } }\n`).tuning.links.front;
    const nothing = { channels: null, ring: { rx: null, tx: null }, coalesce: {}, features: {}, irqCpus: null, rpsCpus: null };
    expect(front('')).toEqual(nothing);
    expect(
      front('ring: { rx: 4096 }, coalesce: { adaptive-rx: false, rx-usecs: 30 }, features: { gro: false }, irq-cpus: 3, rps-cpus: "4-5,7"'),
    ).toEqual({
      ...nothing,
      ring: { rx: 4096, tx: null },
      coalesce: { 'adaptive-rx': false, 'rx-usecs': 30 },
      features: { gro: false },
      irqCpus: '3',
      rpsCpus: '4-5,7',
    });
  });

  test('a byte order mark, CRLF and a document marker at the start make no difference', () => {
    expect(config(`\ufeff---\n${base}`.replaceAll('\n', '\r\n'))).toEqual(config(base));
  });
});
