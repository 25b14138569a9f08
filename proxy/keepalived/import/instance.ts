import type { Mistake } from '../../haproxy/import/mistake.ts';
import { type Ip, parseIp } from './ip.ts';
import type { Entry } from './source.ts';
import { dropped, type Gone, INSTANCE, own, scriptGone } from './words.ts';

/** A virtual address of an instance. */
export interface VirtualAddress {
  readonly ip: Ip;
  /** Null: keepalived.conf does not say it. */
  readonly prefix: number | null;
  /** The interface that it says itself. */
  readonly device: string | null;
  readonly line: number;
}

/** A `vrrp_instance`. */
export interface Instance {
  readonly name: string;
  readonly line: number;
  readonly device: string;
  readonly id: number;
  readonly isPreferred: boolean;
  readonly isFast: boolean;
  readonly source: Ip | null;
  readonly peers: readonly Ip[];
  readonly addresses: readonly VirtualAddress[];
}

/** Where readers say what became of lines, and what is wrong. */
export interface Account {
  /** A line is an option of the document; `reason` is what to see to. */
  readonly became: (entry: Entry, reason?: string) => void;
  /** A line, and all below it, is none. */
  readonly gone: (entry: Entry, gone: Gone) => void;
  readonly mistake: (mistake: Mistake) => void;
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));

/** What follows an address: `dev eth0`, `label x`, `scope link`, `brd -`. */
function readAddress(entry: Entry, account: Account): VirtualAddress | null {
  const { line, words } = entry;
  const [first = '', ...rest] = words[0] === 'ipaddr' ? words.slice(1) : words;
  const [text = '', length] = first.split('/');
  const ip = parseIp(text);
  const prefix = length === undefined ? null : Number(length);
  if (ip === null || (prefix !== null && !(/^\d+$/.test(length ?? '') && prefix >= 1 && prefix <= (ip.family === 4 ? 32 : 128)))) {
    account.mistake({ line, message: `${quoted(first)} is no address`, hint: 'write 192.0.2.10/24 or 2001:db8::10/64' });
    return null;
  }
  const own: string[] = [];
  const left: string[] = [];
  let device: string | null = null;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string;
    if (word === 'dev') device = rest[++at] ?? null;
    else if (/^(?:brd|broadcast|label|scope)$/.test(word)) own.push(word, rest[++at] ?? '');
    else left.push(word);
  }
  if (left.some((word) => parseIp(word.split('/')[0] ?? '') !== null)) {
    account.mistake({ line, message: 'there are two addresses in one line', hint: 'write each in a line of its own' });
    return null;
  }
  const notes = [
    ...(own.length === 0 ? [] : [`${own.join(' ')} is set by the appliance`]),
    ...(left.length === 0 ? [] : [`left out: ${left.join(' ')}, which has no option`]),
  ];
  account.became(entry, notes.length === 0 ? undefined : notes.join('; '));
  return { ip, prefix, device, line };
}

const within = (text: string | undefined, most: number): number | null =>
  text !== undefined && /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : null;

/** Reads a `vrrp_instance`; null where its mistakes leave none. `scripts` are those that ask for HAProxy. */
export function readInstance(head: Entry, scripts: ReadonlySet<string>, node: string, account: Account): Instance | null {
  const [, name] = head.words;
  const { line, block } = head;
  if (name === undefined || block === null) {
    account.mistake({ line, message: 'a vrrp_instance needs a name and a block', hint: 'write vrrp_instance VI_1 { … }' });
    return null;
  }
  const said = {
    device: null as string | null,
    id: null as number | null,
    isMaster: false,
    priority: 100,
    isFast: false,
    source: null as Ip | null,
    peers: [] as Ip[],
    addresses: [] as VirtualAddress[],
  };
  const unicast: Entry[] = [];
  const take = (entry: Entry, what: string, value: unknown, hint: string): boolean => {
    if (value !== null && value !== undefined && value !== '') return true;
    account.mistake({ line: entry.line, message: `${quoted(entry.words[1] ?? '')} is no ${what}`, hint });
    return false;
  };
  const readers: Readonly<Record<string, (entry: Entry) => void>> = {
    interface: (entry) => {
      const device = entry.words[1] ?? '';
      if (device === 'lo')
        account.mistake({ line: entry.line, message: 'VRRP has no peer on lo', hint: 'write the interface of the network' });
      else if (take(entry, 'interface', device, 'write interface eth0')) account.became(entry);
      said.device = device;
    },
    virtual_router_id: (entry) => {
      said.id = within(entry.words[1], 255);
      if (take(entry, 'virtual router id', said.id, 'write a number from 1 to 255')) account.became(entry);
      said.id ??= 1;
    },
    priority: (entry) => {
      const priority = within(entry.words[1], 255);
      if (take(entry, 'priority', priority, 'write a number from 1 to 255'))
        account.became(entry, 'it became prefer: nodes have no numbers');
      said.priority = priority ?? 100;
    },
    state: (entry) => {
      said.isMaster = entry.words[1] === 'MASTER';
      account.became(entry, said.isMaster ? `prefer: ${node}; a node that comes back does not take the VIPs back by itself` : undefined);
    },
    advert_int: (entry) => {
      said.isFast = Number(entry.words[1]) < 0.3;
      if (said.isFast) account.became(entry);
      else account.gone(entry, INSTANCE.advert_int as Gone);
    },
    unicast_src_ip: (entry) => {
      said.source = parseIp(entry.words[1] ?? '');
      if (take(entry, 'address', said.source, 'write the address of this node')) unicast.push(entry);
    },
    unicast_peer: (entry) => {
      for (const peer of entry.block ?? []) {
        const ip = parseIp(peer.words[0] ?? '');
        if (ip === null)
          account.mistake({
            line: peer.line,
            message: `${quoted(peer.words[0] ?? '')} is no address`,
            hint: 'write the address of the other node',
          });
        else if (said.peers.length > 0) account.gone(peer, dropped('a pair has two nodes'));
        else {
          said.peers.push(ip);
          unicast.push(peer);
        }
      }
    },
    virtual_ipaddress: (entry) => {
      for (const each of entry.block ?? []) said.addresses.push(...[readAddress(each, account)].filter((address) => address !== null));
    },
    virtual_ipaddress_excluded: (entry) => readers.virtual_ipaddress?.(entry),
    track_interface: (entry) => {
      for (const each of entry.block ?? [])
        account.gone(
          each,
          each.words[0] === said.device
            ? own('the link of an instance is always watched')
            : dropped('what is watched is the link of the instance, and HAProxy, whose checks know whether servers are reached'),
        );
    },
    track_script: (entry) => {
      for (const each of entry.block ?? []) account.gone(each, scriptGone(scripts.has(each.words[0] ?? '')));
    },
  };
  for (const entry of block) {
    const word = entry.words[0] ?? '';
    const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
    if (reader !== undefined) reader(entry);
    else account.gone(entry, Object.hasOwn(INSTANCE, word) ? (INSTANCE[word] as Gone) : dropped(`${word} has no option`));
  }
  const { device, id, isMaster, priority, ...others } = said;
  // adverts go where the VIPs are
  const isElsewhere = said.addresses.every((each) => each.device !== null && each.device !== device);
  for (const entry of unicast)
    if (isElsewhere) account.gone(entry, own('the nodes speak on the link that carries the VIPs, by its addresses'));
    else account.became(entry);
  if (device === null) account.mistake({ line, message: `vrrp_instance ${quoted(name)} has no interface`, hint: 'write interface eth0' });
  if (id === null)
    account.mistake({ line, message: `vrrp_instance ${quoted(name)} has no virtual_router_id`, hint: 'write a number from 1 to 255' });
  if (said.addresses.length === 0)
    account.mistake({
      line,
      message: `vrrp_instance ${quoted(name)} has no virtual_ipaddress`,
      hint: 'it has nothing to move between nodes',
    });
  return device === null || id === null ? null : { name, line, device, id, isPreferred: isMaster || priority > 100, ...others };
}
