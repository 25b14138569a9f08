import { readFilesBeside as readFiles } from '../agent/files-beside.ts';
import type { Config, Files } from '../config/config.ts';
import { FILE_NAME } from '../config/file-name.ts';
import type { LocatedProblem } from '../config/problem.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { folders, perFolder } from '../state/folder.ts';
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
 * maps and other files are those in the folders beside it. A file that cannot be read is refused here, with its reason.
 */
export async function readDocument(args: Arguments, io: Io): Promise<Document | { readonly refused: ExitCode }> {
  const option = args.options.config;
  const file = args.positional[0] ?? (typeof option === 'string' ? option : 'config.yaml');
  const text = await readSource(file, io);
  if ('reason' in text) return { refused: refuseWith(args, io, `cannot read ${file}: ${text.reason}`, text.hint) };
  const files = await readFilesBeside(file, io);
  if (files !== null && 'reason' in files) return { refused: refuseWith(args, io, files.reason, files.hint) };
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
    if (errno(error) === null) throw error;
    return { reason: causeOf(error, file), hint: hints[errno(error) ?? '']?.(file) ?? 'check its permissions, or name another file' };
  }
}

/** What to do about a document that cannot be read, by the errno. */
const hints: Readonly<Record<string, (file: string) => string>> = {
  EISDIR: (folder) => `name the document in it: ${folder.replace(/\/*$/, '/config.yaml')}`,
  NotAFile: () => 'name a file, or - and hand the document in on standard input',
  EFBIG: () => 'is this the right file?',
};

/** The files in the folders beside a document; null where there is none of these folders. */
async function readFilesBeside(file: string, io: Io): Promise<Files | null | { readonly reason: string; readonly hint: string }> {
  if (file === '-') return null;
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
  try {
    const lists = await Promise.all(folders.map((name) => io.host.list(`${folder}/${name}`)));
    return lists.every((names) => names === null) ? null : await readFiles(io.host, folder);
  } catch (error) {
    if (errno(error) === null) throw error;
    return { reason: `cannot read a file beside ${file}: ${causeOf(error)}`, hint: 'check its permissions, or take it away' };
  }
}

/** A document as the agent takes it: its text (null: the confirmed one), its name for problems, the sizes of the files beside it, and their bytes. */
export interface ForAgent {
  readonly request: {
    readonly config: string | null;
    readonly file?: string;
    readonly files?: Readonly<Record<keyof Files, Readonly<Record<string, number>>>>;
  };
  readonly bytes: readonly Uint8Array[];
}

/** What the command line hands to the agent, which checks it against the machine: the document that is named, or none. */
export async function readForAgent(args: Arguments, io: Io): Promise<ForAgent | { readonly refused: ExitCode }> {
  const file = args.positional[0];
  if (file === undefined) return { request: { config: null }, bytes: [] };
  const text = await readSource(file, io);
  if ('reason' in text) return { refused: refuseWith(args, io, `cannot read ${file}: ${text.reason}`, text.hint) };
  const files = await readFilesBeside(file, io);
  if (files !== null && 'reason' in files) return { refused: refuseWith(args, io, files.reason, files.hint) };
  const request = { config: text.source, file: shownName(file) };
  if (files === null) return { request, bytes: [] };
  // Only what a document can name travels: a copy that an editor left (shop.pem~) must not keep it out.
  const sizes = (kind: keyof Files) =>
    Object.fromEntries([...files[kind]].flatMap(([name, { length }]) => (FILE_NAME.test(name) ? [[name, length]] : [])));
  const sent = perFolder(sizes);
  // In the order of the line: that of an object's keys, which puts numbers first.
  const bytes = (Object.keys(sent) as (keyof Files)[]).flatMap((kind) =>
    Object.keys(sent[kind]).map((name) => files[kind].get(name) as Uint8Array),
  );
  return { request: { ...request, files: sent }, bytes };
}
