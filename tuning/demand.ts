/** What the document asks of the machine, as far as the kernel's values and HAProxy's size depend on it. */
export interface Demand {
  /** Concurrent connections that the document wants HAProxy to take in all; null: as many as the machine can. */
  readonly maxconn: number | null;
  /** TCP and UDP ports that something on this machine listens on: binds, statistics, peers, sshd. */
  readonly ports: readonly number[];
  /** Whether the node carries virtual addresses, now or when its peer fails. */
  readonly hasVips: boolean;
  /** Whether a bind names an address rather than all of them: HAProxy starts before the links are up. */
  readonly bindsAddresses: boolean;
  /** Whether HAProxy splices, that is, moves data by pipes in the kernel. */
  readonly splices: boolean;
  /** Pipes that it may have, where the document says so; null: one for every fourth connection. */
  readonly maxpipes: number | null;
  /** Bytes that a pipe holds. */
  readonly pipesize: number;
  /** Whether connections have addresses that are not of this machine. */
  readonly isTransparent: boolean;
  /** Whether a bind takes data with a client's first packet (TCP Fast Open). */
  readonly fastOpen: boolean;
  /** Whether a bind speaks HTTP/3, whose packets are UDP's (QUIC, RFC 9000). */
  readonly quic: boolean;
  /** Descriptors that HAProxy wants before the first connection: one for each checked server and each bind. */
  readonly idleFiles: number;
  /** Memory that HAProxy takes for caches and rings whatever its sessions do, and for stick tables once they are full; bytes. */
  readonly setAside: { readonly caches: number; readonly rings: number; readonly tables: number };
  /** Where TLS is spoken: it decides the memory a connection takes. */
  readonly tls: 'none' | 'clients' | 'both';
  /** Local ports that connections to one address and port of a server can have: `ip_local_port_range` without what is reserved in it. */
  readonly sourcePorts: number;
  readonly frontends: readonly FrontendDemand[];
  /** The largest packet of any link, bytes; 1500 where none says more. */
  readonly mtu: number;
  /** Machines that the IPv4 networks of its links have room for; null: no document says in which networks they are. */
  readonly neighbours: number | null;
  /** The NICs of the document's links, by MAC or PCI address, and what they are for; null: no document says, so every NIC that is up is for service. */
  readonly links: readonly LinkDemand[] | null;
}

/** A NIC that the document names, once for each link that stands on it. */
export interface LinkDemand {
  readonly link: string;
  /** MAC (lower case) or PCI address. */
  readonly nic: string;
  /** By a `management` link people reach the machine, and no traffic passes: its NIC is changed last. */
  readonly role: 'service' | 'management' | 'pair';
}

/** What one frontend asks. */
export interface FrontendDemand {
  readonly name: string;
  readonly maxconn: number | null;
  readonly mode: 'http' | 'tcp';
  /** Whether all of its connections speak TLS. */
  readonly isTls: boolean;
  /**
   * The addresses and ports of the servers behind it, each once, backups left out; null where source ports bound nothing that is known: nothing is behind it, a
   * server's own `maxconn` makes what is too much wait (if there are ports for so many), a connection to a server carries many sessions (HTTP/2), it comes from the client's own address, or raw lines decide.
   */
  readonly destinations: readonly string[] | null;
}

/** What a machine is asked that has no document yet: HTTP for whoever comes, on all NICs, spliced as weir's defaults have it. */
export const noDocument: Demand = {
  maxconn: null,
  ports: [22],
  hasVips: false,
  bindsAddresses: false,
  splices: true,
  maxpipes: null,
  pipesize: 262_144,
  isTransparent: false,
  fastOpen: false,
  quic: false,
  idleFiles: 0,
  setAside: { caches: 0, rings: 0, tables: 0 },
  tls: 'none',
  sourcePorts: 64_000,
  frontends: [],
  mtu: 1500,
  neighbours: null,
  links: null,
};
