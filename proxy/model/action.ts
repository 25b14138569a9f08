import type { Condition } from './condition.ts';

/**
 * What a rule does, by families; each kind is HAProxy's word for it (configuration manual, 4.3 "Actions"; that of 3.0). What is called `format` or stands
 * in headers, paths and bodies is a log-format string, as HAProxy's manual says of it: `%[src]` is the client's address and `%%` a percent sign. A
 * `sample` is a sample expression. Everything else is literal.
 */
export type Action =
  | PlainAction
  | AnswerAction
  | RedirectAction
  | HeaderAction
  | UriAction
  | VariableAction
  | PatternAction
  | CounterAction
  | TrafficAction
  | ServiceAction;

/** An action that is only its word. */
export interface PlainAction {
  readonly kind: 'accept' | 'allow' | 'close' | 'disable-l7-retry' | 'reject' | 'silent-drop' | 'wait-for-handshake';
}

/** What an answer of the proxy's own says: a file by its path on the appliance, a text as it is, or a log-format string. */
export interface Body {
  readonly kind: 'file' | 'lf-file' | 'string' | 'lf-string';
  readonly text: string;
}

/** The proxy answers itself. */
export type AnswerAction =
  | {
      readonly kind: 'deny' | 'return' | 'tarpit';
      readonly status: number;
      readonly contentType: string | null;
      /** Null: HAProxy's own page for the status, and for `return` none. */
      readonly body: Body | null;
      /** Log-format strings by header. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'auth'; readonly realm: string | null };

/** The proxy sends the client elsewhere. */
export interface RedirectAction {
  readonly kind: 'redirect';
  readonly to: 'scheme' | 'location' | 'prefix';
  readonly format: string;
  readonly code: number;
  /** HAProxy's words behind it: `drop-query`, `append-slash`, `ignore-empty`. */
  readonly options: readonly string[];
  readonly cookie: { readonly kind: 'set-cookie' | 'clear-cookie'; readonly text: string } | null;
}

/** How names or keys are compared with a pattern (configuration manual, 7.1 "-m"). */
export type NameMatch = 'str' | 'beg' | 'end' | 'sub' | 'reg';

/** A text that matches becomes another: a regular expression, and a log-format string that may use its groups (`\1`). */
export interface Replacement {
  readonly match: string;
  readonly format: string;
}

/** Headers of a request or response, and the status. */
export type HeaderAction =
  | { readonly kind: 'add-header' | 'early-hint' | 'set-header'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'del-header'; readonly names: readonly string[]; readonly match: NameMatch }
  | { readonly kind: 'replace-header' | 'replace-value'; readonly headers: Readonly<Record<string, Replacement>> }
  | { readonly kind: 'set-status'; readonly status: number; readonly reason: string | null };

/** The request line. */
export type UriAction =
  | { readonly kind: 'set-method' | 'set-path' | 'set-pathq' | 'set-query' | 'set-uri'; readonly format: string }
  | { readonly kind: 'replace-path' | 'replace-pathq' | 'replace-uri'; readonly replacement: Replacement }
  /** A normalizer and its option, `path-strip-dotdot full`. */
  | { readonly kind: 'normalize-uri'; readonly normalizer: readonly string[] };

/** Variables by name, `txn.user`; behind a comma may stand when they are set, `txn.user,ifnotexists`. */
export type VariableAction =
  | { readonly kind: 'set-var'; readonly samples: Readonly<Record<string, string>> }
  | { readonly kind: 'set-var-fmt'; readonly formats: Readonly<Record<string, string>> }
  | { readonly kind: 'unset-var'; readonly names: readonly string[] }
  /** Into a slot for the log line: a new one of so many bytes, or one that there is. */
  | { readonly kind: 'capture'; readonly sample: string; readonly slot: 'len' | 'id'; readonly number: number };

/** Maps and lists that rules change; by their names. */
export type PatternAction =
  | { readonly kind: 'set-map'; readonly map: string; readonly key: string; readonly value: string }
  | { readonly kind: 'del-map'; readonly map: string; readonly key: string }
  | { readonly kind: 'add-acl' | 'del-acl'; readonly list: string; readonly key: string };

/** Counters in stick tables. `idx` is the index of a counter in its array, `scId` the sticky counter that tracks the entry. */
export type CounterAction =
  | { readonly kind: 'track-sc'; readonly index: number; readonly sample: string; readonly table: string }
  | { readonly kind: 'sc-inc-gpc'; readonly idx: number; readonly scId: number }
  /** `value`: a number, or a sample of one. */
  | { readonly kind: 'sc-add-gpc' | 'sc-set-gpt'; readonly idx: number; readonly scId: number; readonly value: string };

/** Verbs whose value is one sample. */
export type SampleVerb =
  | 'set-bc-tos'
  | 'set-dst'
  | 'set-dst-port'
  | 'set-fc-tos'
  | 'set-priority-class'
  | 'set-priority-offset'
  | 'set-src'
  | 'set-src-port';

/** How the traffic is treated: addresses, priorities, times, logs. */
export type TrafficAction =
  | { readonly kind: SampleVerb; readonly sample: string }
  /** One word: a log level, a nice value, `on` or `off`, a layer. */
  | { readonly kind: 'expect-proxy' | 'set-log-level' | 'set-nice' | 'strict-mode'; readonly word: string }
  /** `value`: a time, or a sample of milliseconds. */
  | { readonly kind: 'set-timeout'; readonly timeout: 'client' | 'server' | 'tunnel'; readonly value: string }
  /** Messages to an agent, by its name and that of their group. */
  | { readonly kind: 'send-spoe-group'; readonly engine: string; readonly group: string }
  | { readonly kind: 'wait-for-body'; readonly time: string; readonly atLeast: string | null }
  | {
      readonly kind: 'do-resolve';
      readonly variable: string;
      readonly resolvers: string;
      readonly family: 'ipv4' | 'ipv6' | null;
      readonly sample: string;
    }
  /** `limit` and `period`: a size and a time, or samples of bytes and milliseconds; null: those of the filter. */
  | { readonly kind: 'set-bandwidth-limit'; readonly filter: string; readonly limit: string | null; readonly period: string | null };

/** What answers in the place of a server: a cache by its name, or a part of HAProxy. */
export type ServiceAction =
  | { readonly kind: 'cache-store' | 'cache-use'; readonly cache: string }
  | { readonly kind: 'use-service'; readonly service: string }
  /** An action that a script has registered. */
  | { readonly kind: 'lua'; readonly action: string; readonly args: readonly string[] };

/** The lists of rules of a frontend or backend, by HAProxy's words (configuration manual, 4.3). */
export type Ruleset =
  | 'tcp-request connection'
  | 'tcp-request session'
  | 'tcp-request content'
  | 'http-request'
  | 'tcp-response content'
  | 'http-response'
  | 'http-after-response';

/** Rules by ruleset; a ruleset that is absent has none. */
export type Rules = Readonly<Partial<Record<Ruleset, readonly Rule[]>>>;

/** One rule of a ruleset, in the document's order and at its index there; no condition means always. */
export interface Rule {
  readonly action: Action;
  readonly condition: Condition | null;
}
