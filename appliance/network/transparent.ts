import { normalAddress } from './address.ts';
import { type OpenPort, wildcard } from './port.ts';

/**
 * Transparent proxying (kernel Documentation/networking/tproxy.rst): packets to addresses of others that belong to a socket of this machine get a mark, and a
 * routing rule hands what is marked to this machine. HAProxy itself opens the sockets.
 */
export interface Transparent {
  /** The binds that take connections to addresses of others: `*` and `::` are any address of their family. */
  readonly ports: readonly OpenPort[];
}

/** `weir` in ASCII: nobody else's by chance. */
const mark = '0x77656972';

/** Between the tables of links (1,000 and more) and the kernel's own (253 to 255); its rule stands before theirs. */
const table = 900;

/** What comes in a connection of a client's address, which HAProxy began: whatever port that has. */
export const transparentReplies = (answers: string): readonly string[] => [`    meta mark ${mark} ${answers} accept`];

/** The chain that marks. A socket that listens on any address is not asked: what it takes is said port by port. */
export function markingChain({ ports }: Transparent): readonly string[] {
  const foreign = ports.flatMap(({ address, port }) =>
    (wildcard(address) ?? [address.includes(':') ? 6 : 4]).map((family) => ({ family: Number(family), address, port })),
  );
  const rules = [4, 6].flatMap((family) => {
    const [ip, self] = family === 4 ? ['ip', '127.0.0.1'] : ['ip6', '::1'];
    const own = foreign.filter((each) => each.family === family);
    const any = [...new Set(own.flatMap(({ address, port }) => (wildcard(address) === null ? [] : [port])))].sort((a, b) => a - b);
    const named = own.filter(({ address }) => wildcard(address) === null);
    return [
      ...(any.length === 0
        ? []
        : [
            `    meta nfproto ipv${family} fib daddr type != local tcp dport { ${any.join(', ')} } tproxy ${ip} to ${family === 4 ? self : `[${self}]`} meta mark set ${mark} accept`,
          ]),
      ...[
        ...new Set(
          named.map(
            ({ address, port }) =>
              `    ${ip} daddr ${normalAddress(address)} tcp dport ${port} tproxy ${ip} to ${family === 4 ? normalAddress(address) : `[${normalAddress(address)}]`} meta mark set ${mark} accept`,
          ),
        ),
      ].sort(),
    ];
  });
  return [
    '  chain marking {',
    '    type filter hook prerouting priority mangle; policy accept;',
    // Errors about such a connection carry its ports: a smaller path MTU is for the socket too.
    `    meta l4proto { tcp, icmp, icmpv6 } socket wildcard 0 socket transparent 1 meta mark set ${mark} accept`,
    ...rules,
    '  }',
    '',
  ];
}

/** The file by which networkd routes what is marked to this machine (systemd.network(5)); it takes nothing from loopback that it has. */
export const loopbackNetwork = {
  name: '40-lo.network',
  lines: [
    '',
    '[Match]',
    'Name=lo',
    '',
    '[Link]',
    'RequiredForOnline=no',
    '',
    '[Network]',
    'LinkLocalAddressing=no',
    'IPv6AcceptRA=no',
    'LLDP=no',
    'KeepConfiguration=yes',
    ...['0.0.0.0/0', '::/0'].flatMap((to) => ['', '[Route]', `Destination=${to}`, 'Type=local', `Table=${table}`]),
    ...['ipv4', 'ipv6'].flatMap((family) => [
      '',
      '[RoutingPolicyRule]',
      `Family=${family}`,
      `FirewallMark=${mark}`,
      `Table=${table}`,
      'Priority=900',
    ]),
  ],
} as const;
