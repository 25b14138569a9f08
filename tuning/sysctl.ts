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

/** The kernel values that weir knows by what they are about. */
export const groups: readonly { readonly title: string; readonly entries: readonly Sysctl[] }[] = [
  { title: 'New connections', entries: accept },
  { title: 'Ports, and connections that are over', entries: ports },
  { title: 'Addresses and neighbours', entries: addresses },
  { title: 'Buffers of sockets', entries: buffers },
  { title: 'How TCP behaves', entries: connections },
  { title: 'From the NIC to the socket', entries: receive },
  { title: 'Files and pipes', entries: files },
  { title: 'Memory', entries: memory },
  { title: 'Speed and sleep of CPUs', entries: power },
];

/** All of them, what weir sets and what it leaves, sorted by name. */
export const catalogue: readonly Sysctl[] = groups.flatMap(({ entries }) => entries).sort((a, b) => (a.name < b.name ? -1 : 1));

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
