/**
 * The data plane as HAProxy's and keepalived's manuals name it: what the document says, resolved (names to addresses and files, shorthands to their
 * long form), before it becomes text. Plain readonly data; every list keeps the document's order.
 */

import type { Rules } from './model/action.ts';
import type { Backend } from './model/backend.ts';
import type { BandwidthLimit } from './model/bandwidth.ts';
import type { Bind, Certificate, Words } from './model/bind.ts';
import type { Cache } from './model/cache.ts';
import type { Compression } from './model/compression.ts';
import type { Condition } from './model/condition.ts';
import type { FcgiApp } from './model/fcgi-app.ts';
import type { Defaults, Global } from './model/global.ts';
import type { LogForward } from './model/log-forward.ts';
import type { Logging, Ring } from './model/logging.ts';
import type { Mailers } from './model/mailers.ts';
import type { Options } from './model/option.ts';
import type { Answers, HttpErrors, Monitor } from './model/own-answer.ts';
import type { Peers } from './model/peers.ts';
import type { SpoeAgent } from './model/spoe-agent.ts';
import type { Stats } from './model/stats.ts';

export type { Action, Rule, Rules, Ruleset } from './model/action.ts';
export type { Comparison, Condition, Test } from './model/condition.ts';

import type { Resolvers } from './model/resolvers.ts';

/** A span of time as HAProxy writes it: a number with `us`, `ms`, `s`, `m`, `h` or `d` (configuration manual, 2.5 "Time format"). */
export type Duration = string;

/** A named list of patterns for maps and ACL files. */
export interface PatternMap {
  readonly name: string;
  readonly match: 'str' | 'ip' | 'beg' | 'end' | 'sub' | 'dir' | 'dom' | 'reg' | 'int';
  /** Path on the appliance. */
  readonly file: string;
}

/** Users and their crypt(5) hashes (configuration manual, 3.4). */
export interface Userlist {
  readonly name: string;
  readonly users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[] }[];
}

/** A stick table (configuration manual, 4.2 "stick-table"). */
export interface StickTable {
  readonly name: string;
  readonly type: 'ip' | 'ipv6' | 'integer' | 'string' | 'binary';
  /** Key length for `string` and `binary`. */
  readonly length: number | null;
  readonly size: string;
  readonly expire: Duration | null;
  readonly store: readonly string[];
  /** How servers are known in it (configuration manual, 4.2 "stick-table", "srvkey"). */
  readonly srvkey: 'name' | 'addr';
  /** A full table takes no new keys. */
  readonly nopurge: boolean;
  /** The section of peers that are told of it; null: the next worker alone, and where there are such sections nobody. */
  readonly peers: string | null;
  /** It is declared in that section, whose name its own begins with: `site/clients`. */
  readonly isOfPeers: boolean;
  /** The table that gets a copy of what peers tell of this one. */
  readonly writeTo: string | null;
}

/** Timeouts of a section, by HAProxy's words (`client`, `server`, `connect`, `http-request`, `tunnel`, …); those absent come from defaults. */
export type Timeouts = Readonly<Record<string, Duration>>;

/** Where a request goes: a backend by its name, or that which a map has for a sample, else `other`; null: HAProxy looks at no later rule, and takes the default backend. */
export type Route = string | { readonly map: string; readonly sample: string; readonly other: string | null };

/** A frontend. */
export interface Frontend {
  readonly name: string;
  readonly mode: 'http' | 'tcp';
  readonly maxconn: number | null;
  /** Further limits and the probes of silent clients: `backlog`, `rate-limit sessions`, `clitcpka-idle`. */
  readonly settings: Words;
  readonly options: Options;
  readonly timeouts: Timeouts;
  readonly binds: readonly Bind[];
  /** Names of ACLs to declare here, so that `extra` lines can use them; those that the rules use are declared anyway. */
  readonly acls: readonly string[];
  readonly rules: Rules;
  /** How long the rules on content wait for the first bytes of a client. */
  readonly inspectDelay: Duration | null;
  readonly useBackend: readonly { readonly backend: Route; readonly condition: Condition | null }[];
  readonly defaultBackend: string | null;
  readonly logging: Logging;
  readonly monitor: Monitor | null;
  readonly stats: Stats | null;
  readonly answers: Answers;
  readonly compression: Compression | null;
  readonly bandwidth: readonly BandwidthLimit[];
  /** Names of agents that are asked, in this order. */
  readonly spoe: readonly string[];
  readonly extra: readonly string[];
}

export type { Backend, Balance, Cookie, StickRule, UseServer } from './model/backend.ts';
export type { Bind, BindTls, Certificate, TcpBind, UnixBind, Words } from './model/bind.ts';
export type { Check, CheckSettings, CheckStep, Word } from './model/check.ts';
export type { Defaults, Global } from './model/global.ts';
export type { Options } from './model/option.ts';
export type { Resolvers } from './model/resolvers.ts';
export type { Agent, Server, ServerOptions, ServerTls, Source } from './model/server.ts';

/** A named ACL of the document. */
export interface Acl {
  readonly name: string;
  readonly condition: Condition;
}

/** All of HAProxy that the document says. Lists are sorted as the document has them. */
export interface DataPlane {
  readonly acls: readonly Acl[];
  readonly maps: readonly PatternMap[];
  readonly lists: readonly PatternMap[];
  readonly userlists: readonly Userlist[];
  readonly stickTables: readonly StickTable[];
  readonly peers: readonly Peers[];
  readonly certificates: readonly Certificate[];
  readonly frontends: readonly Frontend[];
  readonly resolvers: readonly Resolvers[];
  readonly caches: readonly Cache[];
  readonly fcgiApps: readonly FcgiApp[];
  readonly mailers: readonly Mailers[];
  readonly spoeAgents: readonly SpoeAgent[];
  readonly httpErrors: readonly HttpErrors[];
  readonly logForwards: readonly LogForward[];
  readonly backends: readonly Backend[];
  /** Log sampling `1:10`, or null for all. */
  readonly logSample: string | null;
  readonly global: Global;
  readonly defaults: Defaults;
  readonly rings: readonly Ring[];
  readonly extraGlobal: readonly string[];
  readonly extraDefaults: readonly string[];
}

/** One VRRP instance as a node runs it. Intervals in seconds. */
export interface VrrpInstance {
  readonly name: string;
  readonly link: string;
  readonly virtualRouterId: number;
  readonly advertSeconds: number;
  readonly priority: number;
  readonly peerPriority: number;
  readonly sourceAddress: string;
  readonly peerAddress: string;
  /** With prefix length, `203.0.113.10/32`. */
  readonly vips: readonly string[];
}
