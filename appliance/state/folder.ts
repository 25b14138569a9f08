import type { Files } from '../config/config.ts';

/** A folder beside the document. */
export type Folder = keyof Files;

/** The folders beside a document, in the order in which their files travel. */
export const folders: readonly Folder[] = ['certificates', 'secrets', 'maps', 'pages', 'lua'];

/** The same of every folder. */
export function perFolder<Of>(of: (folder: Folder) => Of): Readonly<Record<Folder, Of>> {
  return { certificates: of('certificates'), secrets: of('secrets'), maps: of('maps'), pages: of('pages'), lua: of('lua') };
}
