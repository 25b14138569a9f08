import { expect } from 'vitest';
import type { Answered } from '../support/haproxy-peer.ts';
import { clients, servers, vips } from '../support/netns.ts';
import type { Proof } from './proof.ts';

const seen = (body: string) => JSON.parse(body) as Answered;
const app1 = `app: { servers: { app1: ${servers.app1}:8080 } }`;
const app2 = `other: { servers: { app2: ${servers.app2}:8080 } }`;

/** Conditions and routes. */
export const routing: readonly Proof[] = [
  {
    row: 'content-switching',
    what: 'chooses a backend by host and path',
    keys: ['frontends.*.use_backend.*.backend', 'frontends.*.default_backend'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80" }]
    use_backend: [{ backend: other, if: { host: other.example, path_beg: /api } }]
    default_backend: app
backends: { ${app1}, ${app2} }`,
    directive: /^ {4}use_backend other .*\n/,
    prove: async ({ peer }) => {
      const at = async (host: string, path: string) =>
        seen((await peer.ask({ address: vips.main, port: 80, path, headers: { host } })).body).server;
      expect(await at('shop.example', '/api')).toBe('app1');
      expect(await at('other.example', '/')).toBe('app1');
      expect(await at('other.example', '/api')).toBe('app2');
    },
  },
  {
    row: 'acls',
    what: 'refuses whom a named condition does not admit',
    keys: ['acls.*', 'frontends.*.http-request.*.unless'],
    document: `
acls: { office: { src: ${clients.office}/32 } }
frontends:
  web:
    bind: [{ address: "*:80" }]
    http-request: [{ deny: 403, unless: office }]
    default_backend: app
backends: { ${app1} }`,
    directive: / if !office/,
    prove: async ({ peer }) => {
      const from = async (client: string) => (await peer.ask({ address: vips.main, port: 80, path: '/', from: client })).status;
      expect(await from(clients.usual)).toBe(403);
      expect(await from(clients.office)).toBe(200);
    },
  },
];
