import { createHash } from 'node:crypto';
import type { Link, RemoteLog } from '../config/config.ts';
import { familyOf, normalAddress, sortByAddress } from './address.ts';
import { blockedFiles, blockedRules, blockedSets } from './blocked.ts';
import { drainingFiles } from './draining.ts';
import { movedFiles } from './moved.ts';
import { networkSet, openSets, pingSet, type Remote, remoteSets } from './nft-set.ts';
import { type OpenPort, openPorts } from './port.ts';
import { markingChain, type Transparent, transparentReplies } from './transparent.ts';

export type { Remote } from './nft-set.ts';

/** What one node's firewall is made from. */
export interface FirewallInput {
  /** What the document opens: `*` is every IPv4 address, `::` every address. */
  readonly binds: readonly OpenPort[];
  /** sshd, on these links and from these networks (none: from anywhere); null: no sshd. */
  readonly ssh: { readonly links: readonly string[]; readonly from: readonly string[] } | null;
  /** The other node's address per link on which adverts arrive; empty for a single node. */
  readonly peers: readonly { readonly link: string; readonly address: string }[];
  /** Where HAProxy listens for the peers of its stick tables, and their addresses. */
  readonly tablePeers?: readonly { readonly address: string; readonly port: number; readonly from: readonly string[] }[];
  /** Whom HAProxy connects to: servers, their checks, agents, collectors. */
  readonly servers: readonly Remote[];
  /** Whom it asks over UDP, beside the machine's own name servers. */
  readonly resolvers?: readonly Remote[];
  /** Whether some servers have ports that are not known here. */
  readonly hasUnknownPorts?: boolean;
  readonly dns: readonly string[];
  readonly ntp: readonly string[];
  readonly log: RemoteLog | null;
  readonly links: readonly Link[];
  /** Null: no connection to or from an address of others. */
  readonly transparent?: Transparent | null;
}

/** What comes in a connection that we began: SYN-ACK and all later segments have ACK, but for some resets (RFC 9293, 3.5.2). */
const answers = 'tcp flags & (ack | rst) != 0';

/** What goes on in a connection that a client began: the same without anything that begins one. */
const established = 'tcp flags & syn == 0 tcp flags & (ack | rst) != 0';

/**
 * weir's table, as one transaction that replaces it and touches no other. Input is denied unless said here; nothing is forwarded; output is free, so there
 * is no chain for it. No rule tracks connections: replies are known by address, port and flags, so that nf_conntrack is never loaded. (nft(8))
 */
export function renderNftables(input: FirewallInput): string {
  const { ssh, peers, links } = input;
  const remotes = remotesOf(input);
  const takes4 = links.filter(({ dhcp }) => dhcp === 'ipv4' || dhcp === 'yes').map(({ name }) => name);
  const takes6 = links.filter(({ dhcp }) => dhcp === 'ipv6' || dhcp === 'yes').map(({ name }) => name);
  const from = (family: 4 | 6) => (ssh?.from ?? []).filter((network) => familyOf(network) === family);
  const lines = [
    '# written by weir from config.yaml, edits here are lost',
    'table inet weir {}',
    'delete table inet weir',
    'table inet weir {',
    ...blockedSets(),
    ...openSets('open', openPorts(input.binds)),
    ...openSets('draining', [], 'timeout'),
    ...remoteSets('tcp_reply', remotes.tcp),
    ...remoteSets('udp_reply', remotes.udp),
    ...networkSet('ssh4', 'ipv4_addr', from(4)),
    ...networkSet('ssh6', 'ipv6_addr', from(6)),
    ...pingSet('ping4', 'ipv4_addr'),
    ...pingSet('ping6', 'ipv6_addr'),
    '  counter blocked {}',
    '  counter denied {}',
    '',
    ...(input.transparent ? markingChain(input.transparent) : []),
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    ...blockedRules(),
    '    iifname lo accept',
    ...opened('open', null),
    ...(input.transparent ? transparentReplies(answers) : []),
    ...replies('tcp_reply', 'tcp', answers),
    ...(input.hasUnknownPorts === true ? [`    tcp dport >= 1024 ${answers} accept`] : []),
    ...replies('udp_reply', 'udp', null),
    // Errors about flows that nobody tracks: without them a smaller path MTU stalls a transfer (RFC 1191, RFC 4890).
    '    icmp type { destination-unreachable, time-exceeded, parameter-problem } accept',
    '    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept',
    '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
    // Switches that snoop ask who listens to which group; unanswered, they stop passing neighbour discovery on (RFC 4541).
    '    icmpv6 type { mld-listener-query } ip6 saddr fe80::/10 accept',
    '    icmp type echo-request update @ping4 { ip saddr limit rate 20/second burst 50 packets } accept',
    '    icmpv6 type echo-request update @ping6 { ip6 saddr limit rate 20/second burst 50 packets } accept',
    '    icmp type echo-reply limit rate 100/second burst 200 packets accept',
    '    icmpv6 type echo-reply limit rate 100/second burst 200 packets accept',
    ...onLinks(takes4, 'udp sport 67 udp dport 68 accept'),
    ...onLinks(takes6, 'icmpv6 type nd-router-advert ip6 hoplimit 255 ip6 saddr fe80::/10 accept'),
    ...onLinks(takes6, 'ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept'),
    ...(ssh ? sshRules(ssh.links, from(4).length > 0, from(6).length > 0) : []),
    ...sortByAddress(peers, ({ address }) => address).map(vrrpRule),
    ...tablePeerRules(input.tablePeers ?? []),
    ...opened('draining', established),
    '    counter name denied',
    '  }',
    '',
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '  }',
    '}',
    `include "${drainingFiles}"`,
    `include "${blockedFiles}"`,
    `include "${movedFiles}"`,
  ];
  return marked(`${lines.join('\n')}\n`);
}

/** The text with a comment on its table that tells it from all others, so that what is loaded can be asked whether it is this. */
function marked(text: string): string {
  const mark = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return text.replace('\ntable inet weir {\n', `\ntable inet weir {\n  comment "weir ${mark}"\n`);
}

function opened(name: string, condition: string | null): readonly string[] {
  const when = condition === null ? '' : `${condition} `;
  return [
    `    ${when}ip daddr . meta l4proto . th dport @${name}4 accept`,
    `    ${when}ip6 daddr . meta l4proto . th dport @${name}6 accept`,
    `    ${when}meta nfproto ipv4 meta l4proto . th dport @${name}4_any accept`,
    `    ${when}meta nfproto ipv6 meta l4proto . th dport @${name}6_any accept`,
  ];
}

/** Replies come to ports of our own choice, which are 1024 or more (ip_local_port_range). */
function replies(name: string, protocol: 'tcp' | 'udp', condition: string | null): readonly string[] {
  const when = `${protocol} dport >= 1024${condition === null ? '' : ` ${condition}`}`;
  return [
    `    ip saddr . ${protocol} sport @${name}4 ${when} accept`,
    `    ip6 saddr . ${protocol} sport @${name}6 ${when} accept`,
    `    ${protocol} sport @${name}_any ${when} accept`,
  ];
}

/** All that the machine itself asks: servers, name servers, time servers, remote syslog. Name servers that DHCP offers are not known here. */
function remotesOf({ servers, resolvers: asked = [], dns, ntp, log, links }: FirewallInput): {
  readonly tcp: readonly Remote[];
  readonly udp: readonly Remote[];
} {
  const offered = dns.length === 0 && links.some(({ dhcp }) => dhcp !== 'no') ? ['offered by DHCP'] : [];
  const resolvers = [...dns, ...offered].map((address) => ({ address, port: 53 }));
  const syslog = log && log.protocol !== 'udp' ? [{ address: log.host, port: log.port }] : [];
  return { tcp: [...servers, ...resolvers, ...syslog], udp: [...asked, ...resolvers, ...ntp.map((address) => ({ address, port: 123 }))] };
}

function sshRules(links: readonly string[], has4: boolean, has6: boolean): readonly string[] {
  if (!has4 && !has6) return onLinks(links, 'tcp dport 22 accept');
  return [
    ...(has4 ? onLinks(links, 'ip saddr @ssh4 tcp dport 22 accept') : []),
    ...(has6 ? onLinks(links, 'ip6 saddr @ssh6 tcp dport 22 accept') : []),
  ];
}

/** Adverts from the peer alone, and from no further than the link (GTSM: RFC 5082; RFC 5798, 5.1.1.3). */
function vrrpRule({ link, address }: { readonly link: string; readonly address: string }): string {
  const [ip, hops] = familyOf(address) === 6 ? ['ip6', 'ip6 hoplimit'] : ['ip', 'ip ttl'];
  return `    iifname ${quoted(link)} ${ip} saddr ${normalAddress(address)} meta l4proto 112 ${hops} 255 accept`;
}

/** The peers of stick tables, each family by itself: nobody else may tell this node what it counts. */
function tablePeerRules(peers: NonNullable<FirewallInput['tablePeers']>): readonly string[] {
  return peers
    .flatMap(({ address, port, from }) => {
      const family = familyOf(address);
      const known = sortByAddress(
        from.filter((each) => familyOf(each) === family),
        (each) => each,
      ).map(normalAddress);
      const ip = family === 6 ? 'ip6' : 'ip';
      const set = [...new Set(known)].join(', ');
      return known.length === 0 ? [] : [`    ${ip} saddr { ${set} } ${ip} daddr ${normalAddress(address)} tcp dport ${port} accept`];
    })
    .sort();
}

function onLinks(links: readonly string[], rule: string): readonly string[] {
  const names = [...links].sort().map(quoted);
  return names.length === 0 ? [] : [`    iifname { ${names.join(', ')} } ${rule}`];
}

/** An interface name as nft reads it. Anything else than a name's characters would be a bug: the document's checks let none through. */
function quoted(name: string): string {
  if (!/^[A-Za-z0-9_.-]{1,15}$/.test(name)) throw new Error(`not an interface name: ${JSON.stringify(name)}`);
  return `"${name}"`;
}
