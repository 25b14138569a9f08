import { createHash } from 'node:crypto';
import { actionsOf } from '../../proxy/haproxy/uses.ts';
import { FILE_WORDS, type Words } from '../../proxy/model/bind.ts';
import type { Backend, DataPlane } from '../../proxy/model.ts';
import type { Files } from '../config/config.ts';
import { type Folder, folders } from './folder.ts';
import { contentOf, type Held, type Path, plain } from './host-state.ts';

/** The files beside a document as they stand on the machine, and those that are not known here. */
export interface NamedFiles {
  readonly held: ReadonlyMap<Path, Held>;
  readonly missing: readonly Path[];
}

/** Whether a path holds, byte for byte, a file that stood beside a document. */
export function isNamedFile(path: Path): boolean {
  return folderOf(path) !== undefined;
}

/** Whether a path is that of a certificate, a key or a CA. */
export function isCertificatePath(path: Path): boolean {
  return folderOf(path) === 'certificates';
}

function folderOf(path: Path): Folder | undefined {
  return folders.find((folder) => path.startsWith(`/run/weir/${folder}/`));
}

/** What the files that a data plane names hold. Certificates may hold keys and are secret, like secrets; maps, pages and scripts are not. */
export function namedFiles(plane: DataPlane, files: Files | null): NamedFiles {
  const held = new Map<Path, Held>();
  const missing: Path[] = [];
  for (const path of pathsOf(plane)) {
    const folder = folderOf(path);
    const bytes = folder === undefined ? undefined : files?.[folder].get(path.slice(`/run/weir/${folder}/`.length));
    if (bytes === undefined) missing.push(path);
    else held.set(path, { content: contentOf(bytes, folder === 'certificates' || folder === 'secrets'), mode: 0o600, owner: 'root:root' });
  }
  return { held, missing };
}

/** The files that words of TLS name. */
function filesOf(words: Words): readonly Path[] {
  return FILE_WORDS.flatMap((key) => (words[key] === undefined ? [] : [String(words[key])]));
}

function pathsOf(plane: DataPlane): readonly Path[] {
  const paths = [
    ...plane.certificates.flatMap(({ pems, options }) => [...pems, ...filesOf(options)]),
    ...plane.frontends.flatMap(({ binds }) => binds.flatMap(({ ssl }) => filesOf(ssl?.options ?? {}))),
    ...plane.backends.flatMap(({ servers }) =>
      servers.flatMap(({ tls }) => [...(tls?.caFile ? [tls.caFile] : []), ...filesOf(tls?.options ?? {})]),
    ),
    ...plane.peers.flatMap(({ tls }) => filesOf(tls ?? {})),
    ...plane.backends.flatMap(({ cookie }) => cookie?.keyFile ?? []),
    ...plane.global.lua.map(({ file }) => file),
    ...[...plane.maps, ...plane.lists].map(({ file }) => file),
    ...[...plane.frontends, ...plane.backends].flatMap(({ answers: { errors, maintenance } }) =>
      [...errors, ...(maintenance === null ? [] : [maintenance.answer])].flatMap(({ body }) => (body?.kind === 'file' ? [body.text] : [])),
    ),
    ...plane.httpErrors.flatMap(({ files }) => Object.values(files)),
    ...actionsOf(plane).flatMap((action) => ('body' in action && action.body?.kind.endsWith('file') ? [action.body.text] : [])),
  ];
  return [...new Set(paths)].filter(isNamedFile).sort();
}

/** A data plane in which each dynamic cookie has its key: a digest of what its file holds, which tells nobody the rest of it. */
export function withCookieKeys(plane: DataPlane, { held }: NamedFiles): DataPlane {
  const keyed = ({ cookie, ...backend }: Backend): Backend => {
    const file = cookie?.keyFile == null ? undefined : held.get(cookie.keyFile);
    return { ...backend, cookie: cookie === null || file === undefined ? cookie : { ...cookie, key: keyOf(file) } };
  };
  return plane.backends.some(({ cookie }) => cookie?.keyFile) ? { ...plane, backends: plane.backends.map(keyed) } : plane;
}

function keyOf({ content }: Held): string {
  return createHash('sha256').update(plain(content)).digest('hex');
}
