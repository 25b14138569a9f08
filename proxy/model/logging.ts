import type { Duration } from '../model.ts';

/** Where else than to the machine's own log a frontend's lines go (configuration manual, 4.2 "log"). */
export interface LogTarget {
  /** An address by UDP, or a ring by name. */
  readonly to: { readonly kind: 'udp'; readonly address: string; readonly port: number } | { readonly kind: 'ring'; readonly name: string };
  readonly length: number;
  /** HAProxy's word for the header of each line: `rfc5424`, `raw` … */
  readonly format: string;
  /** One in so many, `1:10`; null: all. */
  readonly sample: string | null;
  readonly facility: string;
  /** Nothing less severe goes there; null: everything. */
  readonly level: string | null;
  /** What is more severe is sent as if it were of this level; null: as it is. It needs `level`. */
  readonly minlevel: string | null;
}

/** What a frontend logs of each request or session, and where. */
export interface Logging {
  /** Log-format strings; null: HAProxy's own for the mode. */
  readonly format: string | null;
  readonly errorFormat: string | null;
  readonly structuredData: string | null;
  readonly tag: string | null;
  readonly targets: readonly LogTarget[];
  /** How many bytes of a header or cookie are kept, by its name. */
  readonly captured: {
    readonly requestHeaders: Readonly<Record<string, number>>;
    readonly responseHeaders: Readonly<Record<string, number>>;
    /** Slots for capture rules, by their lengths. */
    readonly declared: { readonly request: readonly number[]; readonly response: readonly number[] };
    readonly cookie: { readonly name: string; readonly length: number } | null;
  };
  readonly uniqueId: { readonly format: string; readonly header: string | null } | null;
}

/** A buffer of log lines in memory that is sent to a server by TCP, so that a server which is away for a moment loses none (manual, 3.9). */
export interface Ring {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly format: string;
  readonly size: number;
  readonly maxlen: number;
  /** How lines follow each other in the stream: by their length before them (RFC 6587, 3.4.1), or by line breaks. */
  readonly protocol: 'octet-count' | 'legacy';
  readonly timeouts: { readonly connect: Duration; readonly server: Duration };
}
