import type { ExitCode, Io } from './io.ts';

/** An option of a command. `flags` is commander's notation: `--config <file>`, `--json`. */
export interface Option {
  readonly flags: string;
  readonly description: string;
  readonly required?: boolean;
  /** It may be said several times. */
  readonly isList?: boolean;
}

/** What a command was called with: its arguments in order, and its options by their long name in camel case. */
export interface Arguments {
  readonly positional: readonly string[];
  readonly options: Readonly<Record<string, string | true | undefined>>;
  /** Options that may be said several times, by the same names: what was said, in order. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

/** A command of weir: one file each, a pure description and what it does. */
export interface Command {
  readonly name: string;
  /** commander's notation: `[file]` optional, `<file>` required. */
  readonly argument?: {
    readonly name: string;
    readonly description: string;
    /** What it can be, where that is known: bash offers these. */
    readonly words?: readonly string[];
  };
  readonly summary: string;
  readonly options: readonly Option[];
  /** A line or more a person could type, shown by `--help`. */
  readonly example: string;
  readonly run: (args: Arguments, io: Io) => Promise<ExitCode>;
}

/** The option every command with an answer for scripts has. */
export const jsonOption: Option = { flags: '--json', description: 'print one JSON object for scripts' };

/** The document of an offline command. */
export const configOption: Option = { flags: '--config <file>', description: 'the document (default: config.yaml)' };
