import type { Words } from './bind.ts';
import type { LuaScript } from './lua.ts';
import type { Options } from './option.ts';

/** What the document says of HAProxy as a whole (configuration manual, 3), beyond what the machine decides. */
export interface Global {
  /** Connections of all frontends together; null: as many as the machine carries. */
  readonly maxconn: number | null;
  /** Lines of the section: limits, `tune.…`, `ssl-default-…`; they take the place of weir's own. */
  readonly settings: Words;
  readonly lua: readonly LuaScript[];
  /** `ssl-default-bind-options` and `ssl-default-server-options`. */
  readonly bindOptions: Words;
  readonly serverOptions: Words;
}

/** What all frontends and backends have unless they say otherwise (configuration manual, 4). */
export interface Defaults {
  readonly timeouts: Readonly<Record<string, string>>;
  readonly options: Options;
  readonly settings: Words;
  /** `email-alert` and each of these words: `mailers`, `from`, `to`, `level`, `myhostname`. */
  readonly emailAlert: Words;
}
