import type { Config, Files } from '../config/config.ts';
import type { LocatedProblem } from '../config/problem.ts';
import { refuseWith } from './answer.ts';
import type { Arguments } from './command.ts';
import type { ExitCode, Io } from './io.ts';

/** A document as a command got it: where from, its text, the files beside it (null when it came from standard input), and what checking it gave. */
export interface Document {
  readonly file: string;
  readonly source: string;
  readonly files: Files | null;
  readonly config: Config | null;
  readonly problems: readonly LocatedProblem[];
}

/**
 * Reads and checks the document that the command line names: its argument, else `--config`, else `config.yaml`; `-` is standard input. Certificates,
 * maps and secrets are those in the folders of these names beside it. A file that cannot be read is refused here, with its reason.
 */
export async function readDocument(args: Arguments, io: Io): Promise<Document | { readonly refused: ExitCode }> {
  const option = args.options.config;
  const file = args.positional[0] ?? (typeof option === 'string' ? option : 'config.yaml');
  const text = await readSource(file, io);
  if ('reason' in text) return { refused: refuseWith(args, io, `cannot read ${file}: ${text.reason}`, text.hint) };
  const files = file === '-' ? null : await readFilesBeside(file, io);
  const { load } = await import('../config/load.ts');
  return { file, source: text.source, files, ...load(text.source, { file: shownName(file), files, now: new Date(io.host.now()) }) };
}

/** The name of a document as its problems show it. */
export function shownName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Bytes above which a document is not even read: four times what the loader accepts. */
const readLimit = 64 * 1024 * 1024;

async function readSource(file: string, io: Io): Promise<{ readonly source: string } | { readonly reason: string; readonly hint: string }> {
  if (file === '-') return { source: await io.stdin() };
  try {
    const bytes = await io.host.readBytes(file, readLimit);
    if (bytes === null) return { reason: 'there is no such file', hint: 'name the document: weir validate FILE, or --config FILE' };
    return { source: new TextDecoder().decode(bytes) };
  } catch (error) {
    return { reason: (error as Error).message, hint: 'check its permissions, or name another file' };
  }
}

/** The files in the folders `certificates`, `maps` and `secrets` beside a document; null where there is none of these folders. */
export async function readFilesBeside(file: string, io: Io): Promise<Files | null> {
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  const read = async (name: string): Promise<ReadonlyMap<string, Uint8Array> | null> => {
    const entries = await io.host.list(`${folder}${name}`);
    if (entries === null) return null;
    const contents = await Promise.all(
      entries.map(async (entry) => [entry, await io.host.readBytes(`${folder}${name}/${entry}`, readLimit)] as const),
    );
    return new Map(contents.filter((content): content is readonly [string, Uint8Array] => content[1] !== null));
  };
  const [certificates, maps, secrets] = [await read('certificates'), await read('maps'), await read('secrets')];
  if (certificates === null && maps === null && secrets === null) return null;
  return { certificates: certificates ?? new Map(), maps: maps ?? new Map(), secrets: secrets ?? new Map() };
}

/** A document as the agent takes it: its text, its name for problems, and the files beside it; all null for the confirmed one. */
export interface ForAgent {
  readonly config: string | null;
  readonly file?: string;
}

/** What the command line hands to the agent, which checks it against the machine: the document that is named, or none. */
export async function readForAgent(args: Arguments, io: Io): Promise<ForAgent | { readonly refused: ExitCode }> {
  const file = args.positional[0];
  if (file === undefined) return { config: null };
  const text = await readSource(file, io);
  if ('reason' in text) return { refused: refuseWith(args, io, `cannot read ${file}: ${text.reason}`, text.hint) };
  return { config: text.source, file: shownName(file) };
}
