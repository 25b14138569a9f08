import { type Problem, quote } from '../problem.ts';
import { parseAddress } from '../schema/address.ts';
import { listens } from '../translate/bind.ts';
import { type At, type Context, firsts, problem } from './context.ts';
import { everyLink, networksOf } from './links.ts';

type Bind = Context['document']['frontends'][string]['bind'][number];

/** One address and port that a section listens on: `frontend "web"`. */
interface Listen {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly owner: string;
  readonly at: At;
  /** It takes connections to addresses of others. */
  readonly isTransparent: boolean;
}

/** Checks that no two binds take the same connections (HAProxy does not notice: the kernel gives each some), and that the addresses are ours. */
export function checkBinds(context: Context): readonly Problem[] {
  const { system } = context.document;
  const all = everyListen(context.document);
  const byPort = new Map<string, Listen[]>();
  for (const listen of all) {
    const key = `${listen.protocol} ${listen.port}`;
    const same = byPort.get(key);
    if (same === undefined) byPort.set(key, [listen]);
    else same.push(listen);
  }
  const sshPort = system.ssh.keys.length > 0 ? (byPort.get('tcp 22') ?? []) : [];
  return [
    ...once([...byPort.values()].flatMap(checkPort)),
    ...sshPort.map(({ at }) =>
      problem(at, 'port 22 is that of the SSH server of this machine', 'choose another port, or remove system.ssh.keys'),
    ),
    ...once(checkOwnership(all, context)),
    ...checkSockets(context),
    ...checkOptions(context),
  ];
}

/** Everything that the document listens on but UNIX sockets: HTTP/3 by UDP beside TCP, and where logs come in. */
function everyListen({ frontends, 'log-forward': forwards, vips }: Context['document']): readonly Listen[] {
  const ofFrontends = Object.entries(frontends).flatMap(([frontend, { bind }]) =>
    bind.flatMap((each, index) =>
      listens(each, vips).flatMap(({ address, port, lastPort }) =>
        Array.from({ length: lastPort - port + 1 }, (_, above) => port + above).flatMap((one): readonly Listen[] => {
          const listen = {
            address,
            port: one,
            owner: `frontend ${quote(frontend)}`,
            at: ['frontends', frontend, 'bind', index],
            isTransparent: each.transparent,
          };
          const isHttp3 = each.ssl !== undefined && each.alpn?.includes('h3') === true;
          return [{ ...listen, protocol: 'tcp' }, ...(isHttp3 ? [{ ...listen, protocol: 'udp' as const }] : [])];
        }),
      ),
    ),
  );
  const ofLogs = Object.entries(forwards).flatMap(([name, forward]) =>
    (['bind', 'dgram-bind'] as const).flatMap((key) =>
      forward[key].flatMap((each, index) =>
        listens(each, vips).map(({ address, port }): Listen => {
          const at = ['log-forward', name, key, index];
          return { address, port, protocol: key === 'bind' ? 'tcp' : 'udp', owner: `log-forward ${quote(name)}`, at, isTransparent: false };
        }),
      ),
    ),
  );
  return [...ofFrontends, ...ofLogs];
}

/** Of a range that is wrong as a whole, one problem. */
function once(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.toReversed().map((each) => [JSON.stringify(each.at), each])).values()].reverse();
}

/** Names of binds are for telling them apart, links are there on every node, and early data is for HTTP, whose methods say what may be sent twice. */
function checkOptions({ document, isWhole }: Context): readonly Problem[] {
  const nodes = Object.entries(document.nodes);
  return Object.entries(document.frontends).flatMap(([frontend, { bind, mode }]) => {
    const named = firsts<number>();
    return bind.flatMap((each, index) => {
      const at = ['frontends', frontend, 'bind', index];
      const link = each.interface;
      const without =
        link === undefined || !isWhole('nodes') ? [] : nodes.filter(([, { links }]) => !Object.hasOwn(links, link)).map(([name]) => name);
      return [
        ...(each.name !== undefined && named(each.name, index) !== null
          ? [problem([...at, 'name'], 'another bind of this frontend has this name', 'names tell binds apart: choose another')]
          : []),
        ...(without.length === 0
          ? []
          : [
              problem(
                [...at, 'interface'],
                `node ${quote(without[0] ?? '')} has no link ${quote(link ?? '')}`,
                'HAProxy would not start there',
              ),
            ]),
        ...checkHttp3(each, mode, at, document),
        ...(each.proto !== undefined && mode === 'tcp'
          ? [{ ...problem([...at, 'proto'], 'proto needs the mode http', 'this frontend passes on TCP'), on: 'key' as const }]
          : []),
        ...(each['allow-0rtt'] && mode === 'tcp'
          ? [
              problem(
                [...at, 'allow-0rtt'],
                'allow-0rtt needs the mode http',
                'what arrives early may arrive again: only HTTP says what may be done twice',
              ),
            ]
          : []),
      ];
    });
  });
}

/** HTTP/3 is HTTP, and a certificate that offers other protocols has none left for QUIC. */
function checkHttp3({ alpn, ssl = [] }: Bind, mode: 'http' | 'tcp', at: At, { certificates }: Context['document']): readonly Problem[] {
  if (!alpn?.includes('h3')) return [];
  if (mode === 'tcp') return [problem([...at, 'alpn'], 'h3 needs the mode http', 'this frontend passes on TCP')];
  const own = ssl.find((name) => Object.hasOwn(certificates, name) && certificates[name]?.alpn !== undefined);
  return own === undefined
    ? []
    : [
        problem(
          [...at, 'alpn'],
          `certificate ${quote(own)} offers protocols of its own`,
          'over QUIC there is HTTP/3 alone: remove its alpn, or h3 here',
        ),
      ];
}

/** A UNIX socket is one bind's: HAProxy would put the second in the place of the first. */
function checkSockets({ document }: Context): readonly Problem[] {
  const owners = firsts<string>();
  return Object.entries(document.frontends).flatMap(([frontend, { bind }]) =>
    bind.flatMap(({ unix, abns }, index) => {
      const socket = unix ?? (abns === undefined ? undefined : `abns@${abns}`);
      const owner = socket === undefined ? null : owners(socket, `frontend ${quote(frontend)}`);
      if (owner === null) return [];
      const at = ['frontends', frontend, 'bind', index, unix === undefined ? 'abns' : 'unix'];
      return [
        problem(
          at,
          `${nameOf(owner, `frontend ${quote(frontend)}`)} listens on ${socket} already`,
          `give it another ${unix === undefined ? 'name' : 'path'}`,
        ),
      ];
    }),
  );
}

/** Binds of one port: the first with an address has it; a wildcard takes all addresses of its family. */
function checkPort(binds: readonly Listen[]): readonly Problem[] {
  const owners = new Map<string, Listen>();
  const problems: Problem[] = [];
  for (const bind of binds) {
    const owner = owners.get(bind.address);
    if (owner === undefined) owners.set(bind.address, bind);
    else problems.push(taken(bind, owner));
  }
  for (const wildcard of [owners.get('*'), owners.get('::')]) {
    if (wildcard === undefined) continue;
    const other = binds.find(({ address }) => covers(wildcard.address, address, owners.has('*')));
    if (other === undefined) continue;
    const [first, second] = binds.indexOf(other) < binds.indexOf(wildcard) ? [other, wildcard] : [wildcard, other];
    problems.push(taken(second, first));
  }
  return problems;
}

/** Whether a wildcard takes the connections of a specific address; `::` takes IPv4 as well unless `*` is there too. */
function covers(wildcard: string, address: string, hasIpv4Wildcard: boolean): boolean {
  if (address === '*' || address === '::') return false;
  return address.includes(':') ? wildcard === '::' : wildcard === '*' || !hasIpv4Wildcard;
}

function taken({ at, address, port, owner: own }: Listen, owner: Listen): Problem {
  const shown = ({ address: host }: { readonly address: string }) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const same = nameOf(owner.owner, own);
  const message =
    address === owner.address
      ? `${same} listens on ${shown({ address })} already`
      : `${shown({ address })} and ${shown(owner)} of ${same} overlap`;
  return problem(at, message, 'each would get some of the connections');
}

function nameOf(owner: string, own: string): string {
  return own === owner ? `another bind of this ${own.split(' ', 1)[0]}` : owner;
}

/** An address that neither a link nor a VIP has gets no traffic. With DHCP it is not known which addresses there are. */
function checkOwnership(all: readonly Listen[], { document, isWhole }: Context): readonly Problem[] {
  const links = everyLink(document.nodes);
  if (!isWhole('nodes') || !isWhole('vips') || links.some(({ link }) => typeof link.addresses === 'string')) return [];
  const own = new Set([
    ...links.flatMap(({ link }) => networksOf(link).map(({ text }) => text)),
    ...Object.values(document.vips).flatMap(({ addresses }) => addresses.map((each) => parseAddress(each)?.text ?? each)),
  ]);
  return all.flatMap(({ address, at, isTransparent }) => {
    if (isTransparent || address === '*' || address === '::' || address === '::1' || address.startsWith('127.') || own.has(address))
      return [];
    return [
      problem(
        [...at, 'address'],
        `no link and no VIP has the address ${address}`,
        'nobody would reach this bind: write transparent: true if a router sends such connections here',
      ),
    ];
  });
}
