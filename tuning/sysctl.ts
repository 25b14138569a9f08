import { accept } from './sysctl/accept.ts';
import { addresses } from './sysctl/addresses.ts';
import { buffers } from './sysctl/buffers.ts';
import { connections } from './sysctl/connections.ts';
import type { Sysctl } from './sysctl/entry.ts';
import { files } from './sysctl/files.ts';
import { memory } from './sysctl/memory.ts';
import { ports } from './sysctl/ports.ts';
import { power } from './sysctl/power.ts';
import { receive } from './sysctl/receive.ts';

/** Every kernel value that weir knows, what it sets and what it leaves, sorted by name. */
export const catalogue: readonly Sysctl[] = [
  ...files,
  ...memory,
  ...power,
  ...accept,
  ...ports,
  ...buffers,
  ...connections,
  ...receive,
  ...addresses,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The path of an entry: of a sysctl, dots are folders (no name of the catalogue holds an interface's); a path is its own. */
export function sysctlPath(name: string): string {
  return name.startsWith('/') ? name : `/proc/sys/${name.replaceAll('.', '/')}`;
}

/** All kernel paths that weir may set: what a probe reads the originals of. One `*` in a path stands for each that the machine has. */
export const knobPaths: readonly string[] = catalogue.map(({ name }) => sysctlPath(name)).sort();

/** Whether a path is one of those that an entry's path stands for. */
export function isCovered(path: string, by: string): boolean {
  const [before, after] = by.split('*');
  if (before === undefined || after === undefined) return path === by;
  return path.startsWith(before) && path.endsWith(after) && !path.slice(before.length, path.length - after.length).includes('/');
}

/** The normal form of a kernel value: white space folded; of a choice that shows all its words (`always [madvise] never`), the chosen one. */
export function normalForm(text: string): string {
  const folded = text.trim().replace(/\s+/g, ' ');
  return /(?:^| )\[(\S+)\](?: |$)/.exec(folded)?.[1] ?? folded;
}
