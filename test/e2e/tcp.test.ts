import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Condition, DataPlane } from '../../proxy/model.ts';
import { backend, bind, checkSettings, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { type Answered, type Peer, startPeer } from '../support/haproxy-peer.ts';
import { clients, type Networks, servers, startNetworks, vips } from '../support/netns.ts';

const sni = (name: string): Condition => ({ kind: 'sample', sample: 'req.ssl_sni', test: { kind: 'patterns', patterns: [name] } });

const relay: DataPlane = plane({
  frontends: [
    frontend('echo', [bind('*', 7000), bind('::', 7000)], 'echoes', { mode: 'tcp' }),
    frontend('both', [bind('::', 7001)], 'echoes', { mode: 'tcp' }),
    frontend('brief', [bind(vips.main, 7002)], 'brief', { mode: 'tcp', timeouts: { client: '1h' } }),
    frontend('patient', [bind(vips.main, 7006)], 'patient', { mode: 'tcp', timeouts: { client: '300ms' } }),
    frontend('closed', [bind(vips.main, 7003)], 'echoes', {
      mode: 'tcp',
      rules: {
        'tcp-request content': [
          {
            action: { kind: 'reject' },
            condition: { kind: 'sample', sample: 'src', test: { kind: 'patterns', patterns: [clients.blocked] } },
          },
        ],
      },
    }),
    frontend('tls', [bind(vips.main, 443)], 'one', { mode: 'tcp', useBackend: [{ backend: 'two', condition: sni('two.example') }] }),
    frontend('proxied', [bind(vips.main, 7004, { acceptProxy: true })], 'web'),
    frontend('proxying', [bind(vips.main, 7005)], 'proxying', { mode: 'tcp' }),
  ],
  backends: [
    backend('echoes', [server('echo', servers.app1, 7000)], {
      mode: 'tcp',
      check: { kind: 'tcp', ...checkSettings, inter: '1s', fall: 2, rise: 1 },
    }),
    backend('brief', [server('echo', servers.app1, 7000)], { mode: 'tcp', timeouts: { tunnel: '700ms' } }),
    backend('patient', [server('echo', servers.app1, 7000)], { mode: 'tcp', timeouts: { server: '300ms' } }),
    backend('one', [server('one', servers.app1, 8443)], { mode: 'tcp' }),
    backend('two', [server('two', servers.app2, 8443)], { mode: 'tcp' }),
    backend('web', [server('web', servers.app3, 8080)]),
    backend('proxying', [server('self', vips.main, 7004, { sendProxy: 'v2' })], { mode: 'tcp' }),
  ],
});

let networks: Networks;
let peer: Peer;
let haproxy: Haproxy;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  const tls = await Promise.all(['one.example', 'two.example'].map((name) => makeCertificate(name)));
  await peer.up({ name: 'echo', address: servers.app1, port: 7000, kind: 'tcp' });
  for (const [index, name] of ['one', 'two'].entries()) {
    const pair = tls[index];
    if (pair !== undefined)
      await peer.up({ name, address: index === 0 ? servers.app1 : servers.app2, port: 8443, kind: 'http', tls: pair });
  }
  await peer.up({ name: 'web', address: servers.app3, port: 8080, kind: 'http' });
  haproxy = await startHaproxy(networks.proxy, relay);
});

afterAll(async () => {
  await haproxy?.stop();
  await peer?.stop();
  await networks?.stop();
});

describe('a TCP frontend', () => {
  test.each([
    ['an IPv4 bind', vips.main, 7000],
    ['an IPv6 bind beside it', vips.six, 7000],
    ['a bind on :: by IPv4', vips.main, 7001],
    ['a bind on :: by IPv6', vips.six, 7001],
  ])('carries bytes both ways through %s, the server speaking first', async (_, address, port) => {
    const { received } = await peer.converse({ address, port, send: 'hello\n', forMs: 400 });
    expect(received).toBe('echo\nhello\n');
  });

  test('ends a tunnel that has been silent too long', async () => {
    const { isClosed, ms } = await peer.converse({ address: vips.main, port: 7002, send: '', forMs: 5000 });
    expect(isClosed).toBe(true);
    expect(ms).toBeGreaterThan(650);
    expect(ms).toBeLessThan(3000);
  });

  test('lets a tunnel be silent for longer than a client or a server may be', async () => {
    expect(await peer.converse({ address: vips.main, port: 7006, send: '', forMs: 1500 })).toMatchObject({
      received: 'echo\n',
      isClosed: false,
    });
  });

  test('rejects whom its rules reject', async () => {
    expect((await peer.converse({ address: vips.main, port: 7003, send: '', forMs: 400 })).received).toBe('echo\n');
    const { received, isClosed } = await peer.converse({ address: vips.main, port: 7003, send: '', forMs: 3000, from: clients.blocked });
    expect({ received, isClosed }).toEqual({ received: '', isClosed: true });
  });

  test('routes TLS by the name in its hello, without opening it', async () => {
    for (const [servername, name] of [
      ['one.example', 'one'],
      ['two.example', 'two'],
    ] as const) {
      const reply = await peer.ask({ address: vips.main, port: 443, path: '/', headers: { host: servername }, tls: { servername } });
      expect(reply).toMatchObject({ status: 200, certificate: servername });
      expect((JSON.parse(reply.body) as Answered).server).toBe(name);
    }
  });

  test('hands the address of the client on by the PROXY protocol', async () => {
    const reply = await peer.ask({ address: vips.main, port: 7005, path: '/', headers: { host: 'web.example' }, from: clients.office });
    expect((JSON.parse(reply.body) as Answered).headers).toMatchObject({ 'x-forwarded-for': clients.office });
  });
});
