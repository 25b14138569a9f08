import type { Files } from '../config/config.ts';
import { errno, type Host } from '../host/host.ts';

/** Most that one certificate, secret or map may hold. */
const limitBytes = 64 * 1024 * 1024;

/** The files in the folders `certificates`, `secrets` and `maps` of a folder; folders in them are not looked into. */
export async function readFilesBeside(host: Host, folder: string): Promise<Files> {
  const read = async (kind: keyof Files): Promise<ReadonlyMap<string, Uint8Array>> => {
    const names = ((await host.list(`${folder}/${kind}`)) ?? []).filter((name) => !name.startsWith('.'));
    const contents = await Promise.all(
      names.map(async (name) => [name, await host.readBytes(`${folder}/${kind}/${name}`, limitBytes).catch(ignoreFolder)] as const),
    );
    return new Map(contents.filter((entry): entry is readonly [string, Uint8Array<ArrayBuffer>] => entry[1] !== null));
  };
  return { certificates: await read('certificates'), secrets: await read('secrets'), maps: await read('maps') };
}

function ignoreFolder(error: unknown): null {
  if (errno(error) === 'EISDIR') return null;
  throw error;
}
