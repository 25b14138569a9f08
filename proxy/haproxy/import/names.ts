import type { Draft, Ledger, Plain } from './ledger.ts';

/** The named things that the document gets besides frontends and backends, and the names under which others know them. */
export interface Names {
  /** A file becomes a certificate, map, list …: its name in that section of the document, one for each file and way to match. */
  readonly file: (section: 'certificates' | 'maps' | 'lists', path: string, match?: string) => string;
  /** A file beside the document that is named as a file: its file name. */
  readonly beside: (folder: 'certificates' | 'pages', path: string, note?: string) => string;
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

/** Fetches that look a key up in the table of their argument, or of the proxy that they stand in. */
const LOOKS_UP = /\b(src_[a-z0-9_]+|table_avl|table_cnt)(\(([^()]*)\))?/g;
const TABLE_CONVERTER = /\b(in_table|table_[a-z0-9_]+)\(([^(),]+)((?:,[^()]*)?)\)/g;
const COUNTED = /\b(sc[0-2]?_[a-z0-9_]+)\(([^()]*)\)/g;
const MAP_CALL = /\bmap(_[a-z]+)?\((\/[^(),]+|[A-Za-z0-9_.-]+\/[^(),]+|[^(),]+\.[a-z]+)((?:,[^()]*)?)\)/g;
const NO_TABLE = new Set(['src_port', 'src_is_local']);

/** New names. `tables`: sections with a stick table, and what the document calls it; `owner` gives the table of the proxy that is read now. */
export function names(account: Ledger, tables: ReadonlyMap<string, string>, owner: () => string | null): Names {
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
  const file: Names['file'] = (section, path, match = 'str') => {
    const key = `${section} ${path} ${section === 'certificates' ? '' : match}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const named = placed(folders[section], path);
    const all = (sections[section] ?? {}) as Draft;
    const base = nameOf(named.replace(/\.(?:pem|crt|map|acl|lst|list|txt)$/, ''));
    let name = base;
    for (let number = 2; Object.hasOwn(all, name); number++) name = `${base}-${number}`;
    const value: Plain = section === 'certificates' ? { pem: named } : { ...(match === 'str' ? {} : { match }), file: named };
    sections[section] = { ...all, [name]: value };
    known.set(key, name);
    return name;
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
  return { file, beside: placed, sample, table, proxy: nameOf, sections };
}
