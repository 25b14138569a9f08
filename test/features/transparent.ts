import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { behind, startBehind } from '../support/behind.ts';
import { clients, servers, vips } from '../support/netns.ts';
import { app, seen } from './app.ts';
import type { Proof, Stage } from './proof.ts';

type Asked = Parameters<Stage['peer']['ask']>[0];

/** A server behind HAProxy's machine, and the way to addresses that nobody has, which leads through it. */
async function stand({ networks }: Omit<Stage, 'haproxy'>): Promise<() => Promise<void>> {
  const routes = [`-4 ROUTE 198.51.100.0/24 via ${vips.main}`, `-6 ROUTE 2001:db8:9::/48 via ${vips.six}`];
  const way = async (verb: string) => {
    for (const route of routes) await networks.outside.run(['ip', ...route.replace('ROUTE', `route ${verb}`).split(' ')]);
  };
  const { stop } = await startBehind(networks);
  await way('add');
  return async () => {
    await way('del');
    await stop();
  };
}

/** What the server got to see; fails where there was no answer. */
async function seenOf({ peer }: Stage, asked: Partial<Asked> = {}): Promise<ReturnType<typeof seen>> {
  // who is not answered at all would ask for minutes
  const late = sleep(1500).then(() => ({ status: 0, body: '', error: 'no answer' }));
  const { status, body, error } = await Promise.race([late, peer.ask({ address: vips.main, port: 80, path: '/', ...asked })]);
  expect([status, error]).toEqual([200, null]);
  return seen(body);
}

const serverBehind = (source: string, address = `${behind.four}:8080`) =>
  `    source: { usesrc: ${source} }\n    timeout: { connect: 500ms }\n    servers: { behind: { address: "${address}", check: false } }`;

const usual = { row: 'transparent', withKernel: true, prepare: stand, keys: ['backends.*.source.usesrc'] } as const;

/** Addresses of others: those of clients towards servers, and those that clients meant. */
export const transparent: readonly Proof[] = [
  {
    ...usual,
    what: "comes to a server from the client's own address",
    document: app(serverBehind('clientip')),
    directive: / usesrc clientip/,
    prove: async (stage) => {
      expect((await seenOf(stage, { from: clients.office })).from).toMatch(new RegExp(`^${clients.office}:`));
      expect((await seenOf(stage)).from).toMatch(/^203\.0\.113\.10\d:/);
    },
  },
  {
    ...usual,
    what: 'has what it needs for that, although it is not root',
    document: app(serverBehind('clientip')),
    directive: /^ {4}setcap cap_net_raw\n/,
    prove: async (stage) => expect((await seenOf(stage, { from: clients.office })).from).toMatch(new RegExp(`^${clients.office}:`)),
  },
  {
    ...usual,
    what: "comes to a server from the client's address and port",
    document: app(`    http-request: [{ set-header: { X-Port: "%[src_port]" } }]\n${serverBehind('client')}`),
    directive: / usesrc client$/,
    prove: async (stage) => {
      const { from, headers } = await seenOf(stage, { from: clients.office });
      expect(from).toBe(`${clients.office}:${headers['x-port']}`);
    },
  },
  {
    ...usual,
    what: 'comes to a server from the address that a proxy before it has written down',
    document: app(serverBehind('"hdr_ip(X-Real-IP)"')),
    directive: / usesrc hdr_ip\(X-Real-IP\)/,
    prove: async (stage) => expect((await seenOf(stage, { headers: { 'x-real-ip': '198.51.100.9' } })).from).toMatch(/^198\.51\.100\.9:/),
  },
  {
    ...usual,
    what: "comes to an IPv6 server from the client's own address",
    document: app(serverBehind('clientip', `[${behind.six}]:8080`)).replace('"*:80"', '"[::]:80"'),
    directive: / usesrc clientip/,
    prove: async (stage) => expect((await seenOf(stage, { address: vips.six })).from).toContain(clients.six),
  },
  ...(
    [
      ['any IPv4 address', '"*:80"', '198.51.100.7'],
      ['any IPv6 address', '"[::]:80"', '2001:db8:9::7'],
      ['one address', '"198.51.100.8:80"', '198.51.100.8'],
      ['any port of a range', '"*:80-82"', '198.51.100.7', 81],
    ] as const
  ).map(
    ([what, bind, address, port = 80]): Proof => ({
      ...usual,
      what: `takes connections to ${what} of others`,
      keys: ['frontends.*.bind.*.transparent'],
      document: app(`    servers: { app1: "${servers.app1}:8080" }`).replace('address: "*:80"', `address: ${bind}, transparent: true`),
      directive: / transparent\b/,
      prove: async (stage) => expect((await seenOf(stage, { address, port })).server).toBe('app1'),
    }),
  ),
];
