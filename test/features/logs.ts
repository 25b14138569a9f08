import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import type { Proof, Stage } from './proof.ts';

const app = `backends: { app: { servers: { app1: ${servers.app1}:8080 } } }`;
const collector = servers.sorry;
const frontend = (keys: string) => `
frontends:
  web:
    bind: [{ address: "*:80" }]
    log: [{ address: "${collector}:514", format: raw, facility: local1 }]
    ${keys}
    default_backend: app
${app}`;

const get = (peer: Stage['peer'], path: string, headers: Readonly<Record<string, string>> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, headers: { host: 'shop.example', ...headers } });

/** The lines that came to the collector since it was asked last, when at least so many are there. */
async function lines(peer: Stage['peer'], least: number): Promise<readonly string[]> {
  return await peer.logged('collector', least);
}

const listening: Proof['prepare'] = ({ peer }) => peer.collector({ name: 'collector', address: collector, port: 514, kind: 'udp' });

/** Logs: what is in them, and where they go. */
export const logs: readonly Proof[] = [
  {
    row: 'log-formats',
    what: 'writes log lines in a format of its own',
    keys: ['frontends.*.log-format'],
    document: frontend('log-format: "mine %[src] %HM %HU %ST"'),
    directive: /^ {4}log-format .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      await get(peer, '/a?b=c');
      expect(await lines(peer, 1)).toEqual(['mine 203.0.113.100 GET /a?b=c 200']);
    },
  },
  {
    row: 'log-formats',
    what: 'writes connections that fail before there is a request in another format',
    keys: ['frontends.*.error-log-format'],
    document: `
frontends:
  web:
    bind: [{ address: "*:80", accept-proxy: true }]
    log: [{ address: "${collector}:514", format: raw }]
    error-log-format: "failed %[src] %[fc_err_str]"
    default_backend: app
${app}`,
    directive: /^ {4}error-log-format .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      await peer.converse({ address: vips.main, port: 80, send: 'no PROXY line\r\n', forMs: 500 });
      expect(await lines(peer, 1)).toEqual([expect.stringMatching(/^failed 203\.0\.113\.100 .*PROXY/)]);
    },
  },
  {
    row: 'log-formats',
    what: 'writes structured data and a tag into RFC 5424 lines',
    keys: ['frontends.*.log-format-sd', 'frontends.*.log-tag'],
    document: frontend('log-format-sd: "[request@0 client=\\"%ci\\"]"\n    log-tag: shopfront').replace('format: raw', 'format: rfc5424'),
    directive: /^ {4}log-(?:format-sd|tag) .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      await get(peer, '/');
      // the facility local1, the level info: 17 * 8 + 6 (RFC 5424, 6.2.1)
      expect(await lines(peer, 1)).toEqual([
        expect.stringMatching(/^<142>1 \S+ \S+ shopfront \d+ - \[request@0 client="203\.0\.113\.100"\] /),
      ]);
    },
  },
  {
    row: 'log-content',
    what: 'shows captured headers of requests and responses in the usual line, with client, timers and states',
    keys: ['frontends.*.capture request header', 'frontends.*.capture response header', 'frontends.*.capture cookie'],
    document: frontend(
      'capture request header: { User-Agent: 8, Referer: 32 }\n    capture response header: { Server: 32 }\n    capture cookie: { SRV: 16 }',
    ),
    directive: /^ {4}capture .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      await get(peer, '/x', { 'user-agent': 'longer than eight', referer: 'r"|', cookie: 'SRV=abc' });
      expect(await lines(peer, 1)).toEqual([
        expect.stringMatching(
          /^203\.0\.113\.100:\d+ \[.*\] web app\/app1 \d+\/\d+\/\d+\/\d+\/\d+ 200 \d+ SRV=abc - ---- 1\/1\/0\/0\/0 0\/0 \{longer t\|r#22#7C\} \{origin\} "GET \/x HTTP\/1\.1"$/,
        ),
      ]);
    },
  },
  {
    row: 'log-delivery',
    what: 'sends lines about servers as well, as no more severe than said',
    keys: ['backends.*.log', 'backends.*.log.*.minlevel'],
    document: `
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }
backends:
  app:
    log: [{ address: "${collector}:514", format: priority, facility: local1, level: info, minlevel: notice }]
    check: { inter: 100ms, fall: 1 }
    servers: { gone: "${servers.app1}:9" }`,
    directive: /^ {4}log .* info notice\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      // the facility local1, the level notice in the place of alert: 17 * 8 + 5
      expect(await lines(peer, 1)).toContainEqual(expect.stringMatching(/^<141>Server app\/gone is DOWN/));
    },
  },
  {
    row: 'log-content',
    what: 'captures samples by rules, of frontends and backends, into slots of the usual line',
    keys: ['frontends.*.declare capture', 'frontends.*.http-request.*.capture', 'backends.*.http-response.*.capture'],
    document: frontend(
      'declare capture: { request: [4], response: [8] }\n    http-request: [{ capture: { sample: path, id: 0 } }, { capture: { sample: method, len: 8 } }]',
    ).replace('app: {', 'app: { http-response: [{ capture: { sample: "res.hdr(server),upper", id: 0 } }],'),
    directive: /^ {4}http-(?:request|response) capture .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      await get(peer, '/longer');
      expect(await lines(peer, 1)).toEqual([expect.stringMatching(/ \{\/lon\|GET\} \{ORIGIN\} "GET /)]);
    },
  },
  {
    row: 'log-sampling',
    what: 'sends one line in ten',
    keys: ['frontends.*.log.*.sample'],
    document: frontend('log-format: "%HU"').replace('format: raw', 'format: raw, sample: "1:10"'),
    directive: / sample 1:10/,
    prepare: listening,
    prove: async ({ peer }) => {
      for (let number = 0; number < 21; number++) await get(peer, `/${number}`);
      expect(await lines(peer, 3)).toEqual(['/0', '/10', '/20']);
    },
  },
  {
    row: 'log-delivery',
    what: 'sends lines by TCP, with their length before them, and keeps them while the server is away',
    keys: ['rings.*', 'frontends.*.log.*.ring'],
    document: `
rings: { central: { address: "${collector}:601", format: raw, timeout: { connect: 100ms } } }
${frontend('log-format: "by ring %HU"').replace(/log: .*/, 'log: [{ ring: central, format: raw }]')}`,
    directive: /^ {4}log ring@central .*\n/,
    prove: async ({ peer }) => {
      await get(peer, '/early');
      await peer.collector({ name: 'ring', address: collector, port: 601, kind: 'tcp' });
      try {
        await get(peer, '/late');
        expect(await peer.logged('ring', 2)).toEqual(['14 by ring /early13 by ring /late']);
      } finally {
        await peer.down('ring');
      }
    },
  },
  {
    row: 'log-delivery',
    what: 'takes in logs of other machines by UDP and TCP, and sends them on in another form',
    keys: ['log-forward.*.dgram-bind', 'log-forward.*.bind', 'log-forward.*.log'],
    document: `${frontend('')}
log-forward:
  devices:
    bind: [{ address: "*:514" }]
    dgram-bind: [{ address: "*:514" }]
    log: [{ address: "${collector}:514", format: rfc5424 }]`,
    directive: /^ {4}(?:dgram-)?bind \*:514\n/,
    prepare: listening,
    prove: async ({ peer, networks }) => {
      // RFC 3164 from a device without structured data, 13 * 8 + 4
      const line = '<108>Oct 11 22:14:15 switch7 fan: too warm';
      const send = (protocol: 'udp' | 'tcp') => networks.outside.run(['bash', '-c', `echo '${line}' >/dev/${protocol}/${vips.main}/514`]);
      for (const protocol of ['udp', 'tcp'] as const) {
        await send(protocol);
        expect(await lines(peer, 1), protocol).toEqual([expect.stringMatching(/^<108>1 \S+ switch7 fan - - - too warm$/)]);
      }
    },
  },
  {
    row: 'unique-id',
    what: 'gives each request an identity that servers and logs show',
    keys: ['frontends.*.unique-id-format', 'frontends.*.unique-id-header'],
    document: frontend('log-format: "%ID"\n    unique-id-format: "%ci-%rt"\n    unique-id-header: X-Request-Id'),
    directive: /^ {4}unique-id-header .*\n/,
    prepare: listening,
    prove: async ({ peer }) => {
      const { headers } = JSON.parse((await get(peer, '/', { 'x-request-id': 'forged' })).body) as { headers: Record<string, string> };
      expect(headers['x-request-id']).toMatch(/^203\.0\.113\.100-\d+$/);
      expect(await lines(peer, 1)).toEqual([headers['x-request-id']]);
    },
  },
];
