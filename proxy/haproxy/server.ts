import type { Backend, Server, ServerTls } from '../model.ts';
import { checkHost, checkWords } from './check.ts';
import { line, name } from './quote.ts';

/** Words that belong together on a server line, e.g. `maxconn 300`. */
type Words = readonly string[];

const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;
const isHostName = (address: string): boolean => !address.includes(':') && !address.includes('/') && !ipv4.test(address);

function place({ address, port }: Server): string {
  if (address.startsWith('unix@')) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The server name for TLS and for its check: a check has no request to take it from, so only a constant serves it. */
function sniWords({ sni }: ServerTls, server: Server, checkedHost: string | null): readonly Words[] {
  const constant = /^str\(([A-Za-z0-9.-]+)\)$/.exec(sni ?? '')?.[1] ?? null;
  const own = isHostName(server.address) ? server.address : null;
  const said = sni ?? (own === null ? null : `str(${own})`);
  const checked = constant ?? checkedHost ?? own;
  return [...(said === null ? [] : [['sni', said]]), ...(checked === null ? [] : [['check-sni', checked]])];
}

function tlsWords(tls: ServerTls, server: Server, checkedHost: string | null): readonly Words[] {
  const { verify, caFile, alpn } = tls;
  return [
    ['ssl'],
    verify === 'none' ? ['verify', 'none'] : ['verify', 'required', 'ca-file', caFile ?? '@system-ca'],
    ...sniWords(tls, server, checkedHost),
    ...(alpn.length > 0 ? [['alpn', alpn.join(',')]] : []),
  ];
}

/** What a server has besides its identity, weight and cookie. Names are resolved while running: an address that moved must be followed. */
function optionWords(server: Server, { check }: Backend): readonly Words[] {
  const { maxconn, slowstart, observe, onError, tls, resolvers, sendProxy } = server;
  const resolved = resolvers ?? (isHostName(server.address) ? 'system' : null);
  return [
    ...(check === null ? [] : [server.check ? checkWords(check) : ['no-check']]),
    ...(maxconn === null ? [] : [['maxconn', String(maxconn)]]),
    ...(slowstart === null ? [] : [['slowstart', slowstart]]),
    ...(observe === null ? [] : [['observe', observe]]),
    ...(onError === null ? [] : [['on-error', onError]]),
    ...(tls === null ? [] : tlsWords(tls, server, checkHost(check))),
    ...(resolved === null ? [] : [['resolvers', resolved]]),
    ...(sendProxy === null ? [] : [[sendProxy === 'v1' ? 'send-proxy' : 'send-proxy-v2']]),
    ...(sendProxy === null || check === null ? [] : [['check-send-proxy']]),
  ];
}

const keyOf = (words: Words): string => words.join('\0');

/** Whether a server needs the section `resolvers system`. */
export function isResolved({ address, resolvers }: Server): boolean {
  return resolvers !== null || isHostName(address);
}

/** The `default-server` and `server` lines of a backend: what all of its servers share is said once. */
export function serverLines(backend: Backend): readonly string[] {
  const { servers, cookie } = backend;
  const options = servers.map((server) => optionWords(server, backend));
  const checked = servers.find(({ check }) => check);
  // a check is the rule and `no-check` the exception, so it is shared even when some server has none
  const check = backend.check !== null && checked !== undefined ? [checkWords(backend.check)] : [];
  const common = (options[0] ?? []).filter((words) => options.every((each) => each.some((other) => keyOf(other) === keyOf(words))));
  const shared = [...check, ...common.filter((words) => !check.some((each) => keyOf(each) === keyOf(words)))];
  const sharedKeys = new Set(shared.map(keyOf));
  const hasCookie = cookie !== null && !cookie.words.includes('dynamic');

  return [
    ...(servers.length > 0 && shared.length > 0 ? [line('default-server', ...shared.flat())] : []),
    ...servers.map((server, index) => {
      const { weight, backup } = server;
      const own = (options[index] ?? []).filter((words) => !sharedKeys.has(keyOf(words)));
      return line(
        'server',
        name(server.name),
        place(server),
        ...(hasCookie ? ['cookie', server.name] : []),
        ...(weight === null ? [] : ['weight', weight]),
        ...(backup ? ['backup'] : []),
        ...own.flat(),
      );
    }),
  ];
}
