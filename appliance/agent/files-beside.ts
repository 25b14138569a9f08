import { largestFiles } from '../apply/blobs.ts';
import type { Files } from '../config/config.ts';
import { errno, type Host } from '../host/host.ts';
import { folders, perFolder } from '../state/folder.ts';

/**
 * The files in the folders beside a document (`certificates`, `maps` …); folders in them are not looked into. Those that are given stand in the place
 * of those that are there. More than 64 MB in all are an error with code `EFBIG`.
 */
export async function readFilesBeside(host: Host, folder: string, given?: Files): Promise<Files> {
  const files = perFolder((each) => new Map(given?.[each]));
  let left = largestFiles - folders.flatMap((kind) => [...files[kind].values()]).reduce((sum, { length }) => sum + length, 0);
  for (const kind of folders) {
    for (const name of (await host.list(`${folder}/${kind}`)) ?? []) {
      if (name.startsWith('.') || files[kind].has(name)) continue;
      const path = `${folder}/${kind}/${name}`;
      const bytes = await host.readBytes(path, left).catch((error) => {
        if (errno(error) === 'EISDIR') return null;
        throw errno(error) === 'EFBIG' ? tooLarge(path) : error;
      });
      if (bytes === null) continue;
      files[kind].set(name, bytes);
      left -= bytes.length;
    }
  }
  return files;
}

function tooLarge(path: string): Error {
  const message = `${folders.join(', ')} have more than ${largestFiles / 2 ** 20} MB in all`;
  return Object.assign(new Error(message), { code: 'EFBIG', path });
}
