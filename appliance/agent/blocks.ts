import { places } from '../apply/places.ts';
import { readRuntime } from '../apply/runtime.ts';
import { askLinks } from '../apply/verify-links.ts';
import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { type Block, blocksIn, blocksText, coveredBy, dangersOf, deafTo, type Needed, networkFrom, withBlocks } from '../state/blocks.ts';
import { plain, textFile } from '../state/host-state.ts';
import { moves, remoteOf } from '../state/moved.ts';
import { confirmedConfig } from './draft.ts';
import type { Requests } from './request.ts';

/** Blocks of one machine that are kept at once: a script that goes wild must not fill the memory. */
const most = 10_000;

/** How a wish to block or unblock ended: it was done, or refused for these reasons (nothing changed), or the firewall did not take it (as before). */
export type Blocking =
  | { readonly kind: 'done'; readonly changed: readonly Block[]; readonly blocks: readonly Block[]; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** Blocks and unblocks on one machine, one wish after the other. */
export interface Blocks {
  readonly block: (request: Requests['block']) => Promise<Blocking>;
  readonly unblock: (request: Requests['unblock']) => Promise<Blocking>;
}

/** The blocks of the machine behind a host. They live beside the document: an apply keeps them, a reboot ends them. */
export function blocksOf(host: Host): Blocks {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };
  return { block: (request) => inTurn(() => block(host, request)), unblock: (request) => inTurn(() => unblock(host, request)) };
}

/** Who is blocked now, those first that were blocked first. */
export async function readBlocks(host: Host): Promise<readonly Block[]> {
  const held = await host.read(places.blocks);
  return held === null ? [] : blocksIn(plain(held.content), await uptime(host));
}

/** Why a document cannot be applied on this machine while it blocks whom it blocks. */
export async function blockedPeers(host: Host, config: Config, node: string): Promise<readonly string[]> {
  const blocks = await readBlocks(host);
  if (blocks.length === 0) return [];
  const { vrrpInstances } = await import('../state/vrrp.ts');
  return deafTo(
    blocks,
    vrrpInstances(config, node, null).map(({ link, peerAddress }) => ({ link, address: peerAddress })),
  );
}

/** Packets that were dropped since the table was loaded last; null where there is no table. */
export async function readDropped(host: Host): Promise<{ readonly packets: number; readonly bytes: number } | null> {
  const { exitCode, stdout } = await host.run('nft', ['list', 'counter', 'inet', 'weir', 'blocked']);
  const [, packets, bytes] = /packets (\d+) bytes (\d+)/.exec(stdout) ?? [];
  return exitCode === 0 && packets !== undefined ? { packets: Number(packets), bytes: Number(bytes) } : null;
}

async function block(host: Host, { networks: texts, seconds, by, yes, connection }: Requests['block']): Promise<Blocking> {
  const networks = networksOf(texts);
  if ('reasons' in networks) return networks;
  const needed = await neededOn(host, connection);
  if (needed === null) return refused('no document is confirmed yet: nothing is let in, so there is nothing to block');
  const dangers = networks.found.flatMap((network) => dangersOf(network, needed)).filter(({ never }) => never || !yes);
  if (dangers.length > 0) {
    return {
      kind: 'refused',
      reasons: dangers.map(({ reason, never }) => (never ? reason : `${reason}: say --yes to block it all the same`)),
    };
  }
  const before = await readBlocks(host);
  const since = new Date(host.now()).toISOString();
  const until = seconds === null ? null : new Date(host.now() + seconds * 1000).toISOString();
  const end = seconds === null ? null : (await uptime(host)) + seconds;
  const added = networks.found.map((network): Block => ({ network, by, since, until, end }));
  const after = withBlocks(before, added);
  if (after.length > most) return refused(`more than ${most} networks would be blocked: remove some, or block the networks around them`);
  const notes = added.flatMap(({ network }) => {
    const old = before.find((one) => one.network === network);
    return old === undefined
      ? []
      : [`${network} was blocked before, ${old.until === null ? 'until removed' : `until ${old.until}`} by ${old.by}`];
  });
  return load(host, before, after, added, notes);
}

async function unblock(host: Host, { networks: texts }: Requests['unblock']): Promise<Blocking> {
  const before = await readBlocks(host);
  if (texts.length === 1 && texts[0] === 'all') return load(host, before, [], before, []);
  const networks = networksOf(texts);
  if ('reasons' in networks) return networks;
  const unknown = networks.found.filter((network) => !before.some((one) => one.network === network));
  if (unknown.length > 0) {
    const reason = (network: string) => {
      const around = coveredBy(network, before);
      return around === null
        ? `${network} is not blocked`
        : `${network} is blocked by ${around.network}: remove that, and block what is left of it`;
    };
    return { kind: 'refused', reasons: unknown.map(reason) };
  }
  const after = before.filter(({ network }) => !networks.found.includes(network));
  const still = networks.found.flatMap((network) => {
    const around = coveredBy(network, after);
    return around === null ? [] : [`${network} is still blocked by ${around.network}`];
  });
  return load(
    host,
    before,
    after,
    before.filter((one) => !after.includes(one)),
    still,
  );
}

/** Hands the blocks to the firewall; when it does not take them, those of before are there again. */
async function load(
  host: Host,
  before: readonly Block[],
  after: readonly Block[],
  changed: readonly Block[],
  notes: readonly string[],
): Promise<Blocking> {
  await host.write(places.blocks, textFile(blocksText(after)));
  const { exitCode, stderr } = await host.run(places.activate, ['blocks']);
  if (exitCode === 0) return { kind: 'done', changed, blocks: after, notes };
  await host.write(places.blocks, textFile(blocksText(before)));
  await host.run(places.activate, ['blocks']);
  return { kind: 'failed', reasons: [`the firewall does not take it: ${stderr.trim() || `exit code ${exitCode}`}`] };
}

function networksOf(
  texts: readonly string[],
): { readonly found: readonly string[] } | { readonly kind: 'refused'; readonly reasons: readonly string[] } {
  const wrong = texts.filter((text) => networkFrom(text) === null);
  if (wrong.length === 0) return { found: [...new Set(texts.map((text) => networkFrom(text) as string))] };
  return {
    kind: 'refused',
    reasons: wrong.map((text) => `"${text}" is neither an address nor a network: say for example 203.0.113.7 or 2001:db8::/48`),
  };
}

function refused(reason: string): Blocking {
  return { kind: 'refused', reasons: [reason] };
}

/** What the machine must go on hearing, by its confirmed document and by what its links have; null while nothing is confirmed. */
async function neededOn(host: Host, connection: string | null): Promise<Needed | null> {
  const confirmed = await confirmedConfig(host);
  if (confirmed === null) return null;
  const { meta, config } = confirmed;
  const [{ firewallInput }, { vrrpInstances }] = await Promise.all([import('../state/firewall.ts'), import('../state/vrrp.ts')]);
  const { links, routes } = await askLinks(host);
  const held = links.flatMap(({ ifname = '', addr_info: addresses = [] }) =>
    addresses.map(({ local, prefixlen }) => ({ link: ifname, local, prefixlen })),
  );
  const document = Object.values(config.nodes[meta.node]?.links ?? {});
  const firewall = firewallInput(config, meta.node, vrrpInstances(config, meta.node, null));
  const moved = moves(await readRuntime(host)).map(({ value }) => remoteOf(value));
  const isManagement = (name: string) => document.some((link) => link.name === name && link.role === 'management');
  return {
    firewall: { ...firewall, servers: [...firewall.servers, ...moved] },
    own: [...new Set([...held.map(({ local }) => local), ...addressesOf(config, meta.node)])],
    management: held.filter(({ link }) => isManagement(link)).flatMap(({ local, prefixlen }) => networkFrom(`${local}/${prefixlen}`) ?? []),
    gateways: [
      ...new Set([
        ...document.flatMap(({ gateways }) => gateways),
        ...routes.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
      ]),
    ],
    connection: addressIn(connection),
    sessions: await sshSessions(host),
  };
}

/** The addresses that a document gives to a node, and VIPs, which it may take. */
function addressesOf(config: Config, node: string): readonly string[] {
  const links = Object.values(config.nodes[node]?.links ?? {});
  return [...links.flatMap(({ addresses }) => addresses), ...Object.values(config.vips).flatMap(({ addresses }) => addresses)].map(
    (cidr) => cidr.split('/')[0] as string,
  );
}

/** The client's address in what SSH_CONNECTION holds (ssh(1)): `client port server port`. */
function addressIn(connection: string | null): string | null {
  const client = connection?.split(' ')[0]?.replace(/%.*$/, '') ?? '';
  return networkFrom(client) === null ? null : client;
}

/** Where SSH connections come from that are open now, and that sudo does not tell of; ss prints `[2001:db8::1]:50000`, IPv4 also as `[::ffff:192.0.2.1]:50000`. */
async function sshSessions(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.run('ss', ['-Htn', 'state', 'established', 'sport', '=', ':22']);
  const peers = stdout.split('\n').map((line) => line.trim().split(/\s+/).at(-1) ?? '');
  return [...new Set(peers.map((peer) => peer.replace(/:\d+$/, '').replace(/^\[(?:::ffff:)?|\]$|%[^\]]*/g, '')))].filter(
    (address) => networkFrom(address) !== null,
  );
}

async function uptime(host: Host): Promise<number> {
  const held = await host.read('/proc/uptime');
  return Math.floor(Number(plain(held?.content ?? '0').split(' ')[0]));
}
