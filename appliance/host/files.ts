import { createReadStream } from 'node:fs';
import { chmod, lchown, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Held } from '../state/host-state.ts';
import { errno } from './host.ts';
import { groupId, ownerName, userId } from './owner.ts';

const linkMode = 0o120777;

/** Folders of the machine are for all to enter whatever our umask is: networkd and others read their files as users of their own. */
const folderMode = 0o755;

/** See {@link Host.read}. A folder at the path is an error: nothing that weir owns is a folder. */
export async function read(path: string): Promise<Held | null> {
  try {
    const found = await lstat(path);
    if (found.isDirectory())
      throw Object.assign(new Error(`${path} is a folder, and a file was expected: remove or rename it`), { code: 'EISDIR' });
    const owner = await ownerName(found.uid, found.gid);
    if (found.isSymbolicLink()) return { content: await readlink(path), mode: linkMode, owner };
    if (!found.isFile()) return { content: '', mode: found.mode, owner };
    return { content: await readFile(path, 'utf8'), mode: found.mode & 0o7777, owner };
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** See {@link Host.write}. */
export async function write(path: string, held: Held | null): Promise<void> {
  if (isKernelFile(path)) return writeValue(path, held);
  if (held === null) await rm(path, { force: true });
  else await replace(path, held);
  if (isKept(path)) await syncFolder(dirname(path)).catch(ignoreAbsent);
}

/** See {@link Host.readBytes}. */
export async function readBytes(path: string, limit: number): Promise<Uint8Array | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw refusal(path, 'EISDIR', 'it is a folder, not a file');
    // Opening a pipe waits for its writer, and a device may have no end.
    if (!found.isFile()) throw refusal(path, 'NotAFile', 'it is not a file but a pipe, a socket or a device');
    const chunks: Buffer[] = [];
    // Not by its size, which files of the kernel do not have. `end` is inclusive: one byte more than the limit tells.
    for await (const chunk of createReadStream(path, { end: limit })) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > limit) throw refusal(path, 'EFBIG', `it has more than the ${Math.floor(limit / 2 ** 20)} MB that are read`);
    return bytes;
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** See {@link Host.writeBelow}. */
export async function writeBelow(folder: string, path: string, held: Held): Promise<void> {
  const target = join(folder, path);
  await makeFolder(dirname(target));
  await rm(target, { force: true });
  if (held.mode === linkMode) return symlink(textOf(held), target);
  await writeFile(target, textOf(held), { mode: 0o600 });
  // By number: open(2) masks the mode.
  await chmod(target, held.mode);
}

/** See {@link Host.list}. */
export async function list(folder: string): Promise<readonly string[] | null> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** See {@link Host.putFolder}. */
export async function putFolder(folder: string, contents: ReadonlyMap<string, Held>): Promise<void> {
  const parent = dirname(folder);
  await makeFolder(parent, folderMode);
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  try {
    for (const [name, held] of contents) await create(join(temporary, name), held);
    for (const made of new Set([...contents.keys()].flatMap((name) => ancestors(temporary, name)))) await syncFolder(made);
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
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(textOf(held), 'utf8');
    await file.chown(uid, gid);
    // After chown, which clears set-id bits; and by number, since open(2) masks the mode.
    await chmod(path, held.mode);
    await file.sync();
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
    await mkdir(folder);
    // By number: mkdir(2) masks the mode.
    if (mode !== undefined) await chmod(folder, mode);
  };
  try {
    await make();
  } catch (error) {
    if (errno(error) === 'EEXIST') return;
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

function textOf({ content }: Held): string {
  return typeof content === 'string' ? content : content.reveal();
}

function isKernelFile(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/');
}

function isKept(path: string): boolean {
  return !path.startsWith('/run/') && !path.startsWith('/etc/');
}

function refusal(path: string, code: string, message: string): Error {
  return Object.assign(new Error(message), { code, path });
}

function ignoreAbsent(error: unknown): void {
  if (errno(error) !== 'ENOENT') throw error;
}
