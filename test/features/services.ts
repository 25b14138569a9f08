import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { servers, vips } from '../support/netns.ts';
import { app, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

const get = (peer: Stage['peer'], path: string, rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 80, path, ...rest });

/** How many of these requests, one after the other, a server got to see. */
async function reaching(peer: Stage['peer'], requests: readonly { readonly path: string; readonly referer?: string }[]): Promise<number> {
  const before = await peer.served('app1');
  for (const { path, referer } of requests) {
    expect((await get(peer, path, referer === undefined ? {} : { headers: { referer } })).status).toBe(200);
  }
  return (await peer.served('app1')) - before;
}

/** A backend behind a cache; its server says of everything that it may be kept for a minute. */
const cached = (cache: string, headers = '') =>
  app(
    `${serversOf(1)}
    http-request: [{ cache-use: small }]
    http-response: [{ set-header: { Cache-Control: max-age=60${headers} } }, { cache-store: small }]`,
    `caches: { small: { ${cache} } }`,
  );

const users = `
userlists:
  admins:
    users:
      joe: { password: "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.", groups: [ops] }
      guest: { password: "$5$abcdefgh$kcKnoInmned2t6SqBhTp5vKFbe8ZFUdGz8PlNuWuu./" }
`;
const as = (user: string) => ({ headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` } });
const statistics = (keys: string) =>
  app(serversOf(1), users, `  statistics:\n    bind: [{ address: "*:81" }]\n    stats: { uri: /stats, ${keys} }`);
const page = (peer: Stage['peer'], rest: Partial<Parameters<Stage['peer']['ask']>[0]> = {}) =>
  peer.ask({ address: vips.main, port: 81, path: '/stats', ...rest });

/** A mail server in fixed messages (RFC 5321, appendix D). */
const smtp = [
  { to: '\r\n.\r\n', say: '250 taken\r\n' },
  ...['HELO', 'MAIL FROM', 'RCPT TO'].map((to) => ({ to, say: '250 yes\r\n' })),
  { to: 'DATA', say: '354 go on\r\n' },
  { to: 'QUIT', say: '221 bye\r\n', ends: true },
];
const mailServer: Proof['prepare'] = async ({ peer }) => {
  await peer.down('smtp').catch(() => undefined);
  await peer.up({ name: 'smtp', address: servers.sorry, port: 25, kind: 'canned', canned: { greeting: '220 smtp\r\n', answers: smtp } });
};

/** All that the mail server hears until something is in it; for two seconds at most. */
async function mailWith(peer: Stage['peer'], wanted: string): Promise<string> {
  let text = '';
  for (const limit = performance.now() + 2000; performance.now() < limit && !text.includes(wanted); await sleep(20))
    text += await peer.heard('smtp');
  return text;
}

/** What HAProxy does beside passing on: caches, its statistics, mail. */
export const services: readonly Proof[] = [
  {
    row: 'cache',
    what: 'answers from memory what a server has said',
    keys: ['caches.*.total-max-size', 'backends.*.http-request.*.cache-use', 'backends.*.http-response.*.cache-store'],
    document: cached('total-max-size: 4'),
    directive: /^ {4}http-request cache-use small\n/,
    prove: async ({ peer }) => {
      expect(await reaching(peer, [{ path: '/once' }, { path: '/once' }, { path: '/once' }, { path: '/other' }])).toBe(2);
    },
  },
  {
    row: 'cache',
    what: 'keeps what it compresses and slows down as it came',
    keys: ['backends.*.compression', 'backends.*.filter bwlim-out'],
    document: cached('total-max-size: 4').replace(
      '    http-request:',
      `    compression: { algo: [gzip], type: [text/long] }
    filter bwlim-out: { slow: { default-limit: 1m, default-period: 1s } }
    http-request:`,
    ),
    directive: /^ {4}(?:filter )?compression.*\n/,
    prove: async ({ peer }) => {
      const long = (headers: Readonly<Record<string, string>>) => get(peer, '/type/text/long', { headers });
      const before = await peer.served('app1');
      expect((await long({ 'accept-encoding': 'gzip' })).headers).toMatchObject({ 'content-encoding': 'gzip' });
      expect(await long({})).toMatchObject({ body: 'repeated '.repeat(500) });
      expect((await peer.served('app1')) - before).toBe(1);
    },
  },
  {
    row: 'cache',
    what: 'keeps no object that is too large',
    keys: ['caches.*.max-object-size'],
    document: cached('total-max-size: 4, max-object-size: 4000'),
    directive: /^ {4}max-object-size .*\n/,
    prove: async ({ peer }) => {
      expect(await reaching(peer, [{ path: '/small' }, { path: '/small' }])).toBe(1);
      expect(await reaching(peer, [{ path: '/type/text/long' }, { path: '/type/text/long' }])).toBe(2);
    },
  },
  {
    row: 'cache',
    what: 'keeps nothing for longer than told',
    keys: ['caches.*.max-age'],
    document: cached('total-max-size: 4, max-age: 1'),
    directive: /^ {4}max-age .*\n/,
    prove: async ({ peer }) => {
      expect(await reaching(peer, [{ path: '/' }, { path: '/' }])).toBe(1);
      await sleep(2100);
      expect(await reaching(peer, [{ path: '/' }])).toBe(1);
    },
  },
  {
    row: 'cache',
    what: 'keeps one response for each page that leads there, where the server says that they vary',
    keys: ['caches.*.process-vary'],
    document: cached('total-max-size: 4, process-vary: true', ', Vary: Referer'),
    directive: /^ {4}process-vary .*\n/,
    prove: async ({ peer }) => {
      const both = ['http://a.example', 'http://b.example'].map((referer) => ({ path: '/vary', referer }));
      expect(await reaching(peer, [...both, ...both])).toBe(2);
    },
  },
  {
    row: 'cache',
    what: 'keeps no more of them than told',
    keys: ['caches.*.max-secondary-entries'],
    document: cached('total-max-size: 4, process-vary: true, max-secondary-entries: 1', ', Vary: Referer'),
    directive: /^ {4}max-secondary-entries .*\n/,
    prove: async ({ peer }) => {
      const both = ['http://a.example', 'http://b.example'].map((referer) => ({ path: '/vary', referer }));
      expect(await reaching(peer, [...both, ...both])).toBe(3);
    },
  },
  {
    row: 'stats',
    what: 'has a page of statistics',
    keys: [
      'frontends.*.stats.uri',
      'frontends.*.stats.refresh',
      'frontends.*.stats.show-legends',
      'frontends.*.stats.show-node',
      'frontends.*.stats.hide-version',
    ],
    document: statistics('refresh: 7s, show-legends: true'),
    directive: /^ {4}stats (?!socket|timeout).*\n/,
    prove: async ({ peer }) => {
      const { body, headers, status } = await page(peer);
      expect(status).toBe(200);
      expect(headers).toMatchObject({ refresh: '7' });
      expect(body).toContain('on lb1');
      expect(body).toContain('app1');
      expect(body).not.toContain('3.0.11');
    },
  },
  {
    row: 'stats',
    what: 'shows it to those with a password',
    keys: ['frontends.*.stats.auth'],
    document: statistics('auth: admins'),
    directive: /^ {4}stats http-request .*\n/,
    prove: async ({ peer }) => {
      expect(await page(peer)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="admins"' } });
      expect((await page(peer, as('joe:wrong'))).status).toBe(401);
      expect((await page(peer, as('guest:looker'))).status).toBe(200);
    },
  },
  {
    row: 'stats',
    what: 'lets some of them take servers out',
    keys: ['frontends.*.stats.admin.if'],
    document: statistics('auth: admins, admin: { if: { "http_auth_group(admins)": ops } }'),
    directive: /^ {4}stats admin .*\n/,
    prove: async ({ peer, haproxy }) => {
      const drain = async (user: string) => {
        const { headers } = as(user);
        const form = { 'content-type': 'application/x-www-form-urlencoded' };
        await page(peer, { method: 'POST', headers: { ...headers, ...form }, body: 's=app1&action=drain&b=app' });
        return /^app,app1,(?:[^,]*,){15}([^,]*),/m.exec(await haproxy.ask('show stat'))?.[1];
      };
      expect(await drain('guest:looker')).not.toContain('DRAIN');
      expect(await drain('joe:secret')).toContain('DRAIN');
    },
  },
  {
    row: 'stats',
    what: 'has metrics for Prometheus',
    keys: ['frontends.*.http-request.*.use-service'],
    document: app(
      serversOf(1),
      '',
      '  metrics:\n    bind: [{ address: "*:81" }]\n    http-request: [{ use-service: prometheus-exporter, if: { path: /metrics } }]',
    ),
    directive: /^ {4}http-request use-service .*\n/,
    prove: async ({ peer }) => {
      await get(peer, '/');
      const { status, body } = await peer.ask({ address: vips.main, port: 81, path: '/metrics' });
      expect(status).toBe(200);
      expect(body).toContain('haproxy_backend_http_responses_total{proxy="app",code="2xx"} 1');
    },
  },
  {
    row: 'mailers',
    what: 'sends mail when a server goes down',
    keys: [
      'mailers.*.mailer.*',
      'mailers.*.timeout.mail',
      'backends.*.email-alert.mailers',
      'backends.*.email-alert.to',
      'defaults.email-alert.from',
      'defaults.email-alert.myhostname',
    ],
    document: app(
      `${serversOf(1)}\n    email-alert: { to: ops@shop.example }`,
      `mailers: { office: { mailer: { smtp: "${servers.sorry}:25" }, timeout: { mail: 2s } } }
defaults: { email-alert: { mailers: office, to: nobody@shop.example, from: weir@shop.example, myhostname: lb1.shop.example } }`,
    ),
    directive: /^ {4}email-alert .*\n/,
    prepare: mailServer,
    prove: async ({ peer, haproxy }) => {
      await peer.heard('smtp');
      await haproxy.ask('set server app/app1 health down');
      const mail = await mailWith(peer, 'QUIT');
      expect(mail).toContain('HELO lb1.shop.example\r\n');
      expect(mail).toContain('MAIL FROM:<weir@shop.example>\r\n');
      expect(mail).toContain('RCPT TO:<ops@shop.example>\r\n');
      expect(mail).toContain('Server app/app1 is DOWN');
    },
  },
  {
    row: 'mailers',
    what: 'sends mail when it comes back, if asked to',
    keys: ['backends.*.email-alert.level'],
    document: app(
      `${serversOf(1)}\n    email-alert: { mailers: office, from: weir@shop.example, to: ops@shop.example, level: notice }`,
      `mailers: { office: { mailer: { smtp: "${servers.sorry}:25" } } }`,
    ),
    directive: /^ {4}email-alert level .*\n/,
    prepare: mailServer,
    prove: async ({ peer, haproxy }) => {
      await haproxy.ask('set server app/app1 health down');
      await haproxy.ask('set server app/app1 health up');
      expect(await mailWith(peer, 'is UP')).toContain('Server app/app1 is UP');
    },
  },
];
