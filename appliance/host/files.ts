import { chmod, lchown, link, mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Held } from '../state/host-state.ts';
import { errno } from './host.ts';
import { groupId, userId } from './owner.ts';

/** Of a symbolic link (stat(2)). */
export const linkMode = 0o120777;

/** What a file is made with, so that nobody reads it before it has its own mode. */
const ownerOnly = 0o600;

/** Folders of the machine are for all to enter whatever our umask is: networkd and others read their files as users of their own. */
const folderMode = 0o755;

/** See {@link Host.write}. */
export async function write(path: string, held: Held | null): Promise<void> {
  if (isKernelFile(path)) return writeValue(path, held);
  if (held === null) await rm(path, { force: true });
  else await replace(path, held);
  if (isKept(path)) await syncFolder(dirname(path)).catch(ignoreAbsent);
}

/** See {@link Host.writeBelow}. */
export async function writeBelow(folder: string, path: string, held: Held): Promise<void> {
  const target = join(folder, path);
  try {
    await lay(target, path, held);
  } catch (error) {
    // most often neither: it is asked only once it fails, a document can have 10,000 certificates
    if (errno(error) === 'EEXIST') await rm(target, { force: true });
    else if (errno(error) === 'ENOENT') await makeFolder(dirname(target));
    else throw error;
    await lay(target, path, held);
  }
}

/** Writes a file or link that is not there, into a folder that is. */
async function lay(target: string, path: string, held: Held): Promise<void> {
  if (held.mode === linkMode) return symlink(textOf(held), target);
  await writeFile(target, dataOf(held, path), { mode: ownerOnly, flag: 'wx' });
  // By number: open(2) masks the mode.
  if (held.mode !== ownerOnly) await chmod(target, held.mode);
}

/** See {@link Host.putFolder}. */
export async function putFolder(folder: string, contents: ReadonlyMap<string, Held>, links: ReadonlyMap<string, string>): Promise<void> {
  const parent = dirname(folder);
  await makeFolder(parent, folderMode);
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  try {
    for (const [name, held] of contents) await create(join(temporary, name), held);
    for (const [name, path] of links) {
      await makeFolder(dirname(join(temporary, name)), folderMode);
      await link(path, join(temporary, name));
    }
    const names = [...contents.keys(), ...links.keys()];
    for (const made of new Set(names.flatMap((name) => ancestors(temporary, name)))) await syncFolder(made);
    await rename(temporary, folder);
    await syncFolder(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** See {@link Host.move}. */
export async function move(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to), folderMode);
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** See {@link Host.remove}. */
export async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (isKept(path)) await syncFolder(dirname(path)).catch(ignoreAbsent);
}

/** See {@link Host.withFolder}. */
export async function withFolder<Result>(parent: string | null, use: (folder: string) => Promise<Result>): Promise<Result> {
  if (parent !== null) await makeFolder(parent, 0o700);
  // sockets stand in it, and a path to one has 107 characters at most (unix(7))
  const temporary = tmpdir().length > 40 ? '/tmp' : tmpdir();
  const folder = await mkdtemp(parent === null ? join(temporary, 'weir-') : `${parent}/`);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function replace(path: string, held: Held): Promise<void> {
  await makeFolder(dirname(path), folderMode);
  // One name a path, not a random one: what a kill leaves behind is overwritten by the next write, and no reader takes a name with this ending.
  const temporary = join(dirname(path), `.${path.slice(path.lastIndexOf('/') + 1)}.weir`);
  await rm(temporary, { force: true });
  try {
    await create(temporary, held);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Creates a file or link that is not there yet; a file is on the disk before it gets its name. */
async function create(path: string, held: Held): Promise<void> {
  await makeFolder(dirname(path), folderMode);
  const [user = 'root', group = 'root'] = held.owner.split(':');
  const [uid, gid] = [await userId(user), await groupId(group)];
  if (held.mode === linkMode) {
    await symlink(textOf(held), path);
    return lchown(path, uid, gid);
  }
  const file = await open(path, 'wx', ownerOnly);
  try {
    await file.writeFile(dataOf(held, path));
    await file.chown(uid, gid);
    // After chown, which clears set-id bits; and by number, since open(2) masks the mode.
    await chmod(path, held.mode);
    await file.sync();
  } catch (error) {
    // What fails on an open file does not say which.
    throw Object.assign(error as Error, { path });
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder and those above it that are not there, all with `mode`, else as our umask says. Not by mkdir's own `recursive`, which never ends below
 * /proc, where nobody can make any.
 */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  const make = async () => {
    try {
      await mkdir(folder);
    } catch (error) {
      if (errno(error) === 'EEXIST') return;
      throw error;
    }
    // By number: mkdir(2) masks the mode.
    if (mode !== undefined) await chmod(folder, mode);
  };
  try {
    await make();
  } catch (error) {
    if (errno(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder), mode);
    await make();
  }
}

async function writeValue(path: string, held: Held | null): Promise<void> {
  if (held === null) throw new Error(`${path} is a kernel value: it can be set, not removed`);
  const file = await open(path, 'w');
  try {
    // The kernel parses one write(2): the value goes in whole.
    await file.write(`${textOf(held)}\n`);
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ancestors(top: string, name: string): string[] {
  const folders = [top];
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) folders.push(join(top, name.slice(0, at)));
  return folders;
}

/** What is written: text, or bytes that are at hand. */
function dataOf({ content }: Held, path: string): string | Uint8Array {
  if (typeof content === 'string') return content;
  if (content.reveal === undefined) throw new Error(`the bytes for ${path} are not at hand`);
  return content.reveal();
}

function textOf(held: Held): string {
  return `${dataOf(held, 'a link or a kernel value')}`;
}

function isKernelFile(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/');
}

function isKept(path: string): boolean {
  return !path.startsWith('/run/') && !path.startsWith('/etc/');
}

function ignoreAbsent(error: unknown): void {
  if (errno(error) !== 'ENOENT') throw error;
}
