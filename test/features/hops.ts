import { expect } from 'vitest';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { clients, vips } from '../support/netns.ts';
import { seen, serversOf } from './app.ts';
import { curl } from './asking.ts';
import { ca, certificates, other, pemOf, shop } from './certificates.ts';
import type { Proof, Stage } from './proof.ts';

const stranger = await makeCertificate('shop.example', await makeCertificate('Another CA'));

const files = certificates({ 'shop.pem': pemOf(shop), 'other.pem': pemOf(other), 'stranger.pem': pemOf(stranger), 'ca.pem': ca.cert });

/** Two hops: a frontend on port 80, whose server is the UNIX socket of a second frontend; what the server and that socket have besides. */
const hops = (server: string, socket: string, inner = '') => `
certificates: { shop: { pem: shop.pem }, own: { pem: other.pem }, stranger: { pem: stranger.pem } }
frontends:
  web: { bind: [{ address: "*:80" }], default_backend: inner }
  inner:
    bind: [{ unix: /run/inner.sock${socket} }]
    default_backend: app
${inner}
backends:
  inner: { check: false, retries: 0, servers: { inner: { address: "unix:/run/inner.sock"${server} } } }
  app:
    check: false
${serversOf(1)}`;

const asked = async ({ peer }: Stage) => await peer.ask({ address: vips.main, port: 80, path: '/' });
const headersSeen = async (stage: Stage) => seen((await asked(stage)).body).headers;

const ssl = (more: string) => `, ssl: { ca-file: ca.pem, sni: str(shop.example)${more} }`;

const tlsHop = (what: string, keys: readonly string[], server: string, socket: string, directive: RegExp, expected: number): Proof => ({
  row: 'tls',
  what,
  keys: keys.map((key) => `backends.*.servers.*.ssl.${key}`),
  document: hops(ssl(server), `, ssl: [shop]${socket}`),
  files,
  directive,
  prove: async (stage) => expect((await asked(stage)).status).toBe(expected),
});

/** HAProxy as its own server: sockets, TLS and the PROXY protocol seen from both sides. */
export const towardsServers: readonly Proof[] = [
  {
    row: 'unix-sockets',
    what: 'listens on UNIX sockets, and reaches servers there from its chroot',
    keys: ['frontends.*.bind.*.unix', 'backends.*.servers.*.address'],
    document: hops('', ''),
    files,
    directive: /^ {4}server inner unix@.*\n/,
    prove: async (stage) => expect(seen((await asked(stage)).body).server).toBe('app1'),
  },
  {
    row: 'unix-sockets',
    what: 'listens on abstract UNIX sockets, which its own servers reach',
    keys: ['frontends.*.bind.*.abns', 'backends.*.servers.*.address'],
    document: `
frontends:
  web: { bind: [{ address: "*:80" }], default_backend: inner }
  inner: { bind: [{ abns: inner }], default_backend: app }
backends:
  inner: { check: false, retries: 0, servers: { inner: "abns:inner" } }
  app:
    check: false
${serversOf(1)}`,
    directive: /^ {4}server inner abns@.*\n/,
    prove: async (stage) => expect(seen((await asked(stage)).body).server).toBe('app1'),
  },
  {
    row: 'proxy-protocol',
    what: 'tells servers who the client is, by version 2',
    keys: ['backends.*.servers.*.send-proxy', 'frontends.*.bind.*.accept-proxy'],
    document: hops(', send-proxy: v2', ', accept-proxy: true'),
    files,
    directive: / accept-proxy| send-proxy-v2/,
    prove: async (stage) => expect((await headersSeen(stage))['x-forwarded-for']).toBe(clients.usual),
  },
  {
    row: 'proxy-protocol',
    what: 'tells servers who the client is, by version 1',
    keys: ['backends.*.servers.*.send-proxy'],
    document: hops(', send-proxy: v1', ', accept-proxy: true'),
    files,
    directive: / accept-proxy| send-proxy(?!-)/,
    prove: async (stage) => expect((await headersSeen(stage))['x-forwarded-for']).toBe(clients.usual),
  },
  {
    row: 'proxy-protocol',
    what: 'tells servers more than addresses: the name that a client asked for and the unique id, with a checksum',
    keys: ['backends.*.servers.*.proxy-v2-options'],
    document: `
certificates: { shop: { pem: shop.pem } }
frontends:
  web:
    bind: [{ address: "*:443", ssl: [shop] }]
    unique-id-format: id-%ci
    default_backend: inner
  inner:
    bind: [{ unix: /run/inner.sock, accept-proxy: true }]
    http-request:
      - { set-header: { X-Name: "%[fc_pp_authority]", X-Id: "%[fc_pp_unique_id]", X-Sum: "%[fc_pp_tlv(0x03),length]" } }
    default_backend: app
backends:
  inner:
    check: false
    default-server: { send-proxy: v2, proxy-v2-options: [authority, unique-id, crc32c] }
    servers: { inner: "unix:/run/inner.sock" }
  app:
    check: false
${serversOf(1)}`,
    files,
    directive: / proxy-v2-options \S+/,
    prove: async (stage) => {
      const { text } = await curl(stage, '--resolve', `shop.example:443:${vips.main}`, 'https://shop.example/');
      const { headers } = seen(text.slice(text.indexOf('{')));
      expect([headers['x-name'], headers['x-id'], headers['x-sum']]).toEqual(['shop.example', `id-${clients.usual}`, '4']);
    },
  },
  {
    row: 'proxy-protocol',
    what: 'believes proxies of the networks that a bind names, and nobody else',
    keys: ['frontends.*.bind.*.accept-proxy'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80", accept-proxy: [${clients.usual}] }, { address: "*:81" }]
    default_backend: app
backends:
  app:
    check: false
${serversOf(1)}`,
    directive: /^ {4}tcp-request connection expect-proxy .*\n/,
    prove: async (stage) => {
      const from = async (client: string, port: number, ...args: readonly string[]) =>
        (await curl(stage, '--interface', client, ...args, `http://${vips.main}:${port}/`)).text;
      const claim = ['--haproxy-clientip', '192.0.2.77'];
      expect(await from(clients.usual, 80, ...claim)).toContain('"x-forwarded-for":"192.0.2.77"');
      expect(await from(clients.office, 80)).toContain(`"x-forwarded-for":"${clients.office}"`);
      expect(await from(clients.office, 80, ...claim)).toMatch(/^HTTP\/1\.. 400/);
      expect(await from(clients.usual, 81)).toContain(`"x-forwarded-for":"${clients.usual}"`);
    },
  },
  {
    row: 'alpn',
    what: 'speaks HTTP/2 with servers',
    keys: ['backends.*.servers.*.ssl.alpn'],
    document: hops(ssl(', alpn: [h2]'), ', ssl: [shop]', '    http-request: [{ set-header: { X-Version: "%[req.ver]" } }]'),
    files,
    directive: /(?<=^ {4}(?:default-server|server) .*) alpn h2/,
    prove: async (stage) => expect((await headersSeen(stage))['x-version']).toBe('2.0'),
  },
  tlsHop('shows a certificate to servers that ask for one', ['crt'], ', crt: own', ', ca-file: ca.pem', / crt \S+other.pem/, 200),
  tlsHop(
    'speaks no older TLS with servers than the document says',
    ['ssl-min-ver'],
    ', ssl-min-ver: TLSv1.3',
    ', ssl-max-ver: TLSv1.2',
    /(?<=^ {4}(?:default-server|server) .*) ssl-min-ver \S+/,
    503,
  ),
  tlsHop(
    'speaks no newer TLS with servers than the document says',
    ['ssl-max-ver'],
    ', ssl-max-ver: TLSv1.2',
    ', ssl-min-ver: TLSv1.3',
    /(?<=^ {4}(?:default-server|server) .*) ssl-max-ver \S+/,
    503,
  ),
  tlsHop(
    'takes the ciphers of a server only',
    ['ciphers'],
    ', ciphers: [ECDHE-ECDSA-AES256-GCM-SHA384], ssl-max-ver: TLSv1.2',
    ', ciphers: [ECDHE-ECDSA-AES128-GCM-SHA256]',
    /(?<=^ {4}(?:default-server|server|bind) .*) ciphers \S+/,
    503,
  ),
  {
    row: 'tls',
    what: 'looks for the name that a certificate must have, where no server name is sent',
    keys: ['backends.*.servers.*.ssl.verifyhost'],
    document: hops(', ssl: { ca-file: ca.pem, verifyhost: another.example }', ', ssl: [shop]'),
    files,
    directive: / verifyhost \S+/,
    prove: async (stage) => expect((await asked(stage)).status).toBe(503),
  },
  {
    row: 'tls',
    what: 'refuses servers whose certificate another CA has signed',
    keys: ['backends.*.servers.*.ssl.ca-file', 'backends.*.servers.*.ssl.verify'],
    document: hops(ssl(', verify: required'), ', ssl: [stranger]'),
    files,
    directive: / ssl verify required ca-file \S+ sni \S+/,
    prove: async (stage) => expect((await asked(stage)).status).toBe(503),
  },
];
