import type { LogTarget } from './logging.ts';

/** A FastCGI application (configuration manual, 10.1.1). */
export interface FcgiApp {
  readonly name: string;
  readonly docroot: string;
  readonly index: string | null;
  readonly pathInfo: string | null;
  /** Where its standard error goes; `global`: to the machine's log; null: nowhere. */
  readonly logStderr: LogTarget | 'global' | null;
  readonly passHeaders: readonly string[];
  /** Log-format strings by parameter. */
  readonly params: Readonly<Record<string, string>>;
  /** `option X` and `no option X`; a number stands behind its word. */
  readonly options: Readonly<Record<string, boolean | number>>;
}
