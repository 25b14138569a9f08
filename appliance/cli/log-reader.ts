import { headerWordsOf } from '../../proxy/haproxy/log-line.ts';
import { parseSummary, printable } from '../../proxy/haproxy/logs.ts';
import { causeOf } from '../host/cause.ts';
import { errno, type FeedOptions, type FeedResult } from '../host/host.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';

/** The folder of the appliance's local log, and what its files are called: image/rootfs/etc/rsyslog.conf, usr/lib/weir/rotate-log. */
const folder = '/data/log';
const ours = /^haproxy\.log(?:\.(\d{1,4}))?(?:\.(?:gz|xz|zst|bz2))?$/;

/** Most of a file's beginning that is looked at for its format: messages about servers may come before the first request. */
const peekBytes = 1_000_000;

/** What reading a log needs of {@link Io}. */
type Reader = Pick<Io, 'host' | 'isTerminal' | 'stderr'>;

/** Why a log was not read, and what to do. */
export interface LogRefusal {
  readonly code: ExitCode;
  readonly message: string;
  readonly hint: string;
}

/** One run of halog over the whole log. `take` has its output as it comes. */
export interface Pass {
  readonly args: readonly string[];
  readonly take?: (text: string) => void;
}

/** What halog printed in each pass, and how fast it was. */
export interface PassesRead {
  readonly outputs: readonly string[];
  readonly passes: number;
  /** Of the files as they lie on the disk, all passes together, as are `lines` and `ms`. */
  readonly bytes: number;
  readonly lines: number;
  readonly ms: number;
  readonly isPacked: boolean;
  /** Lines of the log, and how many of them have no date of a request or connection. */
  readonly linesOnce: number;
  readonly unknownOnce: number;
}

/** The files to read, oldest first: the named one, else the appliance's own. */
export async function logFiles(io: Reader, named: string | null): Promise<readonly string[] | LogRefusal> {
  if (named !== null) return [named];
  try {
    const all = await io.host.list(folder);
    if (all === null) return refused(`there is no ${folder} here: is this an appliance?`, 'elsewhere, name a file: --file haproxy.log');
    const names = all.filter((name) => ours.test(name));
    const age = (name: string) => Number(ours.exec(name)?.[1] ?? 0);
    return names.toSorted((a, b) => age(b) - age(a)).map((name) => `${folder}/${name}`);
  } catch (error) {
    return unreadable(error, folder);
  }
}

/** How many words the syslog header of a log's lines has: by the newest file that tells. Null where the log is empty. */
export async function findHeaderWords(io: Reader, files: readonly string[]): Promise<number | null | LogRefusal> {
  let first: string | null = null;
  for (const file of files.toReversed()) {
    const head = await fed(io, [file], 'head', ['-c', `${peekBytes}`]);
    if ('message' in head) return head;
    if (head.stdout === '' && head.unread !== null) return refused(`cannot read ${head.unread}`, 'name another file with --file');
    const lines = head.stdout.split('\n').filter((line) => line !== '');
    const found = headerWordsOf(lines);
    if (found !== null) return found;
    first ??= lines[0] ?? null;
  }
  if (first === null) return null;
  return refused(
    `${files.at(-1)} has no line of HAProxy's httplog or tcplog format; its first is: ${printable(first.slice(0, 160))}`,
    'halog reads these two alone: a frontend with a log-format of its own is not counted',
  );
}

/** Runs halog over the files, once for each pass. It may take half of the memory that is free. */
export async function readPasses(io: Reader, files: readonly string[], passes: readonly Pass[]): Promise<PassesRead | LogRefusal> {
  const found = await io.host.run('halog', ['-h']);
  if (found.exitCode === null)
    return refused("HAProxy's halog is not installed here", "on Debian it is in HAProxy's own package: apt-get install haproxy");
  const free = await freeBytes(io);
  // halog takes times for those of its own zone, and the span counts as if they were UTC
  const before = ['TZ=UTC', 'prlimit', `--as=${free}`, '--core=0', 'halog'];
  const results: FeedResult[] = [];
  const progress = progressOf(io);
  try {
    for (const { args, take } of passes) {
      const onProgress = (done: number, total: number) =>
        progress.say(`reading, pass ${results.length + 1} of ${passes.length}: ${megabytes(done)} of ${megabytes(total)} MB`);
      const result = await fed(io, files, 'env', [...before, ...args], { onProgress, ...(take ? { onOutput: take } : {}) });
      if ('message' in result) return result;
      const problem = problemOf(result, args, free, files);
      if (problem) return problem;
      results.push(result);
    }
  } finally {
    progress.clear();
  }
  const summaries = results.flatMap(({ stderr }) => parseSummary(stderr) ?? []);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const [linesOnce, unknownOnce] = [summaries[0]?.lines ?? 0, summaries[0]?.unknown ?? 0];
  return {
    outputs: results.map(({ stdout }) => stdout),
    passes: results.length,
    bytes: sum(results.map(({ bytes }) => bytes)),
    lines: linesOnce * results.length,
    ms: sum(results.map(({ ms }) => ms)),
    isPacked: results.some(({ isPacked }) => isPacked),
    linesOnce,
    unknownOnce,
  };
}

function problemOf(
  { exitCode: code, stderr, unread }: FeedResult,
  args: readonly string[],
  free: number,
  files: readonly string[],
): LogRefusal | null {
  const failed = (message: string, hint: string): LogRefusal => ({ code: exitCode.failed, message, hint });
  if (code === null || /not enough memory/.test(stderr))
    return failed(
      `halog did not come to its end: ${printable(stderr.trim().slice(-160))}`,
      `it may take ${megabytes(free)} MB, half of what is free, and needs half of the log's size for URLs and clients: ask about less, as by --since 1h${files.length > 1 ? ` or --file ${files.at(-1)}` : ''}`,
    );
  if (code !== 0)
    return failed(
      `halog failed: ${printable(stderr.trim().slice(-160))}`,
      'its version may not know what was asked: weir needs that of HAProxy 3.0',
    );
  if (unread !== null)
    return failed(
      `the log was not read to its end: ${printable(unread)}`,
      'a file cannot be unpacked, or has a line of more than 256 kB, at which halog stops',
    );
  if (parseSummary(stderr) === null && !args.includes('-q'))
    return failed('halog did not say how much it has read', 'run it by hand: halog -H -tc < FILE');
  return null;
}

/** A line for a person at a terminal that overwrites itself, for what takes longer than a second. */
function progressOf({ isTerminal, host, stderr }: Reader) {
  const began = host.now();
  let isShown = false;
  return {
    say: (text: string) => {
      if (!isTerminal || host.now() - began < 1000) return;
      isShown = true;
      stderr(`\r${text}\x1b[K`);
    },
    clear: () => {
      if (isShown) stderr('\r\x1b[K');
    },
  };
}

async function fed(
  io: Reader,
  files: readonly string[],
  program: string,
  args: readonly string[],
  options: FeedOptions = {},
): Promise<FeedResult | LogRefusal> {
  try {
    return await io.host.feed(files, program, args, options);
  } catch (error) {
    return unreadable(error, files[0] ?? '');
  }
}

function unreadable(error: unknown, path: string): LogRefusal {
  if (errno(error) === null) throw error;
  const hint = errno(error) === 'EACCES' ? 'the log is for root and the group adm: be admin, or use sudo' : 'name another file with --file';
  return refused(`cannot read ${path}: ${causeOf(error, path)}`, hint);
}

function refused(message: string, hint: string): LogRefusal {
  return { code: exitCode.refused, message, hint };
}

/** Half of the memory that is free (proc_meminfo(5), MemAvailable), in bytes; where that is not known, 512 MB. */
async function freeBytes(io: Reader): Promise<number> {
  const bytes = await io.host.readBytes('/proc/meminfo', 65_536).catch(() => null);
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(new TextDecoder().decode(bytes ?? new Uint8Array())) ?? [];
  return kilobytes === undefined ? 512 * 2 ** 20 : Math.floor(Number(kilobytes) / 2) * 1024;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
