/** keepalived.conf to VRRP instances, VIPs and the nodes of a pair: plain data in the document's shape, and what became of each line. Pure. */
import type { Draft, Outcome, Plain } from '../../haproxy/import/ledger.ts';
import type { Mistake } from '../../haproxy/import/mistake.ts';
import { nameOf } from '../../haproxy/import/names.ts';
import { type Account, type Instance, readInstance } from './instance.ts';
import { type Ip, isTogether, networkOf, spelled, whole } from './ip.ts';
import { type Entry, readKeepalived } from './source.ts';
import { dropped, type Gone, goneFromGlobal, own, scriptGone, TOP } from './words.ts';

/** An address that moves between the nodes, and the VRRP instance of the document that moves it. */
export interface Moved {
  readonly address: string;
  readonly vrrp: string;
}

/** What a keepalived.conf became. */
export interface ImportedPair {
  readonly nodes: Draft;
  readonly vrrp: Draft;
  readonly moved: readonly Moved[];
  /** The node that the file is of. */
  readonly node: string;
  readonly outcomes: readonly Outcome[];
  /** What keepalived would refuse: nothing of the rest counts. */
  readonly mistakes: readonly Mistake[];
}

/** Passwords are for nobody's eyes. */
const textOf = ({ text }: Entry): string => text.replace(/^(auth_pass)\s.*$/, '$1 [secret]');

function newAccount(): Account & { readonly outcomes: Outcome[]; readonly mistakes: Mistake[] } {
  const outcomes: Outcome[] = [];
  const mistakes: Mistake[] = [];
  const below = (entry: Entry, fate: Outcome['fate'], reason: string, within: number) => {
    for (const each of entry.block ?? []) {
      outcomes.push({ line: each.line, text: textOf(each), fate, reason, within });
      below(each, fate, reason, within);
    }
  };
  return {
    outcomes,
    mistakes,
    became: (entry, reason) => void outcomes.push({ line: entry.line, text: textOf(entry), fate: 'option', reason: reason ?? null }),
    gone: (entry, { fate, reason }) => {
      outcomes.push({ line: entry.line, text: textOf(entry), fate, reason });
      below(entry, fate, reason, entry.line);
    },
    mistake: (mistake) => void mistakes.push(mistake),
  };
}

const NODE = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads a keepalived.conf. */
export function importKeepalived(text: string): ImportedPair {
  const { entries, mistakes } = readKeepalived(text);
  const account = newAccount();
  if (mistakes.length > 0) return { nodes: {}, vrrp: {}, moved: [], node: 'lb1', outcomes: [], mistakes };
  const inBlock = (keyword: string) => entries.filter(({ words }) => words[0] === keyword);
  const router = inBlock('global_defs')
    .flatMap(({ block }) => block ?? [])
    .find(({ words }) => words[0] === 'router_id')?.words[1];
  const node = router !== undefined && NODE.test(router) ? router : 'lb1';
  const scripts = new Set(
    inBlock('vrrp_script')
      .filter((entry) => isOfHaproxy(entry))
      .map(({ words }) => words[1] ?? ''),
  );
  const instances: Instance[] = [];
  for (const entry of entries) {
    const [word = ''] = entry.words;
    if (word === 'vrrp_instance') {
      const made = readInstance(entry, scripts, node, account);
      if (made !== null && instances.some(({ name }) => nameOf(name) === nameOf(made.name)))
        account.mistake({
          line: entry.line,
          message: `vrrp_instance ${JSON.stringify(made.name)} is there already`,
          hint: 'give it another name',
        });
      else if (made !== null) instances.push(made);
    } else readOther(entry, node, account);
  }
  if (instances.length === 0 && account.mistakes.length === 0)
    account.mistake({ line: 1, message: 'there is no vrrp_instance', hint: 'name a keepalived.conf behind the haproxy.cfg' });
  const { vrrp, moved, links } = named(instances, node, account);
  return {
    nodes: nodesOf(instances, links, node),
    vrrp,
    moved,
    node,
    outcomes: account.outcomes.sort((a, b) => a.line - b.line),
    mistakes: account.mistakes,
  };
}

const isOfHaproxy = ({ block }: Entry): boolean =>
  (block ?? []).some(({ words }) => words[0] === 'script' && words.slice(1).join(' ').includes('haproxy'));

function readOther(entry: Entry, node: string, account: Account): void {
  const [word = ''] = entry.words;
  if (word === 'global_defs')
    for (const each of entry.block ?? []) {
      if (each.words[0] !== 'router_id') account.gone(each, goneFromGlobal(each.words[0] ?? ''));
      else if (each.words[1] === node) account.became(each, 'this node is called so');
      else account.gone(each, own(`the name of the node, which is called ${node} here`));
    }
  else if (word === 'vrrp_sync_group')
    for (const each of entry.block ?? [])
      account.gone(
        each,
        each.words[0] === 'group'
          ? own('instances that prefer the same node move together')
          : dropped('nothing on the appliance runs a script when a node takes over'),
      );
  else if (word === 'vrrp_script') account.gone(entry, scriptGone(isOfHaproxy(entry)));
  else if (word.startsWith('@')) account.gone(entry, dropped('it holds on one of several machines: write what shall stay'));
  else account.gone(entry, Object.hasOwn(TOP, word) ? (TOP[word] as Gone) : dropped(`${word} has no option`));
}

/** An interface as a link: `eth0.120` is the VLAN 120 upon eth0. */
function linkOf(device: string): { readonly name: string; readonly upon: string | null; readonly vlan: number } {
  const [, upon = null, vlan = '0'] = /^(.+)\.(\d{1,4})$/.exec(device) ?? [];
  return {
    name: nameOf(device.replaceAll('.', '-')).replaceAll('.', '-').slice(0, 15),
    upon: upon === null ? null : linkOf(upon).name,
    vlan: Number(vlan),
  };
}

/** The VRRP instances of the document: one for each interface, as addresses may stand on another one than their instance. */
function named(instances: readonly Instance[], node: string, account: Account) {
  const vrrp: Draft = {};
  const moved: Moved[] = [];
  const links = new Map<string, string>();
  const taken = new Map<string, Set<number>>();
  const owners = new Map<string, string>();
  const used = (link: string) => taken.get(link) ?? new Set<number>();
  for (const { device, id } of instances) taken.set(linkOf(device).name, used(linkOf(device).name).add(id));
  const seen = new Set<string>();
  for (const { name, line, device, id, isPreferred, isFast, addresses } of instances)
    for (const each of addresses) {
      const on = each.device ?? device;
      const link = linkOf(on).name;
      const isOnly = addresses.every((other) => (other.device ?? device) === on);
      const called = on === device || isOnly ? nameOf(name) : nameOf(`${name}-${link}`);
      const address = spelled(each.ip);
      const owner = owners.get(address);
      if (owner !== undefined)
        account.mistake({ line: each.line, message: `${address} belongs to ${owner} already`, hint: 'one instance moves an address' });
      owners.set(address, `vrrp_instance ${JSON.stringify(name)}`);
      moved.push({ address, vrrp: called });
      links.set(link, on);
      if (Object.hasOwn(vrrp, called)) continue;
      // IPv4 and IPv6 may share an id there
      const isTaken = seen.has(`${link} ${id}`) || (on !== device && used(link).has(id));
      const free = isTaken ? firstFree(used(link)) : id;
      taken.set(link, used(link).add(free));
      seen.add(`${link} ${free}`);
      if (isTaken)
        account.became(
          { line: on === device ? line : each.line, words: [], text: `virtual_router_id ${id}`, block: null },
          `${called} has the id ${free} on ${link}: each instance has its own`,
        );
      vrrp[called] = { link, virtual_router_id: free, ...(isFast ? { advert: 'fast' } : {}), prefer: isPreferred ? node : other(node) };
    }
  return { vrrp, moved, links };
}

const firstFree = (used: ReadonlySet<number>): number =>
  Array.from({ length: 255 }, (_, index) => index + 1).find((id) => !used.has(id)) ?? 255;

const other = (node: string): string => (node === 'lb2' ? 'lb1' : 'lb2');

/** Both nodes, as far as one file knows them: their addresses where they are said, else free ones beside the VIPs. */
function nodesOf(instances: readonly Instance[], links: ReadonlyMap<string, string>, node: string): Draft {
  const mine: Draft = {};
  const theirs: Draft = {};
  const vips = instances.flatMap(({ device, addresses }) => addresses.map((each) => ({ ...each, on: each.device ?? device })));
  const isVip = (ip: Ip) => vips.some((vip) => vip.ip.family === ip.family && vip.ip.value === ip.value);
  for (const [link, device] of links) {
    const { upon, vlan } = linkOf(device);
    const known = instances.filter((each) => each.device === device);
    const pairs: { readonly network: Ip; readonly prefix: number; readonly ends: readonly [Ip, Ip] }[] = [];
    const sources = known.flatMap(({ source, peers: [peer] }) => (source === null || peer === undefined ? [] : [[source, peer] as const]));
    for (const { ip, prefix: said } of vips.filter(({ on }) => on === device)) {
      const prefix = said === null || said === whole(ip.family) ? (ip.family === 4 ? 24 : 64) : said;
      if (pairs.some(({ network, prefix: length }) => isTogether(network, ip, length))) continue;
      const ends = sources.find((pair) => pair.every((end) => isTogether(end, ip, prefix))) ?? freePair(ip, prefix, isVip);
      pairs.push({ network: networkOf(ip, prefix), prefix, ends });
    }
    for (const ends of sources) {
      const prefix = ends[0].family === 4 ? 24 : 64;
      if (!pairs.some((pair) => isTogether(pair.network, ends[0], pair.prefix)))
        pairs.push({ network: networkOf(ends[0], prefix), prefix, ends });
    }
    for (const [index, links] of [mine, theirs].entries()) {
      const addresses = pairs.map(({ ends, prefix }) => `${spelled(ends[index] as Ip)}/${prefix}`);
      const mac = (at: number) => `52:54:00:00:0${index}:${at.toString(16).padStart(2, '0')}`;
      if (upon === null) links[link] = { ...(links[link] as Draft | undefined), mac: mac(Object.keys(links).length + 1), addresses };
      else {
        links[upon] ??= { mac: mac(Object.keys(links).length + 1) };
        links[link] = { link: upon, vlan, addresses };
      }
    }
  }
  return { [node]: { links: mine as Plain }, [other(node)]: { links: theirs as Plain } };
}

/** Two addresses of a network that no VIP has, behind the first, which is often the router's. */
function freePair({ family, value }: Ip, prefix: number, isVip: (ip: Ip) => boolean): readonly [Ip, Ip] {
  const { value: base } = networkOf({ family, value }, prefix);
  const free: Ip[] = [];
  const most = 1n << BigInt(Math.min(12, whole(family) - prefix));
  for (let at = 2n; at < most && free.length < 2; at++) if (!isVip({ family, value: base + at })) free.push({ family, value: base + at });
  const [one = { family, value: base }, two = { family, value: base + 1n }] = free;
  return [one, two];
}
