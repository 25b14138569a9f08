import type { Duration } from '../model.ts';

/** When and where a check is made, and how it speaks: what each server may have of its own. */
export interface CheckSettings {
  readonly inter: Duration;
  /** The time between checks while a server is between up and down, and while it is down; null: `inter`. */
  readonly fastinter: Duration | null;
  readonly downinter: Duration | null;
  readonly fall: number;
  readonly rise: number;
  /** Where it connects instead of to the server. */
  readonly port: number | null;
  readonly addr: string | null;
  /** Speaks TLS although the server's traffic does not, the name it asks for there, and protocols it offers. */
  readonly ssl: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  /** Sends the PROXY protocol although the server's traffic has none, or to another port. */
  readonly sendProxy: boolean;
}

/** What is asked of a server to know whether it is well. */
export type Question =
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: string;
      readonly host: string | null;
      readonly headers: Readonly<Record<string, string>>;
      /** HAProxy's words behind `expect`; none: a status of 2xx or 3xx. */
      readonly expect: readonly Word[];
    }
  /** Steps in their order, of HTTP or of bytes. */
  | { readonly kind: 'steps'; readonly of: 'http-check' | 'tcp-check'; readonly steps: readonly CheckStep[] }
  /** A protocol that HAProxy knows, by the words behind `option`. */
  | { readonly kind: 'protocol'; readonly words: readonly string[] };

/** A health check. */
export type Check = CheckSettings &
  Question & {
    /** HTTP only: 404 means that a server drains, and servers are told their state. */
    readonly disableOn404: boolean;
    readonly sendState: boolean;
  };

/** A text that HAProxy reads with escapes such as `\r\n`, as the document has it. */
export interface Escaped {
  readonly escaped: string;
}

/** One word of a line: as it is, or with escapes. */
export type Word = string | Escaped;

/** One step of a check: HAProxy's verb, and the words behind it. */
export interface CheckStep {
  readonly verb: string;
  readonly words: readonly Word[];
}
