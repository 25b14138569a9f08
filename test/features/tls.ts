import { expect } from 'vitest';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { servers, vips } from '../support/netns.ts';
import { seen, serversOf } from './app.ts';
import { curl, openssl } from './asking.ts';
import { ca, certificates, other, pemOf, revocations, shop } from './certificates.ts';
import type { Proof } from './proof.ts';

const foreignCa = await makeCertificate('Another CA');
const stranger = await makeCertificate('stranger.example', foreignCa);
const dismissed = await makeCertificate('dismissed.example', ca);
const rsa = await makeCertificate('shop.example', ca, { rsa: true });

const files = certificates({
  'shop.pem': pemOf(shop),
  'rsa.pem': pemOf(rsa),
  'other.pem': pemOf(other),
  'ca.pem': ca.cert,
  'crl.pem': await revocations(ca, [dismissed]),
});

/** A frontend with TLS on port 443: what its certificate and its bind have besides, and further lines of the document. */
const tlsAt = (certificate: string, bind: string, rest = '') => `
certificates: { shop: { pem: shop.pem${certificate} } }
frontends:
  web:
    bind: [{ address: "*:443", ssl: [shop]${bind} }]
    default_backend: app
backends:
  app:
    check: false
${serversOf(1)}
${rest}`;

const handshake = (stage: Parameters<typeof openssl>[0], ...args: readonly string[]) =>
  openssl(stage, 's_client', '-connect', `${vips.main}:443`, '-servername', 'shop.example', ...args);

/** What the client is told by HAProxy of a request with a certificate of its own; 0 for none. */
const statusWith = async (stage: Parameters<Proof['prove']>[0], pair?: { readonly cert: string; readonly key: string }) =>
  (await stage.peer.ask({ address: vips.main, port: 443, path: '/', tls: { servername: 'shop.example', ...pair } })).status;

const clientSide: readonly Proof[] = [
  {
    row: 'tls',
    what: 'has clients show certificates of a CA that it has not revoked',
    keys: ['ca-file', 'crl-file', 'verify', 'no-ca-names'].map((key) => `frontends.*.bind.*.${key}`),
    document: tlsAt('', ', ca-file: ca.pem, crl-file: crl.pem, verify: required, no-ca-names: true'),
    files,
    directive: / ca-file \S+ crl-file \S+ verify required no-ca-names/,
    prove: async (stage) => {
      expect(await statusWith(stage, other)).toBe(200);
      for (const pair of [undefined, stranger, dismissed]) expect(await statusWith(stage, pair)).toBe(0);
    },
  },
  {
    row: 'tls',
    what: 'has clients show certificates by the server name that they ask for',
    keys: ['ca-file', 'crl-file', 'verify'].map((key) => `certificates.*.${key}`),
    document: tlsAt(
      ', sni: [shop.example], ca-file: ca.pem, crl-file: crl.pem }, open: { pem: other.pem, sni: [other.example]',
      '',
    ).replace('ssl: [shop]', 'ssl: [shop, open]'),
    files,
    directive: / \[ca-file [^\]]*\]/,
    prove: async (stage) => {
      expect(await statusWith(stage, other)).toBe(200);
      for (const pair of [undefined, dismissed]) expect(await statusWith(stage, pair)).toBe(0);
      expect((await stage.peer.ask({ address: vips.main, port: 443, path: '/', tls: { servername: 'other.example' } })).status).toBe(200);
    },
  },
  {
    row: 'tls',
    what: 'admits certificates with the mistakes that are named',
    keys: ['frontends.*.bind.*.crt-ignore-err', 'frontends.*.bind.*.ca-ignore-err'],
    document: tlsAt(
      '',
      ', ca-file: ca.pem, ca-ignore-err: all, crt-ignore-err: [X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE]',
    ),
    files,
    directive: / ca-ignore-err all crt-ignore-err \S+/,
    prove: async (stage) => expect(await statusWith(stage, stranger)).toBe(200),
  },
  ...(
    [
      [
        'speaks no older TLS than a bind says',
        ', ssl-min-ver: TLSv1.3',
        ['-tls1_2'],
        'frontends.*.bind.*.ssl-min-ver',
        / ssl-min-ver TLSv1.3/,
      ],
      [
        'speaks no newer TLS than a bind says',
        ', ssl-max-ver: TLSv1.2',
        ['-tls1_3'],
        'frontends.*.bind.*.ssl-max-ver',
        / ssl-max-ver TLSv1.2/,
      ],
      [
        'takes the ciphers of a bind only',
        ', ciphers: [ECDHE-ECDSA-AES256-GCM-SHA384]',
        ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
        'frontends.*.bind.*.ciphers',
        / ciphers \S+/,
      ],
      [
        'takes the cipher suites of a bind only',
        ', ciphersuites: [TLS_AES_256_GCM_SHA384]',
        ['-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'],
        'frontends.*.bind.*.ciphersuites',
        / ciphersuites \S+/,
      ],
      ['takes the groups of a bind only', ', curves: [secp384r1]', ['-groups', 'X25519'], 'frontends.*.bind.*.curves', / curves \S+/],
      [
        'takes the signatures of a bind only',
        ', sigalgs: [ECDSA+SHA256]',
        ['-sigalgs', 'ECDSA+SHA512', '-tls1_2'],
        'frontends.*.bind.*.sigalgs',
        / sigalgs \S+/,
      ],
    ] as const
  ).map(
    ([what, bind, refused, key, directive]): Proof => ({
      row: 'tls',
      what,
      keys: [key],
      document: tlsAt('', bind),
      files,
      directive: new RegExp(`(?<=^ {4}bind .*)${directive.source}`),
      prove: async (stage) => {
        expect(await handshake(stage, ...refused)).not.toMatch(/^\s*(?:Cipher\s+:|New, TLSv1\.[23], Cipher is) (?!0000|\(NONE\))\S/m);
        expect(await handshake(stage)).toMatch(/New, TLSv1\.[23], Cipher is [A-Z]/);
      },
    }),
  ),
  {
    row: 'tls',
    what: 'has a certificate speak a TLS of its own',
    keys: ['certificates.*.ssl-min-ver', 'certificates.*.alpn'],
    document: tlsAt(', ssl-min-ver: TLSv1.3, alpn: [http/1.1]', ''),
    files,
    directive: / \[ssl-min-ver [^\]]*\]/,
    prove: async (stage) => {
      expect(await handshake(stage, '-tls1_2')).toMatch(/Cipher is \(NONE\)/);
      expect(await handshake(stage, '-alpn', 'h2,http/1.1')).toContain('ALPN protocol: http/1.1');
    },
  },
  {
    row: 'tls',
    what: 'says for all binds which TLS they speak',
    keys: ['global.ssl-default-bind-options.ssl-min-ver'],
    document: tlsAt('', '', 'global: { ssl-default-bind-options: { ssl-min-ver: TLSv1.3 } }'),
    files,
    directive: /(?<=ssl-default-bind-options) ssl-min-ver TLSv1.3/,
    prove: async (stage) => expect(await handshake(stage, '-tls1_2')).toMatch(/Cipher is \(NONE\)/),
  },
  {
    row: 'tls',
    what: 'prefers a key exchange that a quantum computer does not break',
    keys: ['global.ssl-default-bind-curves'],
    document: tlsAt('', '', 'global: { ssl-default-bind-curves: [X25519MLKEM768, X25519] }'),
    files,
    directive: /(?<=ssl-default-bind-curves )X25519MLKEM768:/,
    prove: async (stage) => expect(await handshake(stage)).toContain('X25519MLKEM768'),
  },
  {
    row: 'tls',
    what: 'resumes sessions from its cache for as long as the document says, and by tickets unless it says not',
    keys: ['global."tune.ssl.lifetime"', 'global."tune.ssl.cachesize"', 'frontends.*.bind.*.no-tls-tickets'],
    document: tlsAt(
      '',
      ', no-tls-tickets: true, ssl-max-ver: TLSv1.2',
      'global: { tune.ssl.cachesize: 0, ssl-default-bind-options: { no-tls-tickets: false } }',
    ),
    files,
    directive: /^ {4}tune.ssl.cachesize 0\n/,
    prove: async (stage) => expect(await handshake(stage, '-reconnect')).not.toMatch(/^Reused, /m),
  },
  {
    row: 'tls',
    what: 'takes so many new TLS sessions a second',
    keys: ['global.maxsslrate'],
    document: tlsAt('', '', 'global: { maxsslrate: 2 }'),
    files,
    directive: /^ {4}maxsslrate 2\n/,
    prove: async (stage) => {
      const began = performance.now();
      for (let count = 0; count < 5; count++) expect(await statusWith(stage)).toBe(200);
      expect(performance.now() - began).toBeGreaterThan(1000);
    },
  },
  {
    row: 'tls',
    what: 'answers a GET that came with the first packet, and has others wait for the handshake',
    keys: ['frontends.*.bind.*.allow-0rtt'],
    document: tlsAt('', ', allow-0rtt: true'),
    files,
    directive: / allow-0rtt/,
    prove: async ({ networks }) => {
      const talk = (method: string) => `
        cd /tmp; s() { timeout 2 openssl s_client -connect ${vips.main}:443 -servername shop.example -tls1_3 "$@" 2>&1; }
        session=$(mktemp); request=$(mktemp); trap 'rm -f "$session" "$request"' EXIT
        printf '${method} /early HTTP/1.1\\r\\nHost: shop.example\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >"$request"
        (printf 'GET / HTTP/1.1\\r\\nHost: shop.example\\r\\nConnection: close\\r\\n\\r\\n'; sleep 0.3) | s -sess_out "$session" >/dev/null
        sleep 0.5 | s -sess_in "$session" -early_data "$request"`;
      const early = async (method: string) => (await networks.outside.run(['bash', '-c', talk(method)])).stdout;
      const got = await early('GET');
      expect(got).toContain('Early data was accepted');
      expect(await early('POST')).toContain('"method":"POST"');
    },
  },
];

/** A frontend on port 80 before one server with TLS, and what is said of that TLS. */
const serverAt = (address: string, ssl: string) => `
certificates: { own: { pem: other.pem } }
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }
backends: { app: { check: false, timeout: { connect: 500ms }, retries: 0, servers: { api: { address: "${address}", ssl: ${ssl} } } } }`;

const good = `${servers.api}:9443`;
const bad = `${servers.api}:9444`;
const prepare: Proof['prepare'] = async ({ peer }) => {
  const origin = { address: servers.api, kind: 'http' } as const;
  await peer.down('tls').catch(() => undefined);
  await peer.down('tls-other').catch(() => undefined);
  await peer.up({ ...origin, name: 'tls', port: 9443, tls: shop });
  await peer.up({ ...origin, name: 'tls-other', port: 9444, tls: stranger });
};

const serverSide: readonly Proof[] = [
  {
    row: 'tls',
    what: "verifies a server's certificate and its name",
    keys: ['verify', 'ca-file', 'sni'].map((key) => `backends.*.servers.*.ssl.${key}`),
    document: serverAt(good, '{ ca-file: ca.pem, sni: str(shop.example) }').replace(
      'servers: {',
      `servers: { wrong: { address: "${bad}", weight: 0, ssl: { ca-file: ca.pem } },`,
    ),
    files,
    directive: / ssl verify required ca-file \S+(?: sni \S+)?/,
    prepare,
    prove: async ({ peer }) => expect((await peer.ask({ address: vips.main, port: 80, path: '/' })).status).toBe(200),
  },
];

/** TLS with clients and with servers. */
export const tls: readonly Proof[] = [...clientSide, ...serverSide];

/** Certificates and protocols by what a client offers. */
export const negotiated: readonly Proof[] = [
  {
    row: 'multi-type-certificates',
    what: 'shows an ECDSA certificate to clients that take one, and RSA to others',
    keys: ['certificates.*.pem', 'certificates.*.ecdsa'],
    document: tlsAt('', '').replace('{ pem: shop.pem }', '{ pem: rsa.pem, ecdsa: shop.pem, sni: [shop.example] }'),
    files,
    directive: /^\S+shop.pem .*\n/,
    prove: async (stage) => {
      expect(await handshake(stage, '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256')).toContain('ECDHE-RSA-AES128-GCM-SHA256');
      expect(await handshake(stage, '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256')).toContain(
        'Cipher is ECDHE-ECDSA-AES128-GCM-SHA256',
      );
    },
  },
  {
    row: 'alpn',
    what: 'agrees with clients on HTTP/2 or another protocol',
    keys: ['frontends.*.bind.*.alpn'],
    document: tlsAt('', ', alpn: [h2, http/1.1, acme-tls/1]'),
    files,
    directive: / alpn h2\S*/,
    prove: async (stage) => {
      expect((await curl(stage, '--http2', `https://${vips.main}/`)).text).toMatch(/^HTTP\/2 200/);
      expect(await handshake(stage, '-alpn', 'acme-tls/1')).toContain('ALPN protocol: acme-tls/1');
    },
  },
  {
    row: 'alpn',
    what: 'speaks the one version of HTTP that a bind names, whatever clients begin with',
    keys: ['frontends.*.bind.*.proto'],
    document: `
frontends: { web: { bind: [{ address: "*:80", proto: h1 }], default_backend: app } }
backends: { app: { servers: { app1: ${servers.app1}:8080 } } }`,
    directive: / proto h1/,
    prove: async (stage) => {
      expect((await curl(stage, '--http2-prior-knowledge', `http://${vips.main}/`)).text).not.toMatch(/^HTTP\/2 200/);
    },
  },
  {
    row: 'sni',
    what: 'shows the certificate of the name that is asked for, by wildcards and negation',
    keys: ['certificates.*.sni'],
    document: tlsAt('}, any: { pem: other.pem, sni: ["*.shop.example", "!old.shop.example"]', '').replace(
      'ssl: [shop]',
      'ssl: [shop, any]',
    ),
    files,
    directive: / \*\.shop\.example !old\.shop\.example/,
    prove: async ({ peer }) => {
      const shown = async (servername: string) =>
        (await peer.ask({ address: vips.main, port: 443, path: '/', tls: { servername } })).certificate;
      expect(await shown('shop.example')).toBe('shop.example');
      expect(await shown('new.shop.example')).toBe('other.example');
      expect(await shown('old.shop.example')).toBe('shop.example');
    },
  },
  {
    row: 'sni',
    what: 'refuses clients that ask for no name that there is a certificate for',
    keys: ['frontends.*.bind.*.strict-sni'],
    document: tlsAt('', ', strict-sni: true'),
    files,
    directive: / strict-sni/,
    prove: async ({ peer }) => {
      const status = async (servername: string) =>
        (await peer.ask({ address: vips.main, port: 443, path: '/', tls: { servername } })).status;
      expect(await status('shop.example')).toBe(200);
      expect(await status('unknown.example')).toBe(0);
    },
  },
  {
    row: 'sni',
    what: 'routes TLS that it does not speak itself by the name in its first packet, and its own by the same',
    keys: ['frontends.*.use_backend.*.if'],
    document: `
certificates: { shop: { pem: shop.pem } }
frontends:
  raw:
    mode: tcp
    bind: [{ address: "*:8443" }]
    use_backend: [{ backend: tls, if: { req.ssl_sni: shop.example } }]
    default_backend: nobody
  web:
    bind: [{ address: "*:443", ssl: [shop] }]
    use_backend: [{ backend: app, if: { ssl_fc_sni: shop.example } }]
    http-request: [{ deny: 403, unless: { ssl_fc_sni: shop.example } }]
backends:
  tls: { check: false, servers: { api: "${good}" } }
  nobody: { mode: tcp, check: false, servers: { none: "${servers.sorry}:9" } }
  app:
    check: false
${serversOf(1)}`,
    files,
    directive: /^ {4}use_backend tls .*\n/,
    prepare,
    prove: async ({ peer }) => {
      const at = async (port: number, servername: string) => await peer.ask({ address: vips.main, port, path: '/', tls: { servername } });
      expect(seen((await at(8443, 'shop.example')).body).server).toBe('tls');
      expect((await at(8443, 'other.example')).status).toBe(0);
      expect((await at(443, 'shop.example')).status).toBe(200);
      expect((await at(443, 'other.example')).status).toBe(403);
    },
  },
];
