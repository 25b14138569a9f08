import { readConfig } from '../../proxy/haproxy/import/source.ts';
import type { Host } from '../host/host.ts';

/** The largest crt-list that is read, in bytes. */
const LARGEST = 1024 * 1024;

/** Files of a folder that HAProxy takes for parts of a certificate beside them (configuration manual, 5.1 "crt"). */
const PART = /^\.|\.(?:issuer|ocsp|sctl|key)$/;

/**
 * The crt-lists and folders of certificates that a haproxy.cfg names and that are on this machine, by their path: a folder as the list of its files in
 * HAProxy's order. What cannot be read is not there.
 */
export async function filesNamed(text: string, host: Pick<Host, 'list' | 'readBytes'>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { words } of readConfig(text).sections.flatMap(({ directives }) => directives)) {
    if (words[0] !== 'bind') continue;
    for (const [index, word] of words.entries()) {
      const path = words[index + 1] ?? '';
      if ((word !== 'crt' && word !== 'crt-list') || !path.startsWith('/') || found.has(path)) continue;
      const read = word === 'crt' ? folderAt(path, host) : fileAt(path, host);
      const content = await read.catch(() => null);
      if (content !== null) found.set(path, content);
    }
  }
  return found;
}

async function folderAt(path: string, host: Pick<Host, 'list'>): Promise<string | null> {
  const names = await host.list(path);
  const files = names?.filter((name) => !PART.test(name)).sort() ?? [];
  return files.length === 0 ? null : files.map((name) => `${path.replace(/\/+$/, '')}/${name}\n`).join('');
}

async function fileAt(path: string, host: Pick<Host, 'readBytes'>): Promise<string | null> {
  const bytes = await host.readBytes(path, LARGEST);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
