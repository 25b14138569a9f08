import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  abortCertificate,
  commitCertificate,
  isCommitted,
  isSet,
  parseCertificate,
  setCertificate,
  showCertificate,
} from '../../proxy/haproxy/certificate.ts';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { type KeyPair, makeCertificate } from '../support/haproxy-certificates.ts';
import { type Peer, startPeer } from '../support/haproxy-peer.ts';
import { type Networks, servers, startNetworks, vips } from '../support/netns.ts';

const [shop, api] = ['/run/weir/certificates/shop.pem', '/run/weir/certificates/api.pem'] as const;
const tls = plane({
  certificates: [
    { name: 'shop', pems: [shop], sni: ['shop.example'], options: {} },
    { name: 'api', pems: [api], sni: ['api.example'], options: {} },
  ],
  frontends: [
    frontend(
      'web',
      [bind(vips.main, 443, { ssl: { certificates: ['shop', 'api'], alpn: ['http/1.1'], options: {}, quic: false } })],
      'app',
    ),
    frontend('other', [bind(vips.other, 443, { ssl: { certificates: ['api', 'shop'], alpn: [], options: {}, quic: false } })], 'app'),
  ],
  backends: [backend('app', [server('app1', servers.app1, 8080)])],
});

const text = ({ cert, key }: KeyPair) => `${cert}${key}`;
const fingerprint = ({ cert }: KeyPair) => new X509Certificate(cert).fingerprint.replaceAll(':', '');

let networks: Networks;
let peer: Peer;
let haproxy: Haproxy;
let first: KeyPair;
let other: KeyPair;

beforeAll(async () => {
  networks = await startNetworks();
  peer = startPeer(networks.outside);
  await peer.up({ name: 'app1', address: servers.app1, port: 8080, kind: 'http' });
  [first, other] = [await makeCertificate('shop.example'), await makeCertificate('api.example')];
  haproxy = await startHaproxy(networks.proxy, tls, { [shop]: text(first), [api]: text(other) });
});
afterAll(async () => {
  await haproxy?.stop();
  await peer?.stop();
  await networks?.stop();
});

const ask = (command: string | null) => haproxy.ask((command ?? '').replace(/\n$/, ''));
const served = async (path: string) => parseCertificate(await ask(showCertificate(path)))?.fingerprint;
const shown = async (address: string, servername: string) =>
  Object.keys((await peer.load({ address, port: 443, path: '/', perSecond: 10, seconds: 0.1, servername })).shown);

describe('a certificate that is replaced at the socket', () => {
  test('is served to every new connection, on every bind, and none is lost', async () => {
    const before = await haproxy.info();
    const next = await Promise.all(Array.from({ length: 5 }, () => makeCertificate('shop.example')));
    const loaded = peer.load({ address: vips.main, port: 443, path: '/', perSecond: 200, seconds: 6, servername: 'shop.example' });
    for (const pair of next) {
      await sleep(1000);
      expect(isSet(await ask(setCertificate(shop, `Bag Attributes: x\n\n${text(pair)}\n\n`)))).toBe(true);
      expect(isCommitted(await ask(commitCertificate(shop)))).toBe(true);
      expect(await served(shop)).toBe(fingerprint(pair));
    }
    const { ok, failed, errors, shown: all } = await loaded;
    expect({ ok, failed, errors }).toEqual({ ok: 1200, failed: 0, errors: {} });
    expect(Object.keys(all).sort()).toEqual([first, ...next].map(fingerprint).sort());
    expect((await haproxy.info())?.pid).toBe(before?.pid);
    const last = fingerprint(next.at(-1) as KeyPair);
    expect(await shown(vips.main, 'shop.example')).toEqual([last]);
    expect(await shown(vips.other, 'shop.example')).toEqual([last]);
    expect(await shown(vips.main, 'api.example')).toEqual([fingerprint(other)]);
  });

  test('that does not fit its key is not served, nor after it was forgotten', async () => {
    const before = await served(api);
    const wrong = await makeCertificate('api.example');
    await ask(setCertificate(api, `${wrong.cert}${other.key}`));
    expect(isCommitted(await ask(commitCertificate(api)))).toBe(false);
    await ask(abortCertificate(api));
    expect(isCommitted(await ask(commitCertificate(api)))).toBe(false);
    expect(await served(api)).toBe(before);
    expect(await shown(vips.other, 'api.example')).toEqual([fingerprint(other)]);
  });

  test('of a file that the configuration does not name is not taken', async () => {
    expect(isSet(await ask(setCertificate('/run/weir/certificates/no.pem', text(other))))).toBe(false);
    expect(await served('/run/weir/certificates/no.pem')).toBe(undefined);
  });

  test('that is longer than a command may be is not even said', () => {
    expect(setCertificate(api, `${text(other)}${other.cert.repeat(30)}`)).toBe(null);
  });
});
