import type { Duration } from '../model.ts';
import type { Words } from './bind.ts';
import type { CheckSettings } from './check.ts';

/** TLS towards a server. `verify: none` is shown as a warning in the plan. */
export interface ServerTls {
  readonly verify: 'required' | 'none';
  /** Path of the CA file, or null for the system's. */
  readonly caFile: string | null;
  /** A sample expression for SNI, e.g. `req.hdr(host)` or `str(app.internal)`. */
  readonly sni: string | null;
  readonly alpn: readonly string[];
  /** Further words: the certificate that is shown, versions, ciphers, revoked certificates. */
  readonly options: Words;
}

/** Where connections to a server come from (configuration manual, 5.2 "source"). */
export interface Source {
  /** Null: an address that the kernel chooses. */
  readonly address: string | null;
  /** A port, or the first and last of a range; null: any. */
  readonly ports: string | null;
  readonly interface: string | null;
  /** Whose address it is instead: `client`, `clientip` or `hdr_ip(NAME)`; null: one of this machine. */
  readonly usesrc: string | null;
}

/** The program beside a server that says its load (configuration manual, 5.2 "agent-check"). */
export interface Agent {
  readonly port: number;
  readonly inter: Duration | null;
  /** What it is sent first, with escapes such as `\n`. */
  readonly send: string | null;
  readonly addr: string | null;
}

/** What a server has besides its address. */
export interface ServerOptions {
  /** HAProxy's words that mean the same here: `minconn`, `error-limit`, `disabled`, … */
  readonly words: Words;
  readonly source: Source | null;
  readonly agent: Agent | null;
  readonly weight: number | null;
  readonly maxconn: number | null;
  readonly slowstart: Duration | null;
  readonly observe: 'layer4' | 'layer7' | null;
  readonly onError: 'fastinter' | 'fail-check' | 'sudden-death' | 'mark-down' | null;
  readonly tls: ServerTls | null;
  /** The name of a `resolvers` section; `system`: the machine's own. */
  readonly resolvers: string | null;
  readonly sendProxy: 'v1' | 'v2' | null;
}

/** One server of a backend, or a template of several. */
export interface Server extends ServerOptions {
  readonly name: string;
  /** IPv4, IPv6, a host name, or a UNIX socket: its path, or `abns@` and the name of an abstract one. */
  readonly address: string;
  /** 0: the name is one of services (SRV records), which say the ports. */
  readonly port: number;
  readonly backup: boolean;
  readonly check: boolean;
  /** What its checks have of their own. */
  readonly checkSettings: Partial<CheckSettings>;
  /** The value of the persistence cookie; its name unless given. */
  readonly cookie: string | null;
  /** A template of this many servers, `name1`, `name2`, …, with the addresses of one name; null: one server. */
  readonly count: number | null;
}
