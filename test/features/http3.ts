import { expect } from 'vitest';
import { vips } from '../support/netns.ts';
import { serversOf } from './app.ts';
import { curl } from './asking.ts';
import { certificates, pemOf, shop } from './certificates.ts';
import type { Proof } from './proof.ts';

const document = (bind: string) => `
certificates: { shop: { pem: shop.pem } }
frontends:
  web:
    bind: [{ ${bind}, ssl: [shop], alpn: [h3, h2, http/1.1] }]
    default_backend: app
backends:
  app:
    check: false
${serversOf(1)}`;
const common = { row: 'http3', keys: ['frontends.*.bind.*.alpn'], files: certificates({ 'shop.pem': pemOf(shop) }) } as const;

/** HTTP/3, asked for by a client that speaks nothing else. */
export const http3: readonly Proof[] = [
  {
    ...common,
    what: 'answers HTTP/3 over IPv4',
    document: document('address: "*:443"'),
    directive: /^ {4}bind quic4@.*\n/,
    prove: async (stage) => {
      const { text } = await curl(stage, '--http3-only', `https://${vips.main}/three`);
      expect(text).toMatch(/^HTTP\/3 200/);
      expect(text).toContain('"url":"/three"');
    },
  },
  {
    ...common,
    what: 'answers HTTP/3 over IPv6, and over IPv4 by the same bind',
    document: document('address: "[::]:443"'),
    directive: /^ {4}bind quic6@.*\n/,
    prove: async (stage) => {
      expect((await curl(stage, '--http3-only', `https://[${vips.six}]/`)).text).toMatch(/^HTTP\/3 200/);
      expect((await curl(stage, '--http3-only', `https://${vips.main}/`)).text).toMatch(/^HTTP\/3 200/);
    },
  },
  {
    ...common,
    what: 'tells clients that come over TCP',
    document: document('address: "*:8443"'),
    directive: /^ {4}http-after-response set-header Alt-Svc .*\n/,
    prove: async (stage) => {
      const { text } = await curl(stage, '--http2', `https://${vips.main}:8443/`);
      expect(text).toMatch(/^HTTP\/2 200/);
      expect(text).toContain('alt-svc: h3=":8443"; ma=86400');
    },
  },
];
