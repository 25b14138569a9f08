import { type Problem, quote } from '../problem.ts';
import { type Address, isWithin, networkAddress, parseAddress, parseEndpoint, parseSocket, unusable } from '../schema/address.ts';
import { listens } from '../translate/bind.ts';
import { backendModes } from '../translate.ts';
import { type At, type Context, problem, warning } from './context.ts';
import { everyLink, networksOf } from './links.ts';
import { usersOf } from './users.ts';

type Document = Context['document'];
type Backend = Document['backends'][string];
type Source = NonNullable<Backend['default-server']['source']>;

/** A server that is reached from an address of somebody else, and where the document says so. */
interface Foreign {
  readonly name: string;
  /** What it is called, `host:port` or `unix:PATH`. */
  readonly endpoint: string;
  /** Null: a host name. */
  readonly address: Address | null;
  readonly usesrc: string;
  readonly at: At;
}

/** Checks that servers can be reached from addresses of clients, and that their answers find back: what is known of it. */
export function checkTransparent(context: Context): readonly Problem[] {
  const { document } = context;
  const modes = backendModes(document);
  let users: ReturnType<typeof usersOf> | null = null;
  return Object.entries(document.backends).flatMap(([backend, input]) => {
    const servers = foreignServers(input, ['backends', backend]);
    const own = servers.flatMap((server) => checkServer(server, modes.get(backend) ?? 'http'));
    if (own.length > 0 || servers.length === 0) return once(own);
    users ??= usersOf(document);
    return once([...checkFamilies(servers, users.get(backend) ?? [], document), ...checkWays(servers, context)]);
  });
}

/** Of what is said for all servers, one problem. */
function once(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.toReversed().map((each) => [JSON.stringify([each.at, each.message]), each])).values()].reverse();
}

function foreignServers(backend: Backend, at: At): readonly Foreign[] {
  const { servers, 'server-template': templates, 'default-server': common, source } = backend;
  const pool = [source ?? []].flat() as readonly Source[];
  const all = [
    ...Object.entries(servers).map(([name, input]) => ({
      name,
      section: 'servers',
      long: typeof input === 'string' ? { address: input } : input,
    })),
    ...Object.entries(templates).map(([name, long]) => ({ name, section: 'server-template', long })),
  ];
  return all.flatMap(({ name, section, long }, index) => {
    const next = pool[index % pool.length];
    const [said, place]: readonly [Source | undefined, At] =
      'source' in long && long.source !== undefined
        ? [long.source, [...at, section, name, 'source']]
        : common.source !== undefined
          ? [common.source, [...at, 'default-server', 'source']]
          : [next, [...at, 'source', ...(Array.isArray(source) ? [index % pool.length] : [])]];
    if (said === undefined || typeof said === 'string' || said.usesrc === undefined) return [];
    const endpoint = parseEndpoint(long.address);
    const address = typeof endpoint === 'string' ? null : endpoint.address;
    return [{ name, endpoint: long.address, address, usesrc: said.usesrc, at: [...place, 'usesrc'] }];
  });
}

/** What can never be. */
function checkServer({ name, endpoint, address, usesrc, at }: Foreign, mode: 'http' | 'tcp'): readonly Problem[] {
  const isHeader = usesrc.startsWith('hdr_ip');
  if (parseSocket(endpoint) !== null)
    return [problem(at, `server ${quote(name)} is on a UNIX socket, where clients have no address`, 'give it a backend of its own')];
  if (address !== null && unusable(address) === 'loopback')
    return [
      problem(at, `server ${quote(name)} is on this machine, and would answer clients past HAProxy`, 'send-proxy tells it the client'),
    ];
  if (isHeader && mode === 'tcp') return [problem(at, 'hdr_ip needs the mode http', 'without HTTP there are no headers: write clientip')];
  if (isHeader && address?.family === 6)
    return [problem(at, `server ${quote(name)} has an IPv6 address`, 'HAProxy 3.0 reads IPv4 addresses alone from headers')];
  return [];
}

/** Nobody comes by IPv4 from an IPv6 address. Who sends the PROXY protocol, and addresses in headers, may be of either. */
function checkFamilies(servers: readonly Foreign[], users: readonly string[], { frontends, vips }: Document): readonly Problem[] {
  const binds = users.flatMap((name) => (frontends[name]?.bind ?? []).map((bind) => ({ name, bind })));
  if (binds.some(({ bind }) => bind['accept-proxy'] !== false)) return [];
  const families = binds.flatMap(({ name, bind }) =>
    listens(bind, vips).map(({ address }) => ({ name, family: address.includes(':') ? 6 : 4 })),
  );
  const sockets = binds.find(({ bind }) => bind.unix !== undefined);
  return servers.flatMap(({ name, address, usesrc, at }) => {
    if (usesrc.startsWith('hdr_ip')) return [];
    const other = address === null ? undefined : families.find(({ family }) => family !== address.family);
    const hint = 'they get an error: give them a backend of their own';
    return [
      ...(sockets === undefined
        ? []
        : [warning(at, `programs of this machine, which come by a UNIX socket to frontend ${quote(sockets.name)}, have no address`, hint)]),
      ...(other === undefined
        ? []
        : families.every(({ family }) => family !== address?.family)
          ? [problem(at, `server ${quote(name)} has an IPv${address?.family} address, and all of its clients have IPv${other.family} ones`)]
          : [
              warning(
                at,
                `clients of frontend ${quote(other.name)} with IPv${other.family} addresses do not reach servers with IPv${address?.family} ones`,
                hint,
              ),
            ]),
    ];
  });
}

/** Answers go to addresses of clients, so that the routes of servers decide whether they come by here. */
function checkWays(servers: readonly Foreign[], { document, isWhole }: Context): readonly Problem[] {
  if (!isWhole('nodes') || !isWhole('vips')) return [];
  const { nodes, vips, frontends } = document;
  const links = everyLink(nodes);
  if (links.some(({ link }) => typeof link.addresses === 'string')) return [];
  const virtual = Object.values(vips).flatMap(({ addresses }) => addresses.flatMap((each) => parseAddress(each) ?? []));
  const bound = Object.values(frontends).flatMap(({ bind }) =>
    bind.flatMap((each) => listens(each, vips).flatMap(({ address }) => parseAddress(address) ?? [])),
  );
  return servers.flatMap(({ name, address, at }) => {
    if (address === null) return [];
    const networks = links.flatMap(({ link }) => networksOf(link)).filter((network) => isWithin(address, network));
    const [network] = networks;
    if (network === undefined)
      return [
        warning(
          at,
          `server ${quote(name)} is in no network of this machine`,
          'its answers to clients must come back by here: the router before it has to send them',
        ),
      ];
    const shown = `${networkAddress(network)}/${network.prefix}`;
    const isMoving = Object.keys(nodes).length > 1 && !virtual.some((vip) => isWithin(vip, network));
    return [
      ...(isMoving
        ? [
            warning(
              at,
              `no VIP is in ${shown}, the network of server ${quote(name)}`,
              'its default gateway has to move with the traffic: add one',
            ),
          ]
        : []),
      ...(bound.some((each) => isWithin(each, network))
        ? [
            warning(
              at,
              `clients in ${shown} are answered by server ${quote(name)} itself, past HAProxy`,
              'they wait for an answer of HAProxy: give servers a network of their own',
            ),
          ]
        : []),
    ];
  });
}
