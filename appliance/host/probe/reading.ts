import type { Host } from '../host.ts';

/** What a probe needs of a host: it only reads, and runs programs that only show. */
export type ProbeHost = Pick<Host, 'read' | 'list' | 'run'>;

/** A kernel file's text, white space folded; null when it is not there, not readable for us, or has nothing to say (`speed` of a link that is down). */
export async function readValue(host: ProbeHost, path: string): Promise<string | null> {
  try {
    const held = await host.read(path);
    return held !== null && typeof held.content === 'string' ? held.content.trim().replace(/\s+/g, ' ') : null;
  } catch {
    return null;
  }
}

/** A kernel file's lines; none when it cannot be read. */
export async function readLines(host: ProbeHost, path: string): Promise<readonly string[]> {
  try {
    const held = await host.read(path);
    return held !== null && typeof held.content === 'string' ? held.content.split('\n').filter((line) => line !== '') : [];
  } catch {
    return [];
  }
}

/** A kernel file's whole number, if it is 0 or more: the kernel says -1 for "not known". */
export async function readCount(host: ProbeHost, path: string): Promise<number | null> {
  const value = await readValue(host, path);
  return value !== null && /^\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : null;
}

/** The names in a folder; none when there is no such folder or it is not for us. */
export async function readNames(host: ProbeHost, folder: string): Promise<readonly string[]> {
  try {
    return (await host.list(folder)) ?? [];
  } catch {
    return [];
  }
}
