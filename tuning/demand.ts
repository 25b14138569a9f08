/** What the document asks of the machine, as far as the kernel's values depend on it. */
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
  /** Descriptors that HAProxy wants before the first connection: one for each backend, each checked server and each bind. */
  readonly idleFiles: number;
  /** Where TLS is spoken: it decides the memory a connection takes. */
  readonly tls: 'none' | 'clients' | 'both';
}
