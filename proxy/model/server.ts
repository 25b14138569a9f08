import type { Duration } from '../model.ts';

/** TLS towards a server. `verify: none` is shown as a warning in the plan. */
export interface ServerTls {
  readonly verify: 'required' | 'none';
  /** Path of the CA file, or null for the system's. */
  readonly caFile: string | null;
  /** A sample expression for SNI, e.g. `req.hdr(host)` or `str(app.internal)`. */
  readonly sni: string | null;
  readonly alpn: readonly string[];
}

/** What a server has besides its address. */
export interface ServerOptions {
  readonly maxconn: number | null;
  readonly slowstart: Duration | null;
  readonly observe: 'layer4' | 'layer7' | null;
  readonly onError: 'fastinter' | 'fail-check' | 'sudden-death' | 'mark-down' | null;
  readonly tls: ServerTls | null;
  /** `system`: names are resolved at run time by the machine's name servers. */
  readonly resolvers: string | null;
  readonly sendProxy: 'v1' | 'v2' | null;
}

/** One server of a backend. */
export interface Server extends ServerOptions {
  readonly name: string;
  /** IPv4, IPv6 or a host name. */
  readonly address: string;
  readonly port: number;
  readonly weight: number | null;
  readonly backup: boolean;
  readonly check: boolean;
}
