import type { Condition, Duration, Rules, Timeouts } from '../model.ts';
import type { BandwidthLimit } from './bandwidth.ts';
import type { Words } from './bind.ts';
import type { Check } from './check.ts';
import type { Compression } from './compression.ts';
import type { LogTarget } from './logging.ts';
import type { Options } from './option.ts';
import type { Answers } from './own-answer.ts';
import type { Server } from './server.ts';

/**
 * How a backend chooses a server (configuration manual, 4.2 "balance", "hash-type"). `argument` is what the algorithm is about, e.g. a sample for
 * `hash` or a header's name for `hdr`; `words` stand behind it: `depth 2`, `use_domain_only`.
 */
export interface Balance {
  readonly algorithm: string;
  readonly argument: string | null;
  readonly words: readonly string[];
  readonly hashType: string | null;
  readonly hashBalanceFactor: number | null;
}

/** A persistence cookie (configuration manual, "cookie"). */
export interface Cookie {
  readonly name: string;
  readonly words: readonly string[];
  readonly maxidle: Duration | null;
  readonly maxlife: Duration | null;
  readonly domains: readonly string[];
  /** Attributes that browsers are told, `SameSite=Lax`. */
  readonly attributes: readonly string[];
  /** The file whose content makes the values of a dynamic cookie; null: the cookie has the names of servers. */
  readonly keyFile: string | null;
  /** A digest of that content, which serves in its place; null: it is not known here. */
  readonly key: string | null;
}

/** A rule that keeps clients at their server by a stick table (configuration manual, 4.2 "stick on"). `sample` makes the key. */
export interface StickRule {
  readonly kind: 'on' | 'match' | 'store-request' | 'store-response';
  readonly sample: string;
  readonly table: string;
  readonly condition: Condition | null;
}

/** A rule that names the server: one of this backend, or a log-format string that becomes its name. */
export interface UseServer {
  readonly server: string;
  readonly condition: Condition | null;
}

/** A backend. */
export interface Backend {
  readonly name: string;
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  readonly cookie: Cookie | null;
  readonly check: Check | null;
  readonly timeouts: Timeouts;
  readonly httpReuse: 'never' | 'safe' | 'aggressive' | 'always';
  /** HAProxy's words `option X` of this section. */
  readonly options: Options;
  /** Attempts after the first to reach a server; null: that of defaults. */
  readonly retries: number | null;
  /** What is tried again (configuration manual, 4.2 "retry-on"); empty: what defaults say. */
  readonly retryOn: readonly string[];
  readonly stick: readonly StickRule[];
  /** The cookie of RDP that names a server, empty for that of Microsoft (`msts`); null: none is followed. */
  readonly persistRdpCookie: string | null;
  /** When a server that is down is sent its clients all the same, and when persistence is not looked at. */
  readonly forcePersist: readonly Condition[];
  readonly ignorePersist: readonly Condition[];
  readonly useServer: readonly UseServer[];
  readonly fullconn: number | null;
  readonly rules: Rules;
  /** How long the rules on content wait for the first bytes of a client, and of a server. */
  readonly inspectDelay: Duration | null;
  readonly responseInspectDelay: Duration | null;
  readonly answers: Answers;
  readonly compression: Compression | null;
  readonly bandwidth: readonly BandwidthLimit[];
  /** As a frontend's. */
  readonly spoe: readonly string[];
  /** Where lines about its servers go besides the machine's own log. */
  readonly logs: readonly LogTarget[];
  /** As in {@link Defaults}; what is absent is that of defaults. */
  readonly emailAlert: Words;
  /** The FastCGI application that its servers run; null: none. */
  readonly fcgiApp: string | null;
  readonly servers: readonly Server[];
  /** As a frontend's. */
  readonly acls: readonly string[];
  readonly extra: readonly string[];
}
