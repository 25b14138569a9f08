import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import type { Held } from '../state/host-state.ts';
import { linkMode } from './files.ts';
import { errno } from './host.ts';
import { ownerName } from './owner.ts';

/** See {@link Host.read}. A folder at the path is an error: nothing that weir owns is a folder. */
export function read(path: string): Promise<Held | null> {
  return readWith(path, () => readFile(path, 'utf8'));
}

/** See {@link Host.digest}. */
export function digest(path: string): Promise<Held | null> {
  return readWith(path, async () => {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return { sha256: hash.digest('hex'), size };
  });
}

async function readWith(path: string, contentOf: () => Promise<Held['content']>): Promise<Held | null> {
  try {
    const found = await lstat(path);
    if (found.isDirectory())
      throw Object.assign(new Error(`${path} is a folder, and a file was expected: remove or rename it`), { code: 'EISDIR' });
    const owner = await ownerName(found.uid, found.gid);
    if (found.isSymbolicLink()) return { content: await readlink(path), mode: linkMode, owner };
    if (!found.isFile()) return { content: '', mode: found.mode, owner };
    return { content: await contentOf(), mode: found.mode & 0o7777, owner };
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** See {@link Host.readBytes}. */
export async function readBytes(path: string, limit: number): Promise<Uint8Array | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw refusal(path, 'EISDIR', 'it is a folder, not a file');
    // Opening a pipe waits for its writer, and a device may have no end.
    if (!found.isFile()) throw refusal(path, 'NotAFile', 'it is not a file but a pipe, a socket or a device');
    const bytes = await readUpTo(path, limit, found.size);
    if (bytes === null) throw refusal(path, 'EFBIG', `it has more than the ${Math.floor(limit / 2 ** 20)} MB that are read`);
    return bytes;
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** The bytes of a file, or null when they are more than the limit. Its size is a hint, not a promise: files of the kernel have none, and others grow. */
async function readUpTo(path: string, limit: number, size: number): Promise<Uint8Array | null> {
  const file = await open(path, 'r');
  try {
    let bytes = Buffer.allocUnsafe(Math.min(size, limit) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      length += bytesRead;
      if (length > limit) return null;
      if (bytesRead === 0 || length === size) return bytes.subarray(0, length);
      if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length + 4096);
    }
  } finally {
    await file.close();
  }
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

function refusal(path: string, code: string, message: string): Error {
  return Object.assign(new Error(message), { code, path });
}
