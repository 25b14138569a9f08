import type { Backend, Check, Server, ServerTls } from '../model.ts';
import { addressText } from './address.ts';
import { checkHost, checkWords } from './check.ts';
import { guid, serverIds } from './identity.ts';
import { type Line, placed } from './line.ts';
import { name, phrase } from './quote.ts';

/** An option of a server line as text, its argument with it: `maxconn 300`. Equal options are equal texts. */
type Option = string;

const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;
const isHostName = (address: string): boolean => !address.includes(':') && !address.includes('/') && !ipv4.test(address);

/** The server name for TLS and for its check: a check has no request to take it from, so only a constant serves it. */
function sniOptions({ sni }: ServerTls, server: Server, checkedHost: string | null): readonly Option[] {
  const constant = /^str\(([A-Za-z0-9.-]+)\)$/.exec(sni ?? '')?.[1] ?? null;
  const own = isHostName(server.address) ? server.address : null;
  const said = sni ?? (own === null ? null : `str(${own})`);
  const checked = constant ?? checkedHost ?? own;
  return [...(said === null ? [] : [phrase('sni', said)]), ...(checked === null ? [] : [phrase('check-sni', checked)])];
}

function tlsOptions(tls: ServerTls, server: Server, checkedHost: string | null): readonly Option[] {
  const { verify, caFile, alpn } = tls;
  return [
    'ssl',
    verify === 'none' ? 'verify none' : phrase('verify', 'required', 'ca-file', caFile ?? '@system-ca'),
    ...sniOptions(tls, server, checkedHost),
    ...(alpn.length > 0 ? [phrase('alpn', alpn.join(','))] : []),
  ];
}

/** What a server has besides its identity, weight and cookie. Names are resolved while running: an address that moved must be followed. */
function options(server: Server, check: Check | null, checked: Option): readonly Option[] {
  const { maxconn, slowstart, observe, onError, tls, resolvers, sendProxy } = server;
  const resolved = resolvers ?? (isHostName(server.address) ? 'system' : null);
  return [
    ...(check === null ? [] : [server.check ? checked : 'no-check']),
    ...(maxconn === null ? [] : [phrase('maxconn', maxconn)]),
    ...(slowstart === null ? [] : [phrase('slowstart', slowstart)]),
    ...(observe === null ? [] : [phrase('observe', observe)]),
    ...(onError === null ? [] : [phrase('on-error', onError)]),
    ...(tls === null ? [] : tlsOptions(tls, server, checkHost(check))),
    ...(resolved === null ? [] : [phrase('resolvers', resolved)]),
    ...(sendProxy === null ? [] : [sendProxy === 'v1' ? 'send-proxy' : 'send-proxy-v2']),
  ];
}

/** Whether a server needs the section `resolvers system`. */
export function isResolved({ address, resolvers }: Server): boolean {
  return resolvers !== null || isHostName(address);
}

/** The `default-server` and `server` lines of a backend: what all of its servers share is said once. */
export function serverLines(backend: Backend): readonly Line[] {
  const { servers, cookie, check } = backend;
  const ids = serverIds(backend);
  const checked = check === null ? '' : phrase(...checkWords(check));
  const each = servers.map((server) => options(server, check, checked));
  const counts = new Map<Option, number>();
  for (const option of each.flat()) counts.set(option, (counts.get(option) ?? 0) + 1);
  // a check is the rule and `no-check` the exception, so it is shared even when some server has none
  const isShared = (option: Option) => option === checked || counts.get(option) === servers.length;
  const shared = [...counts.keys()].filter(isShared);
  const hasCookie = cookie !== null && !cookie.words.includes('dynamic');

  const lines = servers.map((server, index) => {
    const { weight, backup } = server;
    const words = [
      phrase('server', name(server.name), addressText(server)),
      phrase('id', ids.get(server.name) ?? 0, 'guid', guid('server', backend.name, server.name)),
      ...(hasCookie ? [phrase('cookie', server.name)] : []),
      ...(weight === null ? [] : [phrase('weight', weight)]),
      ...(backup ? ['backup'] : []),
      ...(each[index] ?? []).filter((option) => !isShared(option)),
    ];
    return placed(['servers', server.name], [`    ${words.join(' ')}`]);
  });
  return [...(shared.length > 0 ? placed(['default-server'], [`    default-server ${shared.join(' ')}`]) : []), ...lines.flat()];
}
