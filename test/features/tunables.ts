import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import { app, seen, serversOf } from './app.ts';
import { curl } from './asking.ts';
import { certificates, pemOf, shop } from './certificates.ts';
import type { Proof, Stage } from './proof.ts';

/** Limits of the whole process, by the names that `show info` has for them. */
const shown = {
  maxconnrate: ['ConnRateLimit', 111],
  maxsessrate: ['SessRateLimit', 222],
  maxsslrate: ['SslRateLimit', 333],
  maxsslconn: ['MaxSslConns', 444],
  maxpipes: ['Maxpipes', 55],
  maxcomprate: ['CompressBpsRateLim', 66 * 1024],
} as const;

const global = (words: string) => app(serversOf(1), `global: { ${words} }`);

/** The settings that HTTP/2 begins with, by their numbers (RFC 9113, 6.5.2); what is received is read as text, which leaves bytes below 128 as they are. */
async function h2Settings({ peer }: Stage): Promise<Readonly<Record<number, number>>> {
  const send = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
  const { received } = await peer.converse({ address: vips.main, port: 80, send, forMs: 300 });
  const bytes = Buffer.from(received, 'latin1');
  expect(bytes[3], 'the first frame has settings').toBe(4);
  const length = bytes.readUIntBE(0, 3);
  const pairs = Array.from({ length: length / 6 }, (_, index) => 9 + 6 * index);
  return Object.fromEntries(pairs.map((at) => [bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)]));
}

/** The buffers of sockets in bytes, as ss(8) shows them: what the kernel was asked for, twice (socket(7), SO_RCVBUF). */
async function buffersOf({ networks }: Stage, filter: string): Promise<readonly string[]> {
  const { stdout } = await networks.proxy.run(['ss', '-Htnm', 'state', 'established', filter]);
  return [...stdout.matchAll(/,rb(\d+),t\d+,tb(\d+),/g)].map(([, receive, send]) => `${receive} ${send}`);
}

/** Numbers of the global section, by what they do. */
export const tunables: readonly Proof[] = [
  {
    row: 'limits',
    what: 'has the limits of the whole process that the document says',
    keys: Object.keys(shown).map((word) => `global.${word}`),
    document: global(
      Object.entries(shown)
        .map(([word, [, value]]) => `${word}: ${word === 'maxcomprate' ? value / 1024 : value}`)
        .join(', '),
    ),
    directive: /^ {4}max(?:connrate|sessrate|sslrate|sslconn|pipes|comprate) .*\n/,
    prove: async ({ haproxy }) => {
      const info = await haproxy.ask('show info');
      for (const [name, value] of Object.values(shown)) expect(info).toContain(`\n${name}: ${value}\n`);
    },
  },
  {
    row: 'alpn',
    what: 'tells clients how much HTTP/2 it takes at a time',
    keys: ['fe.initial-window-size', 'fe.max-concurrent-streams', 'max-frame-size', 'header-table-size'].map(
      (word) => `global."tune.h2.${word}"`,
    ),
    document: global(
      'tune.bufsize: 32768, tune.h2.fe.initial-window-size: 94320, tune.h2.fe.max-concurrent-streams: 17, tune.h2.max-frame-size: 16496, tune.h2.header-table-size: 4864',
    ),
    directive: /^ {4}tune\.h2\..*\n/,
    prove: async (stage) => {
      expect(await h2Settings(stage)).toMatchObject({ 1: 4864, 3: 17, 4: 94_320, 5: 16_496 });
    },
  },
  {
    row: 'buffers',
    what: 'takes as many headers as the document says',
    keys: ['global."tune.http.maxhdr"'],
    document: global('tune.http.maxhdr: 32'),
    directive: /^ {4}tune\.http\.maxhdr .*\n/,
    prove: async ({ peer }) => {
      const headers = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x-${index}`, 'a']));
      expect((await peer.ask({ address: vips.main, port: 80, path: '/', headers })).status).toBe(400);
    },
  },
  {
    row: 'buffers',
    what: 'has buffers of the kernel of a size on both sides',
    keys: ['rcvbuf.client', 'sndbuf.client', 'rcvbuf.server', 'sndbuf.server'].map((word) => `global."tune.${word}"`),
    document: global('tune.rcvbuf.client: 10000, tune.sndbuf.client: 20000, tune.rcvbuf.server: 30000, tune.sndbuf.server: 40000'),
    directive: /^ {4}tune\.(?:rcv|snd)buf\..*\n/,
    prove: async (stage) => {
      const asked = stage.peer.ask({ address: vips.main, port: 80, path: '/slow/600' });
      await sleep(300);
      expect(await buffersOf(stage, 'sport = :80')).toEqual(['20000 40000']);
      expect(await buffersOf(stage, 'dport = :8080')).toEqual(['60000 80000']);
      await asked;
    },
  },
  {
    row: 'log-content',
    what: 'logs as much of a URI and of a cookie as the document says',
    keys: ['global."tune.http.logurilen"', 'global."tune.http.cookielen"'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80" }]
    log: [{ address: "${servers.sorry}:514", format: raw }]
    capture cookie: { LONG: 100 }
    default_backend: app
backends:
  app:
    check: false
${serversOf(1)}
global: { tune.http.logurilen: 20, tune.http.cookielen: 101 }`,
    directive: /^ {4}tune\.http\.logurilen .*\n/,
    prepare: ({ peer }) => peer.collector({ name: 'collector', address: servers.sorry, port: 514, kind: 'udp' }),
    prove: async ({ peer }) => {
      await peer.ask({ address: vips.main, port: 80, path: `/${'u'.repeat(100)}`, headers: { cookie: `LONG=${'c'.repeat(90)}` } });
      const [line = ''] = await peer.logged('collector', 1);
      expect(line).toContain(`LONG=${'c'.repeat(90)} `);
      expect(line).toMatch(/"GET \/u{14,15}(?: HTTP|"|$)/);
    },
  },
  {
    row: 'tls',
    what: 'keeps what clients say first, so that rules tell them apart by it',
    keys: ['global."tune.ssl.capture-buffer-size"'],
    document: `
certificates: { shop: { pem: shop.pem } }
frontends:
  web:
    bind: [{ address: "*:443", ssl: [shop] }]
    http-request: [{ set-header: { X-Ciphers: "%[ssl_fc_cipherlist_hex]" } }]
    default_backend: app
backends:
  app:
    check: false
${serversOf(1)}
global: { tune.ssl.capture-buffer-size: 96 }`,
    files: certificates({ 'shop.pem': pemOf(shop) }),
    directive: /^ {4}tune\.ssl\.capture-buffer-size .*\n/,
    prove: async (stage) => {
      const { text } = await curl(stage, '--http1.1', `https://${vips.main}/`);
      // among them TLS_AES_128_GCM_SHA256 (RFC 8446, B.4)
      expect(seen(text.slice(text.indexOf('{'))).headers['x-ciphers']).toMatch(/^(?:[0-9A-F]{4})*1301/);
    },
  },
];
