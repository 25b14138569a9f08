import { certificateOptions, readCrtList, type Stored } from './certificate.ts';
import type { Draft, Ledger, Plain } from './ledger.ts';

/** What is known of the whole configuration before its sections are read. */
export interface Known {
  /** Sections with a stick table, and what the document calls it. */
  readonly tables: ReadonlyMap<string, string>;
  /** UNIX sockets of binds, and where they are on the appliance. */
  readonly binds: ReadonlyMap<string, string>;
  /** Certificates of crt-stores. */
  readonly stored: ReadonlyMap<string, Stored>;
  /** Pages of `http-errors` sections, by name and status. */
  readonly errorFiles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly bases: { readonly ca: string; readonly crt: string };
  /** Sections of resolvers that ask whom the machine asks. */
  readonly ownResolvers: ReadonlySet<string>;
  readonly verifiesServers: boolean;
  readonly globalLogs: readonly Plain[];
  /** A crt-list that the configuration names, or the files of a folder as one; null: it is not at hand. */
  readonly fileText: (path: string) => string | null;
}

/** The named things that the document gets besides frontends and backends, and the names under which others know them. */
export interface Names {
  /** A file becomes a certificate, map, list …: its name in that section of the document, one for each file and way to match. */
  readonly file: (section: 'certificates' | 'maps' | 'lists', path: string, match?: string) => string;
  /** A file beside the document that is named as a file: its file name. */
  readonly beside: (folder: 'certificates' | 'pages' | 'lua', path: string, note?: string) => string;
  /** A thing of a section of the document; its name is the one wanted, or near it where that is another's. */
  readonly add: (section: 'stick-tables', wanted: string, value: Plain) => string;
  /** A certificate by its file, or by its name in a crt-store. */
  readonly certificate: (path: string) => string;
  /** The certificates of a crt-list, or of a folder; null: it is not at hand. */
  readonly listed: (path: string) => readonly string[] | null;
  /** The pages of an `http-errors` section by status; null: there is none. */
  readonly errorFiles: (name: string) => ReadonlyMap<string, string> | null;
  /** What the document calls a section of resolvers: system where it asks whom the machine asks. */
  readonly resolvers: (name: string) => string;
  /** The path of a file where the global section says in which folder such files are. */
  readonly based: (kind: 'ca' | 'crt', path: string) => string;
  /** Where lines go that leave the machine by the global section. */
  readonly globalLogs: readonly Plain[];
  /** Whether servers with TLS that do not say must have a certificate that a CA has signed. */
  readonly verifiesServers: boolean;
  /** Where a UNIX socket is on the appliance, one of a bind or of a program that is a server: `/run/app.sock`, `/run/servers/app.sock`. */
  readonly socket: (path: string) => string;
  /** A sample expression, log-format string or raw line with the names of stick tables and maps as the document has them. */
  readonly sample: (text: string) => string;
  /** A stick table by the name of its section; null: no section has such a table. */
  readonly table: (section: string) => string | null;
  /** What the document calls a backend (or a frontend): its name has a letter first. */
  readonly proxy: (name: string) => string;
  readonly sections: Draft;
}

/** A text as a name of the document. */
export function nameOf(text: string): string {
  const fit = text.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 60);
  return /^[A-Za-z]/.test(fit) ? fit : `x${fit}`;
}

/** A path's last part as a name of a file beside the document. */
function fileNameOf(path: string): string {
  const base = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return base.replace(/[^\w.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'file';
}

/** A socket's name: the last part of its path, or of its name without a file (`abns@`). */
function socketName(path: string): string {
  return nameOf(
    path
      .replace(/^(?:unix@|abns@)/, '')
      .replace(/\/+$/, '')
      .replace(/^.*\//, '')
      .replace(/\.sock(?:et)?$/, ''),
  );
}

/** A UNIX socket in an address, `/path`, `unix@path` or `abns@name`; null: it is none. */
export function socketOf(address: string): string | null {
  return /^(?:\/|unix@|abns@)/.test(address) ? address.replace(/^unix@/, '') : null;
}

/** Where the sockets of binds are on the appliance: each has a name of its own below /run. */
export function socketsOf(addresses: readonly string[]): ReadonlyMap<string, string> {
  const sockets = new Map<string, string>();
  const taken = new Set<string>();
  for (const socket of addresses.flatMap((address) => socketOf(address) ?? [])) {
    if (sockets.has(socket)) continue;
    const base = socketName(socket);
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
    taken.add(name);
    sockets.set(socket, `/run/${name}.sock`);
  }
  return sockets;
}

/** Fetches that look a key up in the table of their argument, or of the proxy that they stand in. */
const LOOKS_UP = /\b(src_[a-z0-9_]+|table_avl|table_cnt)(\(([^()]*)\))?/g;
const TABLE_CONVERTER = /\b(in_table|table_[a-z0-9_]+)\(([^(),]+)((?:,[^()]*)?)\)/g;
const COUNTED = /\b(sc[0-2]?_[a-z0-9_]+)\(([^()]*)\)/g;
const MAP_CALL = /\bmap(_[a-z]+)?\((\/[^(),]+|[A-Za-z0-9_.-]+\/[^(),]+|[^(),]+\.[a-z]+)((?:,[^()]*)?)\)/g;
const NO_TABLE = new Set(['src_port', 'src_is_local']);

/** New names; `owner` gives the table of the proxy that is read now. */
export function names(
  account: Ledger,
  { tables, binds, stored, bases, errorFiles, ownResolvers, globalLogs, verifiesServers, fileText }: Known,
  owner: () => string | null,
): Names {
  const sections: Draft = {};
  const known = new Map<string, string>();
  const folders = { certificates: 'certificates', maps: 'maps', lists: 'maps' } as const;
  const filesTaken = new Map<string, string>();

  const placed = (folder: string, path: string, note?: string): string => {
    const base = fileNameOf(path);
    let name = base;
    // two folders may have files of one name
    for (let number = 2; (filesTaken.get(`${folder}/${name}`) ?? path) !== path; number++) name = `${number}-${base}`;
    filesTaken.set(`${folder}/${name}`, path);
    account.copy(path, folder, name, note);
    return name;
  };
  const addFile = (section: keyof typeof folders, path: string, further: { readonly [key: string]: Plain }, note?: string): string => {
    const key = `${section} ${path} ${JSON.stringify(further)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const named = placed(folders[section], path, note);
    const all = (sections[section] ?? {}) as Draft;
    const base = nameOf(named.replace(/\.(?:pem|crt|map|acl|lst|list|txt)$/, ''));
    let name = base;
    for (let number = 2; Object.hasOwn(all, name); number++) name = `${base}-${number}`;
    sections[section] = { ...all, [name]: { [section === 'certificates' ? 'pem' : 'file']: named, ...further } };
    known.set(key, name);
    return name;
  };
  const file: Names['file'] = (section, path, match = 'str') => addFile(section, path, match === 'str' ? {} : { match });
  const based: Names['based'] = (kind, path) =>
    bases[kind] === '' || /^[/@]/.test(path) ? path : `${bases[kind].replace(/\/$/, '')}/${path}`;
  const certificate: Names['certificate'] = (path) => {
    const { file: from, said, parts } = stored.get(path) ?? { file: based('crt', path), said: {}, parts: [] };
    return addFile('certificates', from, said, parts.length === 0 ? undefined : `with what is in ${parts.join(' and ')}`);
  };
  const table = (section: string) => tables.get(section) ?? null;
  const sample = (text: string): string =>
    text
      .replace(LOOKS_UP, (whole, word: string, args: string | undefined, said: string | undefined) => {
        if (NO_TABLE.has(word)) return whole;
        const named = args === undefined || said === '' ? owner() : table(said ?? '');
        return named === null || named === undefined ? whole : `${word}(${named})`;
      })
      .replace(TABLE_CONVERTER, (whole, word: string, said: string, rest: string) => {
        const named = table(said);
        return named === null ? whole : `${word}(${named}${rest})`;
      })
      .replace(
        COUNTED,
        (_, word: string, args: string) =>
          `${word}(${args
            .split(',')
            .map((each) => table(each.trim()) ?? each)
            .join(',')})`,
      )
      .replace(MAP_CALL, (whole, kind: string | undefined, path: string, rest: string) => {
        const match = (kind ?? '').slice(1);
        if (match.includes('_') || match === 'regm') return whole;
        return `map(${file('maps', path, match || 'str')}${rest})`;
      });
  const socket = (path: string) => binds.get(path) ?? `/run/servers/${socketName(path)}.sock`;
  const all: Names = {
    file,
    add: (section, wanted, value) => {
      const base = nameOf(wanted);
      const all = (sections[section] ?? {}) as Draft;
      let name = base;
      for (let number = 2; Object.hasOwn(all, name); number++) name = `${base}-${number}`;
      sections[section] = { ...all, [name]: value };
      return name;
    },
    beside: placed,
    certificate,
    listed: (path) => {
      const text = fileText(path);
      if (text === null) return null;
      return readCrtList(text).map((each) => {
        const { said, left } = certificateOptions(each, all);
        const note = left.length === 0 ? undefined : `the list says ${left.join(', ')} of it, which has no option`;
        return Object.keys(said).length === 0 ? certificate(each.file) : addFile('certificates', based('crt', each.file), said, note);
      });
    },
    errorFiles: (name) => errorFiles.get(name) ?? null,
    resolvers: (name) => (ownResolvers.has(name) ? 'system' : nameOf(name)),
    based,
    globalLogs,
    verifiesServers,
    socket,
    sample,
    table,
    proxy: nameOf,
    sections,
  };
  return all;
}
