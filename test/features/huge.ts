import { expect } from 'vitest';
import type { Files } from '../../appliance/config/config.ts';
import { servers, vips } from '../support/netns.ts';
import { app, numbered, seen, serversOf } from './app.ts';
import { certificates, other, pemOf, shop } from './certificates.ts';
import type { Proof } from './proof.ts';

const sites = 2000;
const named = 500;
const names = (['app1', 'app2', 'app3'] as const).map((name) => servers[name]);

/** A backend that tells its server which one it is. */
const site = (n: number): string => `
  site${n}:
    check: false
    http-request: [{ set-header: { X-Site: site${n} } }]
    servers: { s1: "${names[n % 3]}:8080" }`;

const beside = (folder: keyof Files, texts: Readonly<Record<string, string>>) => ({
  [folder]: new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])),
});

const asked = [0, 437, 1311, sites - 1];

/** Very large configurations: what there is much of is found, and what is common is said once. */
export const huge: readonly Proof[] = [
  {
    row: 'huge',
    what: `finds each of ${sites} backends by one line and a map`,
    keys: ['frontends.*.use_backend.*.backend.map', 'frontends.*.use_backend.*.backend.sample'],
    document: `
maps: { sites: { file: sites.map } }
frontends: { web: { bind: [{ address: "*:80" }], use_backend: [{ backend: { map: sites, sample: host } }] } }
backends:${numbered(sites, site).join('')}
`,
    files: beside('maps', { 'sites.map': numbered(sites, (n) => `site${n}.example site${n}\n`).join('') }),
    directive: /^ {4}use_backend %.*\n/,
    prove: async ({ peer }) => {
      for (const n of asked) {
        const { body } = await peer.ask({ address: vips.main, port: 80, path: '/', headers: { host: `site${n}.example` } });
        expect([seen(body).headers['x-site'], seen(body).server]).toEqual([`site${n}`, `app${(n % 3) + 1}`]);
      }
    },
  },
  {
    row: 'huge',
    what: `shows the right one of ${named} certificates`,
    keys: ['certificates.*.pem', 'certificates.*.sni', 'frontends.*.bind.*.ssl'],
    document: `
certificates: { ${numbered(named, (n) => `site${n}: { pem: site${n}.pem, sni: [site${n}.example] }`).join(', ')} }
frontends:
  web: { bind: [{ address: "*:443", ssl: [${numbered(named, (n) => `site${n}`).join(', ')}] }], default_backend: app }
backends: { app: { servers: { app1: "${servers.app1}:8080" } } }
`,
    // all the same but one
    files: certificates(Object.fromEntries(numbered(named, (n) => [`site${n}.pem`, pemOf(n === 437 ? other : shop)]))),
    directive: /^.*\/site437\.pem.*\n/,
    prove: async ({ peer }) => {
      for (const [servername, shown] of [
        ['site436.example', 'shop.example'],
        ['site437.example', 'other.example'],
        ['site499.example', 'shop.example'],
      ] as const)
        expect((await peer.ask({ address: vips.main, port: 443, path: '/', tls: { servername } })).certificate).toBe(shown);
    },
  },
  {
    row: 'huge',
    what: 'has 300 servers in one line',
    keys: ['backends.*.server-template.*.count'],
    document: app(
      `    http-response: [{ set-header: { X-Server: "%[srv_name]" } }]
    server-template: { many: { address: "many.example:8080", count: 300, resolvers: inside, init-addr: [${servers.app1}] } }`,
      `resolvers: { inside: { nameservers: { dns1: "${servers.api}:53" } } }`,
    ),
    directive: /(?<=server-template many 1)-300/,
    prove: async ({ peer }) => {
      const found = new Set<string>();
      for (let n = 0; n < 300; n++) {
        const { headers } = await peer.ask({ address: vips.main, port: 80, path: '/' });
        found.add(String(headers['x-server']));
      }
      expect(found.size).toBe(300);
    },
  },
  {
    row: 'huge',
    what: 'says once, in named defaults, what all sections have',
    keys: ['defaults.timeout.server'],
    document: app(serversOf(1), 'defaults: { timeout: { server: 200ms } }'),
    directive: /(?<=^defaults http) from base$/,
    prove: async ({ peer }) => expect((await peer.ask({ address: vips.main, port: 80, path: '/slow/600' })).status).toBe(504),
  },
];
