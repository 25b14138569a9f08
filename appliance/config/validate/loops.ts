import { type Problem, quote } from '../problem.ts';
import { type Address, parseAddress, parseEndpoint, parseSocket, unmapped } from '../schema/address.ts';
import { listens } from '../translate/bind.ts';
import { namedBackends } from '../translate/frontend.ts';
import { type At, type Context, problem, warning } from './context.ts';
import { everyLink, networksOf } from './links.ts';

/** More of them nobody reads, and each is followed through all frontends. */
const MOST_TOLD = 100;

/** A server that is a bind of ours. */
interface Own {
  readonly backend: string;
  readonly frontend: string;
  readonly server: string;
  readonly at: At;
}

/** Finds servers that are binds of this machine: where they lead back to themselves, a request would go round until nothing is left. */
export function checkLoops({ document }: Context): readonly Problem[] {
  const { frontends, backends } = document;
  const own = ownServers(document).slice(0, MOST_TOLD);
  if (own.length === 0) return [];
  const leads = new Map(
    Object.entries(frontends).map(([name, { use_backend, default_backend }]) => [
      name,
      [...use_backend.flatMap(({ backend }) => namedBackends(backend)), ...(default_backend === undefined ? [] : [default_backend])],
    ]),
  );
  const onwards = new Map<string, Set<string>>();
  for (const { backend, frontend } of own) onwards.set(backend, (onwards.get(backend) ?? new Set()).add(frontend));
  return own.flatMap(({ backend, frontend, server, at }) => {
    if (!Object.hasOwn(backends, backend)) return [];
    return reaches(frontend, backend, leads, onwards)
      ? [
          problem(
            at,
            `server ${quote(server)} is a bind of frontend ${quote(frontend)}, which leads back to backend ${quote(backend)}`,
            'a request would go round and round: name the server that is behind this machine',
          ),
        ]
      : [
          warning(
            at,
            `server ${quote(server)} is a bind of frontend ${quote(frontend)} of this machine`,
            'is it meant to pass through twice?',
          ),
        ];
  });
}

function ownServers({ frontends, backends, vips, nodes }: Context['document']): readonly Own[] {
  const links = everyLink(nodes).flatMap(({ link }) => networksOf(link).map(({ text }) => text));
  const addresses = new Set([
    ...links,
    ...Object.values(vips).flatMap((vip) => vip.addresses.map((each) => parseAddress(each)?.text ?? each)),
  ]);
  const isOurs = (address: string) => addresses.has(address) || address.startsWith('127.') || address === '::1';
  const binds = new Map<string, string>();
  const ranges: { readonly frontend: string; readonly address: string; readonly port: number; readonly lastPort: number }[] = [];
  for (const [frontend, { bind }] of Object.entries(frontends)) {
    for (const { unix, abns } of bind) {
      if (unix !== undefined) binds.set(unix, frontend);
      if (abns !== undefined) binds.set(`abns@${abns}`, frontend);
    }
    for (const listen of bind.flatMap((each) => listens(each, vips))) {
      if (listen.port === listen.lastPort) binds.set(`${listen.address} ${listen.port}`, frontend);
      else ranges.push({ ...listen, frontend });
    }
  }
  const bindAt = (address: string, port: number) =>
    binds.get(`${address} ${port}`) ??
    ranges.find((range) => range.address === address && range.port <= port && port <= range.lastPort)?.frontend;
  const bindOf = (place: string): string | undefined => {
    const socket = parseSocket(place);
    if (socket !== null) return binds.get(socket);
    const endpoint = parseEndpoint(place);
    if (typeof endpoint === 'string') return undefined;
    return addressesOf(endpoint.host, endpoint.address)
      .flatMap(({ text, family }) => [text, ...(isOurs(text) ? [family === 4 ? '*' : '::', '::'] : [])])
      .map((address) => bindAt(address, endpoint.port))
      .find((found) => found !== undefined);
  };
  return Object.entries(backends).flatMap(([backend, { servers }]) =>
    Object.entries(servers).flatMap(([server, input]): readonly Own[] => {
      const frontend = bindOf(typeof input === 'string' ? input : input.address);
      const at = ['backends', backend, 'servers', server, ...(typeof input === 'string' ? [] : ['address'])];
      return frontend === undefined ? [] : [{ backend, frontend, server, at }];
    }),
  );
}

/** The addresses of a host as far as they are known: localhost is this machine (RFC 6761, 6.3). */
function addressesOf(host: string, address: Address | null): readonly Address[] {
  if (address !== null) return [unmapped(address)];
  const own = ['127.0.0.1', '::1'].flatMap((text) => parseAddress(text) ?? []);
  return host === 'localhost' ? own : [];
}

/** Whether requests of a frontend may come to a backend, through other binds of ours too. */
function reaches(
  from: string,
  goal: string,
  leads: ReadonlyMap<string, readonly string[]>,
  onwards: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const seen = new Set([from]);
  for (const frontend of seen) {
    for (const backend of leads.get(frontend) ?? []) {
      if (backend === goal) return true;
      for (const next of onwards.get(backend) ?? []) seen.add(next);
    }
  }
  return false;
}
