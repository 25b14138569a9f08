import { largestFiles } from '../apply/blobs.ts';
import type { Files } from '../config/config.ts';
import { errno, type Host } from '../host/host.ts';
import { folders, perFolder } from '../state/folder.ts';

/** Files that are read at once: of thousands of certificates, each waits for the disk. */
const atOnce = 16;

/**
 * The files in the folders beside a document (`certificates`, `maps` …); folders in them are not looked into. Those that are given stand in the place
 * of those that are there. More than 64 MB in all are an error with code `EFBIG`.
 */
export async function readFilesBeside(host: Host, folder: string, given?: Files): Promise<Files> {
  const files = perFolder((each) => new Map(given?.[each]));
  let left = largestFiles - folders.flatMap((kind) => [...files[kind].values()]).reduce((sum, { length }) => sum + length, 0);
  for (const kind of folders) {
    const names = ((await host.list(`${folder}/${kind}`)) ?? []).filter((name) => !name.startsWith('.') && !files[kind].has(name));
    for (let first = 0; first < names.length; first += atOnce) {
      const group = names.slice(first, first + atOnce);
      const limit = left;
      const read = async (name: string) => {
        const path = `${folder}/${kind}/${name}`;
        const bytes = await host.readBytes(path, limit).catch((error) => {
          if (errno(error) === 'EISDIR') return null;
          throw errno(error) === 'EFBIG' ? tooLarge(path) : error;
        });
        return { name, path, bytes };
      };
      for (const { name, path, bytes } of await Promise.all(group.map(read))) {
        if (bytes === null) continue;
        files[kind].set(name, bytes);
        left -= bytes.length;
        if (left < 0) throw tooLarge(path);
      }
    }
  }
  return files;
}

function tooLarge(path: string): Error {
  const message = `${folders.join(', ')} have more than ${largestFiles / 2 ** 20} MB in all`;
  return Object.assign(new Error(message), { code: 'EFBIG', path });
}
