import type { Agent, Backend, Check, Server, ServerTls, Source } from '../model.ts';
import { addressText, serverAddress } from './address.ts';
import { checkHost, checkWords, speaksTls } from './check.ts';
import { guid, serverIds } from './identity.ts';
import { type Line, placed } from './line.ts';
import { escaped, name, phrase } from './quote.ts';
import { wordList } from './words.ts';

/** An option of a server line as text, its argument with it: `maxconn 300`. Equal options are equal texts. */
type Option = string;

const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;
const isHostName = (address: string): boolean => !/[:/@]/.test(address) && !ipv4.test(address);

/** The server name for TLS and for its check: a check has no request to take it from, so only a constant serves it. */
function sniOptions({ sni }: ServerTls, server: Server, check: Check | null): readonly Option[] {
  const constant = /^str\(([A-Za-z0-9.-]+)\)$/.exec(sni ?? '')?.[1] ?? null;
  // the name of a service is none that a certificate has
  const own = isHostName(server.address) && !server.address.startsWith('_') ? server.address : null;
  const said = sni ?? (own === null ? null : `str(${own})`);
  const isSaid = (server.checkSettings.sni ?? check?.sni ?? null) !== null;
  const checked = isSaid ? null : (constant ?? checkHost(check) ?? own);
  return [...(said === null ? [] : [phrase('sni', said)]), ...(checked === null ? [] : [phrase('check-sni', checked)])];
}

function tlsOptions(tls: ServerTls, server: Server, check: Check | null): readonly Option[] {
  const { verify, caFile, alpn, options } = tls;
  return [
    'ssl',
    verify === 'none' ? 'verify none' : phrase('verify', 'required', 'ca-file', caFile ?? '@system-ca'),
    ...sniOptions(tls, server, check),
    ...(alpn.length > 0 ? [phrase('alpn', alpn.join(','))] : []),
    ...Object.entries(options).map(([key, value]) => phrase(...wordList({ [key]: value }))),
  ];
}

/** Whose address it is that nobody of this machine has, HAProxy learns from the family that stands before. */
function sourceWords({ address, ports, interface: device, usesrc }: Source, server: Server): Option {
  const any = usesrc !== null && server.address.includes(':') ? '[::]' : '0.0.0.0';
  const host = address === null ? any : address.includes(':') ? `[${address}]` : address;
  return phrase(
    'source',
    ports === null ? host : `${host}:${ports}`,
    ...(usesrc === null ? [] : ['usesrc', usesrc]),
    ...(device === null ? [] : ['interface', device]),
  );
}

function agentWords({ port, inter, send, addr }: Agent): Option {
  return [
    phrase('agent-check', 'agent-port', port),
    ...(inter === null ? [] : [phrase('agent-inter', inter)]),
    ...(send === null ? [] : [`agent-send ${escaped(send)}`]),
    ...(addr === null ? [] : [phrase('agent-addr', addr.includes(':') ? `[${addr}]` : addr)]),
  ].join(' ');
}

/** What a server has besides its identity and cookie. Names are resolved while running: an address that moved must be followed. */
function options(server: Server, check: Check | null, checked: Option): readonly Option[] {
  const { weight, maxconn, slowstart, observe, onError, words, source, agent, tls, resolvers, sendProxy } = server;
  const resolved = resolvers ?? (isHostName(server.address) ? 'system' : null);
  const isBare = tls === null && (server.checkSettings.ssl ?? speaksTls(check));
  return [
    // HAProxy tests no server whose state is that of another
    ...(check === null ? [] : [server.check && words.track === undefined ? checked : 'no-check']),
    // the check only asks whether TLS is spoken there
    ...(isBare ? ['verify none'] : []),
    ...(weight === null ? [] : [phrase('weight', weight)]),
    ...(maxconn === null ? [] : [phrase('maxconn', maxconn)]),
    ...(slowstart === null ? [] : [phrase('slowstart', slowstart)]),
    ...(observe === null ? [] : [phrase('observe', observe)]),
    ...(onError === null ? [] : [phrase('on-error', onError)]),
    ...(tls === null ? [] : tlsOptions(tls, server, check)),
    ...(resolved === null ? [] : [phrase('resolvers', resolved)]),
    ...Object.entries(words).map(([word, value]) => (value === true ? phrase(word) : phrase(word, value))),
    ...(source === null ? [] : [sourceWords(source, server)]),
    ...(agent === null ? [] : [agentWords(agent)]),
    ...(sendProxy === null ? [] : [sendProxy === 'v1' ? 'send-proxy' : 'send-proxy-v2']),
  ];
}

/** Whether a server needs the section `resolvers system`. */
export function isResolved({ address, resolvers }: Server): boolean {
  return (resolvers ?? (isHostName(address) ? 'system' : null)) === 'system';
}

/** HAProxy reads 64 words a line; of these lines each adds to those before. */
const mostWords = 48;

function sharedLines(shared: readonly Option[]): readonly string[] {
  const lines: string[][] = [];
  let words = mostWords;
  for (const option of shared) {
    const count = option.split(' ').length;
    if (words + count > mostWords) {
      lines.push([]);
      words = 0;
    }
    words += count;
    lines.at(-1)?.push(option);
  }
  return lines.map((options) => `    default-server ${options.join(' ')}`);
}

/** The weight of a server beside others that say theirs: HAProxy's own would be 1, and theirs a multiple of it. */
const usualWeight = 100;

/** The `default-server` and `server` lines of a backend: what all of its servers share is said once. */
export function serverLines(backend: Backend, sockets: ReadonlyMap<string, string>): readonly Line[] {
  const { servers, cookie, check } = backend;
  const ids = serverIds(backend);
  const checked = check === null ? '' : checkWords(check);
  const own = ({ checkSettings }: Server) =>
    check === null || Object.keys(checkSettings).length === 0 ? checked : checkWords({ ...check, ...checkSettings });
  const isWeighted = servers.some(({ weight }) => weight !== null);
  const each = servers.map((server) =>
    options(isWeighted ? { ...server, weight: server.weight ?? usualWeight } : server, check, own(server)),
  );
  const counts = new Map<Option, number>();
  for (const option of each.flat()) counts.set(option, (counts.get(option) ?? 0) + 1);
  // a check is the rule and `no-check` the exception, so it is shared even when some server has none
  const isShared = (option: Option) => option === checked || (counts.get(option) === servers.length && !option.startsWith('track '));
  const shared = [...counts.keys()].filter(isShared);
  const isDynamic = cookie?.words.includes('dynamic') === true;

  const lines = servers.map((server, index) => {
    const { backup, count } = server;
    const words = [
      count === null
        ? phrase('server', name(server.name), serverAddress(server, sockets))
        : phrase('server-template', name(server.name), `1-${count}`, server.port === 0 ? server.address : addressText(server)),
      // servers of a template have ids and names that HAProxy gives them
      ...(count === null ? [phrase('id', ids.get(server.name) ?? 0, 'guid', guid('server', backend.name, server.name))] : []),
      // a dynamic cookie has values of its own for servers that say none
      ...(cookie !== null && count === null && (!isDynamic || server.cookie !== null)
        ? [phrase('cookie', server.cookie ?? server.name)]
        : []),
      ...(backup ? ['backup'] : []),
      ...(each[index] ?? []).filter((option) => !isShared(option)),
    ];
    return placed([count === null ? 'servers' : 'server-template', server.name], [`    ${words.join(' ')}`]);
  });
  return [...placed(['default-server'], sharedLines(shared)), ...lines.flat()];
}
