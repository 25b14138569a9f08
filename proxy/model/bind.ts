/**
 * Words of a line and what stands behind each, by HAProxy's keywords and in the document's order; `true` is a keyword alone. Names are resolved, files are
 * paths on the appliance, and lists are joined as HAProxy reads them.
 */
export type Words = Readonly<Record<string, string | number | true>>;

/** The words of TLS that name a file, on `bind` and `server` lines and in crt-lists. */
export const FILE_WORDS = ['ca-file', 'crl-file', 'crt'] as const;

/** A certificate by name: PEM files as bound by TLS listeners. Paths are those on the appliance. */
export interface Certificate {
  readonly name: string;
  /** PEM files (certificate, chain, key) to offer, e.g. an RSA and an ECDSA one. */
  readonly pems: readonly string[];
  /** Server names it is for, `*.` and `!` as a crt-list has them; empty: those the certificate itself names. */
  readonly sni: readonly string[];
  /** What TLS has of its own where this certificate is chosen (configuration manual, 5.1 "crt-list"). */
  readonly options: Words;
}

/** Where a frontend listens. */
export type Bind = TcpBind | UnixBind | AbnsBind;

/** A bind on ports of one or more addresses. */
export interface TcpBind extends BindOptions {
  readonly kind: 'tcp';
  /** IPv4 or IPv6 addresses, those of a VIP; `*` is any IPv4, `::` any of both families unless another bind takes IPv4 on the port. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** The last port of a range; `port` itself where there is one only. */
  readonly lastPort: number;
}

/** A bind on a UNIX socket, for programs of the same machine. */
export interface UnixBind extends BindOptions {
  readonly kind: 'unix';
  /** Where programs find it, `/run/<name>.sock`. */
  readonly path: string;
  /** Who may connect: every user of the machine, or root alone. */
  readonly mode: '666' | '600';
}

/** A bind on an abstract UNIX socket, which is no file: whoever is on the machine may connect (unix(7)). */
export interface AbnsBind extends BindOptions {
  readonly kind: 'abns';
  readonly name: string;
}

/** What a bind has besides its place. */
export interface BindOptions {
  readonly ssl: BindTls | null;
  /** Who sends the PROXY protocol: everybody, or the networks given. */
  readonly acceptProxy: boolean | readonly string[];
  /** Options of the socket (configuration manual, 5.1): `backlog`, `maxconn`, `tfo`. */
  readonly options: Words;
}

/** TLS with clients. */
export interface BindTls {
  readonly certificates: readonly string[];
  /** Protocols to offer over TCP, the preferred first. */
  readonly alpn: readonly string[];
  /** Whether HTTP/3 is offered as well, over QUIC on the same ports of UDP. */
  readonly quic: boolean;
  readonly options: Words;
}
