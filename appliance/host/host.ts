import type { Held, Path } from '../state/host-state.ts';

/** What a program answered. It never throws: a program that is missing or was stopped has `exitCode` null and says why in `stderr`. */
export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** How a program is run: what it reads (secrets go this way, never as arguments), and how long it may take (default 30 s). */
export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** What is wanted of a program while it reads files. */
export interface FeedOptions {
  /** Takes the program's standard output as it comes; it is then not kept. */
  readonly onOutput?: (text: string) => void;
  /** Called a few times a second with how many bytes of the files, as they lie on the disk, were read, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a program answered that read files, as in {@link RunResult}; its standard error is the last 64 kB of it. */
export interface FeedResult extends Omit<RunResult, 'timedOut'> {
  /** Which file was not read to its end, and why: it cannot be, or the program wanted no more. Null when all were. */
  readonly unread: string | null;
  /** How many bytes of the files were read, as they lie on the disk. */
  readonly bytes: number;
  /** Whether some file was compressed, so that the program has read more than `bytes`. */
  readonly isPacked: boolean;
  readonly ms: number;
}

/** What a UNIX socket answered to one command, or why it did not. */
export type Answer =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'silence'; readonly reason: 'absent' | 'refused' | 'timeout' | 'too long' };

/** A program that runs while something is done. */
export interface Started {
  /** What it has said on its standard output so far. */
  readonly said: () => string;
  /** How it ended; null while it runs. */
  readonly ended: () => RunResult | null;
}

/** What a client says at a UNIX socket, and when it has heard enough. Texts have a character a byte (latin1). */
export interface Talk {
  /** What is said first, as it is. */
  readonly preamble: string;
  /** TLS behind it; null: none. */
  readonly tls: { readonly servername: string | null; readonly alpn: readonly string[] } | null;
  /** Null: nothing, and our side is closed. */
  readonly text: string | null;
  readonly isWhole: (heard: string) => boolean;
  readonly timeoutMs: number;
}

/** What a client heard, the names in the certificate that it was shown, and what kept it from hearing all; or nobody was there. */
export type Spoken =
  | { readonly kind: 'spoken'; readonly text: string; readonly certificate: string | null; readonly trouble: string | null }
  | { readonly kind: 'silence' };

/** A lock that is held until it is released or the process ends; or who has it. */
export type Lock = { readonly kind: 'held'; readonly release: () => Promise<void> } | { readonly kind: 'busy'; readonly holder: string };

/** Who may talk to a socket: `mode` as in chmod(2), `group` by name (its user is always root). */
export interface SocketAccess {
  readonly mode: number;
  readonly group: string;
}

/**
 * The only door to the operating system. `linux.ts` is the real one, `fake.ts` one in memory that prints itself. Failures of what reads and
 * writes files are exceptions with the errno in `code`; `run`, `ask` and `lock` answer with what happened.
 */
export interface Host {
  /** What a path holds, or null when nothing is there. A symbolic link is not followed: its content is its target. */
  readonly read: (path: Path) => Promise<Held | null>;
  /** What keys of kernel values hold (see tuning/knob-path.ts), by key, null where there is none: as `read`, but the kernel is asked once for all of them. */
  readonly readKeys: (keys: readonly Path[]) => Promise<ReadonlyMap<Path, string | null>>;
  /** The keys of everything that can be set of the NIC at a bus address, as it is now; none where no NIC is there. */
  readonly keysOf: (bus: string) => Promise<readonly Path[]>;
  /**
   * Makes a path hold this, or nothing (null), in one step: whoever reads sees the old or the new. Folders on the way are made. Below `/proc` and `/sys`
   * the value is written into what is there; below `/data` it is on the disk when this returns.
   */
  readonly write: (path: Path, held: Held | null) => Promise<void>;
  /**
   * The bytes of a file, symbolic links followed; null when there is none. More than `limit` bytes are an error with code `EFBIG`, a pipe or a device is
   * one with code `NotAFile`.
   */
  readonly readBytes: (path: Path, limit: number) => Promise<Uint8Array | null>;
  /** As `read`, but a file's content is its SHA-256 and its size, whatever it holds: it is never in memory as a whole. */
  readonly digest: (path: Path) => Promise<Held | null>;
  /** Writes a path as it would stand on the appliance below a folder of anybody's, as the user we are: for `weir render`. */
  readonly writeBelow: (folder: string, path: Path, held: Held) => Promise<void>;
  /** The names in a folder, sorted; null when there is no such folder. */
  readonly list: (folder: Path) => Promise<readonly string[] | null>;
  /**
   * Writes a whole new folder (files by path relative to it) so that it is complete, and on the disk, or not there at all. `links`: what of it is a further
   * name (hard link) of a file of the same file system.
   */
  readonly putFolder: (folder: Path, files: ReadonlyMap<string, Held>, links?: ReadonlyMap<string, Path>) => Promise<void>;
  /** Gives a file or folder a new name in the same file system, on the disk when this returns. */
  readonly move: (from: Path, to: Path) => Promise<void>;
  /** Removes a file or a folder with all that is in it; nothing there is fine. */
  readonly remove: (path: Path) => Promise<void>;
  /** Calls back when something changes in these folders, at most twice a second; the answer stops it. */
  readonly watch: (folders: readonly Path[], changed: () => void) => () => void;
  /** Runs a program: never through a shell, LC_ALL=C, standard error and output kept (64 MB at most). */
  readonly run: (program: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /**
   * Runs a program that reads these files, one after the other, from its standard input; compressed ones (gzip, xz, zstd, bzip2) are unpacked by the
   * system's own programs on the way. Without a limit of time or size, at the lowest priority: nothing of the files passes through our memory.
   */
  readonly feed: (files: readonly Path[], program: string, args: readonly string[], options?: FeedOptions) => Promise<FeedResult>;
  /**
   * Runs a program for as long as something is done, with a standard input that stays open until then, also should we be killed: the program ends with it.
   * What does not within 5 s is killed by its process id. The signal ends its input before.
   */
  readonly during: <Result>(
    program: string,
    args: readonly string[],
    use: (started: Started) => Promise<Result>,
    signal?: AbortSignal,
  ) => Promise<Result>;
  /**
   * Starts a program that tells what happens, a line each, until the answer stops it; `onEnd` is told why when it ends by itself, or never began.
   */
  readonly follow: (program: string, args: readonly string[], onLine: (line: string) => void, onEnd: (why: string) => void) => () => void;
  /** Talks at a UNIX socket as a client does; certificates are not verified. */
  readonly converse: (socket: Path, talk: Talk) => Promise<Spoken>;
  /** Makes a folder that only we can enter, below `parent` (null: where this machine has temporary files), and takes it away when all is done or fails. */
  readonly withFolder: <Result>(parent: Path | null, use: (folder: Path) => Promise<Result>) => Promise<Result>;
  /** Sends one command line to a UNIX socket and reads its answer until it closes (default time: 5 s). */
  readonly ask: (socket: Path, command: string, timeoutMs?: number) => Promise<Answer>;
  /** Takes the lock at `path`; waits at most `waitMs` for it. `holder` says who we are, for those who find it taken. */
  readonly lock: (path: Path, holder: string, waitMs: number) => Promise<Lock>;
  /** Serves HTTP on a UNIX socket, whose mode and group are set before anybody else than root can connect; the answer stops it. */
  readonly listen: (socket: Path, access: SocketAccess, handler: Handler) => Promise<() => Promise<void>>;
  /** The time of day, milliseconds since 1970. */
  readonly now: () => number;
  /** Waits, by the monotonic clock. Ends early, without failing, when the signal says so. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Gives memory that was needed for a moment back to the system: for after heavy work, in a process that then only waits. */
  readonly tidy: () => void;
  /** Twelve random letters and digits. */
  readonly id: () => string;
}

/** Answers one HTTP request. The body is read by the handler, because only it knows how much it wants. */
export type Handler = (request: Request, response: Response) => Promise<void>;

/** A request as it came in, nothing of it checked. */
export interface Request {
  readonly method: string;
  readonly path: string;
  /** The body; an error `TooLarge` when it is longer than `limit` bytes. */
  readonly body: (limit: number) => Promise<Uint8Array>;
}

/** What goes back: a status once, then text in as many pieces as wanted, then the end. Writing to a client that has left is not an error. */
export interface Response {
  readonly start: (status: number, type: string) => void;
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** The errno of a failed system call (`ENOSPC`), or null for any other error. */
export function errno(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
