import { type ProxySection, proxiesOf } from '../../../proxy/haproxy/import/section.ts';
import { readConfig } from '../../../proxy/haproxy/import/source.ts';
import type { Asked, TcpAsked } from '../haproxy-peer.ts';
import { clients, vips } from '../netns.ts';
import { both, clientSaying, type Said, subjectOf } from './said.ts';
import { type NamedFiles, vocabulary } from './vocabulary.ts';

/** One request: HTTP, or bytes on a connection. */
export type Request = { readonly http: Asked } | { readonly tcp: TcpAsked };

/** Addresses of clients that come once, so that what counts clients has not seen them before. */
export const crowd: readonly string[] = Array.from({ length: 64 }, (_, index) => `203.0.113.${128 + index}`);

/** Where a frontend listens, as clients reach it. */
interface Place {
  readonly address: string;
  readonly port: number;
  readonly mode: string;
  readonly isTls: boolean;
  readonly protocols: readonly string[];
  readonly takesProxy: boolean;
}

/** What nothing of a configuration needs to look at: servers answer these as they say (test/support/haproxy-peer.ts). */
const PATHS = ['/', '/none/such?a=1', '/status/404', '/status/503', '/cookie/JSESSIONID/s1', '/type/text/css'];
const NOBODY = 'nowhere.example';
const MOST_PAIRS = 240;

/** Requests for a haproxy.cfg, made of what its ACLs, maps, cookies and rules look at, and of what none of them does; in a fixed order. */
export function requestsFor(source: string, files: NamedFiles): readonly Request[] {
  const said = vocabulary(source, files);
  const proxies = proxiesOf(readConfig(source).sections);
  const requests = proxies.flatMap((proxy) =>
    placesOf(proxy).flatMap((place): readonly Request[] =>
      place.mode === 'http' ? ofHttp(place, said, proxies) : ofTcp(place, said, delayOf(proxy)),
    ),
  );
  return requests;
}

function placesOf({ section, directives }: ProxySection): readonly Place[] {
  if (section.keyword === 'backend') return [];
  const mode = directives.findLast(({ words }) => words[0] === 'mode')?.words[1] ?? 'tcp';
  return directives
    .filter(({ words }) => words[0] === 'bind')
    .flatMap(({ words: [, addresses = '', ...words] }) =>
      addresses.split(',').flatMap((text): readonly Place[] => {
        const [, host = '', port] = /^(?:ipv[46]@|tcp@)?(.*):(\d+)(?:-\d+)?$/.exec(text) ?? [];
        if (port === undefined || text.startsWith('quic')) return [];
        const plain = host.replace(/^\[(.*)\]$/, '$1');
        const isSix = (plain === '::' && !words.includes('v4v6')) || (plain.includes(':') && plain !== '::');
        const address = /^(?:\*|0\.0\.0\.0|::|)$/.test(plain) ? (isSix ? vips.six : vips.main) : plain;
        const alpn = words[words.indexOf('alpn') + 1] ?? '';
        return [
          {
            address,
            port: Number(port),
            mode,
            isTls: words.includes('ssl'),
            protocols: words.includes('alpn') ? alpn.split(',').filter((each) => each !== 'h3') : [],
            takesProxy: words.includes('accept-proxy'),
          },
        ];
      }),
    );
}

/** Cookies of servers, and what tables remember clients by. */
function remembered(proxies: readonly ProxySection[]): readonly Said[] {
  return proxies.flatMap(({ directives }) => {
    const cookie = directives.find(({ words }) => words[0] === 'cookie')?.words[1];
    return directives.flatMap(({ words }): readonly Said[] => {
      const value = words[0] === 'server' ? words[words.indexOf('cookie') + 1] : undefined;
      if (cookie !== undefined && value !== undefined && words.includes('cookie')) return [{ cookies: { [cookie]: value } }];
      const at = words.findIndex((word) => /^(?:track-sc\d|on|match|store-request)$/.test(word));
      const said = at < 0 || !/^(?:http-request|tcp-request|stick)$/.test(words[0] ?? '') ? null : subjectOf(words[at + 1] ?? '');
      if (said === null) return [];
      const keys = ['k1', 'k1', 'k1', 'k2', 'k1', 'k1', 'k1', 'k1', 'k1'];
      return keys.flatMap((key) => clientSaying(said, key) ?? []);
    });
  });
}

function ofHttp(place: Place, said: readonly Said[], proxies: readonly ProxySection[]): readonly Request[] {
  const hosts = [...new Set([NOBODY, ...said.flatMap(({ host }) => host ?? [])])];
  const paths = [...new Set([...PATHS, ...said.flatMap(({ path }) => path ?? [])])];
  const pairs: readonly Said[] =
    hosts.length * paths.length <= MOST_PAIRS
      ? hosts.flatMap((host) => paths.map((path) => ({ host, path })))
      : [...hosts.map((host) => ({ host })), ...paths.map((path) => ({ path }))];
  const others = said.filter(({ host, path, ...rest }) => Object.keys(rest).length > 0);
  const single = unique([...pairs, ...said, ...others.map((each) => both({ path: '/none/such' }, each))]);
  // the same client again and again: what balances, remembers and counts has something to do
  const again: readonly Said[] = [...Array<Said>(6).fill({}), ...remembered(proxies)].map((each) => ({ from: clients.usual, ...each }));
  const asked = [...single.map((each, index) => ({ from: crowd[index % crowd.length] as string, ...each })), ...again];
  const requests = asked.map((each) => request(place, each));
  const h2: readonly Request[] = place.protocols.includes('h2')
    ? hosts.map((host) => request(place, { host, from: clients.usual }, ['h2']))
    : [];
  return [...requests, ...h2];
}

function request({ address, port, isTls, takesProxy }: Place, said: Said, protocols: readonly string[] = []): Request {
  const { host = NOBODY, path = '/', method = 'GET', headers = {}, cookies = {}, query = {}, sni } = said;
  const asked = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const jar = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const url = asked.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${asked.join('&')}`;
  const all = { ...headers, host, ...(jar.length === 0 ? {} : { cookie: jar.join('; ') }) };
  const from = address.includes(':') ? clients.six : (said.from ?? clients.usual);
  if (takesProxy) {
    const lines = Object.entries({ ...all, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
    const body = `PROXY TCP4 ${from} ${vips.main} 40000 ${port}\r\n${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`;
    return { tcp: { address, port, send: body, forMs: 1000, from: clients.usual } };
  }
  const tls = isTls ? { tls: { servername: sni ?? host, ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }) } } : {};
  return { http: { address, port, path: url, method, headers: all, from, ...tls } };
}

/** How long a proxy waits for what clients say, in milliseconds. */
function delayOf({ directives }: ProxySection): number {
  const text = directives.find(({ words }) => words[1] === 'inspect-delay')?.words[2] ?? '0';
  const [, number = '0', unit = 'ms'] = /^(\d+)(ms|s)?$/.exec(text) ?? [];
  return Number(number) * (unit === 's' ? 1000 : 1);
}

function ofTcp({ address, port, isTls, takesProxy }: Place, said: readonly Said[], delayMs: number): readonly Request[] {
  const names = [...new Set([NOBODY, ...said.flatMap(({ sni }) => sni ?? [])])];
  const asksTls = isTls || port === 443 || names.length > 1;
  const rdp = clientSaying({ fetch: 'rdp_cookie', argument: '' }, 'alice')?.bytes ?? '';
  const texts = ['hello\n', `GET / HTTP/1.1\r\nhost: ${NOBODY}\r\nconnection: close\r\n\r\n`, 'SSH-2.0-client\r\n', rdp, rdp];
  const bytes = [...new Set(said.flatMap((each) => each.bytes ?? []))];
  const from = [...new Set([clients.usual, ...said.flatMap((each) => each.from ?? [])])].filter((each) => !each.includes(':'));
  const proxied = takesProxy ? `PROXY TCP4 ${clients.usual} ${vips.main} 40000 ${port}\r\n` : '';
  const plain = [...texts, ...bytes].map(
    (send): Request => ({ tcp: { address, port, send: `${proxied}${send}`, forMs: delayMs + 250, ...local(address) } }),
  );
  const each = from.map(
    (client): Request => ({ tcp: { address, port, send: `${proxied}from\n`, forMs: delayMs + 250, ...local(address, client) } }),
  );
  const tls = names.map(
    (servername): Request => ({ http: { address, port, path: '/', headers: { host: servername }, tls: { servername } } }),
  );
  return [...(isTls ? [] : [...plain, ...each]), ...(asksTls && !takesProxy ? tls : [])];
}

const local = (address: string, from: string = clients.usual) => ({ from: address.includes(':') ? clients.six : from });

function unique(list: readonly Said[]): readonly Said[] {
  return [...new Map(list.map((each) => [JSON.stringify(each), each])).values()];
}
