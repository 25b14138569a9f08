import type { Host } from '../host/host.ts';

/** What a command may touch: its own streams, and the host through its one door. */
export interface Io {
  /** Data for people or programs. */
  readonly stdout: (text: string) => void;
  /** Progress, warnings and errors. */
  readonly stderr: (text: string) => void;
  /** All of standard input, at most 64 MB. */
  readonly stdin: () => Promise<string>;
  /** A line of standard input that must not be shown: a person is asked for it without an echo. */
  readonly secret: (prompt: string) => Promise<string>;
  /** Whether a person reads standard error, so that progress may overwrite itself. */
  readonly isTerminal: boolean;
  readonly host: Host;
  /** Who runs the command, for the history: the login name, or the one that sudo kept. */
  readonly user: string;
  /** SSH_CONNECTION, or null at the machine itself: a change is confirmed over another one than it came by. */
  readonly connection: string | null;
  /** From the call on, a request to end the process aborts this signal instead. */
  readonly ending: () => AbortSignal;
  /** Version of weir, `0.1.0`. */
  readonly version: string;
}

/** 0 done · 1 failed, or not confirmed in time and rolled back · 2 refused and nothing changed · 3 rollback failed, act now. */
export const exitCode = { done: 0, failed: 1, refused: 2, rollbackFailed: 3 } as const;

/** One of {@link exitCode}. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
