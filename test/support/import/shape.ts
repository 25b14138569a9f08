import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../../appliance/config/config.ts';
import { perFolder } from '../../../appliance/state/folder.ts';
import type { FileCopy } from '../../../proxy/haproxy/import/import.ts';
import type { Staged } from '../staged.ts';
import { certificateFor } from './origins.ts';
import type { NamedFiles } from './vocabulary.ts';

const folder = join(import.meta.dirname, '../../import');

/** Files of the machines that the configurations of test/import are from, by their path there. */
export const named: NamedFiles = filesBelow(join(folder, 'files'), '/');

/** The machine that they are on, as far as the importer asks. */
export const machine = {
  readBytes: async (path: string) => (named[path] === undefined ? null : new TextEncoder().encode(named[path])),
  list: async (folder: string) => {
    const below = Object.keys(named).filter((path) => path.startsWith(`${folder.replace(/\/$/, '')}/`));
    return below.length === 0 ? null : below.map((path) => path.split('/').at(-1) ?? '');
  },
};

function filesBelow(at: string, as: string): NamedFiles {
  return Object.fromEntries(
    readdirSync(at).flatMap((name) => {
      const path = join(at, name);
      return statSync(path).isDirectory()
        ? Object.entries(filesBelow(path, `${as}${name}/`))
        : [[`${as}${name}`, readFileSync(path, 'utf8')]];
    }),
  );
}

/** The configurations, by name. */
export const shapeNames: readonly string[] = readdirSync(folder)
  .filter((name) => /(?<!\.now)\.cfg$/.test(name))
  .map((name) => name.replace(/\.cfg$/, ''));

/** A configuration of another machine: as its author left it, in the words that HAProxy 3.0 still has, and the keepalived.conf beside it. */
export interface Shape {
  readonly source: string;
  readonly now: string;
  readonly keepalived: string | null;
}

/** Reads a configuration of test/import. */
export function readShape(name: string): Shape {
  const read = (suffix: string) => {
    const path = join(folder, `${name}${suffix}`);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  };
  const source = read('.cfg') ?? '';
  return { source, now: read('.now.cfg') ?? source, keepalived: read('.keepalived.conf') };
}

const isCertificate = (path: string): boolean => /\.(?:pem|crt)$/.test(path);

/** A certificate that a configuration names is one for its file's name: shop.pem is that of shop.example. */
async function contentOf(path: string): Promise<string> {
  if (!isCertificate(path)) {
    const known = named[path];
    if (known === undefined) throw new Error(`test/import/files has no ${path}`);
    return known;
  }
  const { cert, key } = await certificateFor(
    `${path
      .split('/')
      .at(-1)
      ?.replace(/\.[a-z]+$/, '')}.example`,
  );
  return /\bca\b/.test(path) ? cert : `${cert}${key}`;
}

/** The files that the original looks for, at their old places. `base` is where files without a path are. */
export async function originalFiles(copies: readonly FileCopy[], base: string): Promise<Staged> {
  const all: [string, string][] = Object.entries(named);
  for (const { from } of copies) if (isCertificate(from)) all.push([from.startsWith('/') ? from : join(base, from), await contentOf(from)]);
  return Object.fromEntries(all);
}

/** The files beside the document, made of the old ones as the importer says. */
export async function filesBeside(copies: readonly FileCopy[]): Promise<Files> {
  const beside: Files = perFolder(() => new Map<string, Uint8Array>());
  for (const { from, to, note } of copies) {
    const [kind = '', file = ''] = to.split('/');
    const content = await contentOf(from);
    const body = note?.includes('body') ? content.replace(/^HTTP\/.*?\r?\n\r?\n/s, '') : content;
    (beside[kind as keyof Files] as Map<string, Uint8Array>).set(file, new TextEncoder().encode(body));
  }
  return beside;
}
