import type { Bind, TcpBind, UnixBind, Words } from '../model/bind.ts';
import type { Frontend } from '../model.ts';
import { addressText } from './address.ts';
import type { CertificateList } from './crt-list.ts';
import { guid } from './identity.ts';
import { type Line, placed } from './line.ts';
import { comment, line, phrase, word } from './quote.ts';
import { wordList } from './words.ts';

/** The ports of which a bind takes every IPv4 address. */
export function ipv4Ports(binds: readonly Bind[]): ReadonlySet<number> {
  return new Set(
    binds.flatMap((bind) => (bind.kind === 'tcp' && bind.addresses.some((each) => each === '*' || each === '0.0.0.0') ? [bind.port] : [])),
  );
}

/**
 * The UNIX sockets that HAProxy makes, by the paths of their binds, where links lead to them. HAProxy puts a socket in the place of whatever has its
 * path, takes none away, and leaves one that it inherits at a reload in its old mode (`sock_unix_bind_receiver` in its `sock_unix.c`): so they have a
 * folder of their own, and names with the mode in them.
 */
export function socketLinks(binds: readonly Bind[], runDir: string): ReadonlyMap<string, string> {
  return new Map(binds.flatMap((bind) => (bind.kind === 'unix' ? [[bind.path, socketOf(bind, runDir)] as const] : [])));
}

function socketOf({ path, mode }: UnixBind, runDir: string): string {
  return `${runDir}/binds/${path.slice(path.lastIndexOf('/') + 1).replace(/\.sock$/, '')}-${mode}.sock`;
}

/** `::` takes IPv4 too, as Linux does by default, unless another bind takes IPv4 on that port; said aloud, as it must not hang on a sysctl. */
export function family(address: string, port: number, takenByIpv4: ReadonlySet<number>): readonly string[] {
  if (address !== '::') return [];
  return takenByIpv4.has(port) ? ['v6only'] : ['v4v6'];
}

/** `443`, or `8000-8010`. */
function portText({ port, lastPort }: TcpBind): string | number {
  return port === lastPort ? port : `${port}-${lastPort}`;
}

/** The identity of a bind's counters, where its frontend counts each bind on its own: the place where it listens, which it has to itself. */
function guidWords({ name, options }: Frontend, ...at: readonly (string | number)[]): readonly string[] {
  if (options['socket-stats'] !== true) return [];
  // a name of its own for what no guid may hold; a path and an address are never one text
  return ['guid-prefix', guid('bind', name, ...at.map((each) => `${each}`.replaceAll('*', 'any').replaceAll('/', '.')))];
}

/** The `bind` lines of a frontend. `takenByIpv4` are the ports of {@link ipv4Ports} in the whole data plane, `lists` the crt-lists of its binds. */
export function bindLines(
  frontend: Frontend,
  takenByIpv4: ReadonlySet<number>,
  lists: readonly (CertificateList | null)[],
  runDir: string,
): readonly Line[] {
  const names = namesForProxies(frontend);
  return frontend.binds.flatMap((bind, index) => {
    const { ssl, acceptProxy } = bind;
    const list = lists[index] ?? null;
    const named = names.get(bind);
    const options = wordList({ ...(named === undefined ? {} : { name: named }), ...bind.options });
    if (acceptProxy === true) options.push('accept-proxy');
    if (ssl !== null && list !== null) {
      options.push('ssl', 'crt-list', list.path);
      if (ssl.alpn.length > 0) options.push('alpn', ssl.alpn.join(','));
      options.push(...wordList(ssl.options));
    }
    const lines =
      bind.kind === 'unix'
        ? [
            comment(`programs find it at ${bind.path}`),
            line('bind', `unix@${socketOf(bind, runDir)}`, 'mode', bind.mode, ...options, ...guidWords(frontend, bind.path)),
          ]
        : bind.kind === 'abns'
          ? [line('bind', `abns@${bind.name}`, ...options, ...guidWords(frontend, 'abns', bind.name))]
          : bind.addresses.flatMap((address) => {
              const at = addressText({ address, port: portText(bind) });
              const rest = family(address, bind.port, takenByIpv4);
              return [
                line('bind', at, ...rest, ...options, ...guidWords(frontend, 'tcp', address, portText(bind))),
                ...(list !== null && ssl?.quic
                  ? [
                      line(
                        'bind',
                        `quic${address.includes(':') ? 6 : 4}@${at}`,
                        ...rest,
                        ...quicOptions(bind, list),
                        ...guidWords(frontend, 'quic', address, portText(bind)),
                      ),
                    ]
                  : []),
              ];
            });
    return placed(['bind', index], lines);
  });
}

/** Options that a QUIC socket does not have: they are TCP's, and early data needs another TLS library than Debian's. */
const tcpOnly: ReadonlySet<string> = new Set(['backlog', 'defer-accept', 'mss', 'tcp-ut', 'tfo', 'allow-0rtt', 'transparent']);

/** What the QUIC socket of a bind has besides its place. */
function quicOptions({ ssl, options }: Bind, { path }: CertificateList): readonly string[] {
  const shared = (words: Words) => wordList(Object.fromEntries(Object.entries(words).filter(([key]) => !tcpOnly.has(key))));
  return [...shared(options), 'ssl', 'crt-list', path, 'alpn', 'h3', ...shared(ssl?.options ?? {})];
}

/** The names, with a colon that none of the document has, by which binds are known that take the PROXY protocol from some networks only, where not all binds of their frontend do the same. */
function namesForProxies({ binds }: Frontend): ReadonlyMap<Bind, string> {
  const kinds = new Set(binds.map(({ acceptProxy }) => JSON.stringify(acceptProxy)));
  if (kinds.size < 2) return new Map();
  return new Map(
    binds.flatMap((bind, index) =>
      typeof bind.acceptProxy === 'boolean' ? [] : [[bind, String(bind.options.name ?? `bind:${index + 1}`)]],
    ),
  );
}

/** The lines that have a frontend take the PROXY protocol from some networks, before any of its rules looks at a connection. */
export function expectProxyLines(frontend: Frontend): readonly Line[] {
  const names = namesForProxies(frontend);
  const lines = frontend.binds.flatMap((bind, index) => {
    if (typeof bind.acceptProxy === 'boolean') return [];
    const named = names.get(bind);
    const own = named === undefined ? '' : ` { so_name -- ${word(named)} }`;
    return placed(
      ['bind', index, 'accept-proxy'],
      [`    tcp-request connection expect-proxy layer4 if { src -- ${phrase(...bind.acceptProxy)} }${own}`],
    );
  });
  return [...new Map(lines.map((each) => [each.text, each])).values()];
}

/** The ports of a frontend on which HTTP/3 is offered. */
function quicPorts({ binds }: Frontend): readonly number[] {
  const ports = binds.flatMap((bind) =>
    bind.kind === 'tcp' && bind.ssl?.quic ? Array.from({ length: bind.lastPort - bind.port + 1 }, (_, above) => bind.port + above) : [],
  );
  return [...new Set(ports)];
}

/** Whether a frontend offers HTTP/3. */
export function offersHttp3(frontend: Frontend): boolean {
  return quicPorts(frontend).length > 0;
}

/** The lines that tell clients which came over TCP that the same port of UDP speaks HTTP/3, for a day (RFC 7838, 3). */
export function altSvcLines(frontend: Frontend): readonly string[] {
  const ports = quicPorts(frontend);
  if (ports.length === 0) return [];
  return [
    comment('clients find HTTP/3 by what is said over TCP'),
    ...ports.map(
      (port) => `${line('http-after-response', 'set-header', 'Alt-Svc', `h3=":${port}"; ma=86400`, 'if')} { ssl_fc } { dst_port ${port} }`,
    ),
  ];
}
