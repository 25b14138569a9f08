import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Examples and tests of HAProxy's source package (image/haproxy-source). */
export const sourceRoot = join(import.meta.dirname, '../../build/haproxy-source');

/** A configuration of the source package. */
export interface CorpusFile {
  /** The file that it stands in, below the source, and its number where there are several: `reg-tests/log/x.vtc#2`. */
  readonly name: string;
  readonly text: string;
  /** Whether HAProxy is to refuse it: a test of its own messages. */
  readonly isBroken: boolean;
}

/** A configuration without what VTest puts into it when it starts HAProxy: addresses of its servers, sockets that it has opened, folders. */
function withoutMacros(text: string, file: string): string {
  const ports = new Map<string, number>();
  const portOf = (name: string) => {
    if (!ports.has(name)) ports.set(name, 20_000 + ports.size);
    return ports.get(name) as number;
  };
  return text
    .replace(/\bfd@\$\{(\w+)\}/g, (_, name: string) => `127.0.0.1:${portOf(name)}`)
    .replace(/\$\{\w+_addr\}/g, '127.0.0.1')
    .replace(/\$\{(?:h\d+_)?(\w+)_port\}/g, (_, name: string) => String(portOf(name)))
    .replace(/\$\{(\w+)_sock\}/g, (_, name: string) => `127.0.0.1:${portOf(name)}`)
    .replaceAll('${testdir}', `/${file.replace(/\/[^/]*$/, '')}`)
    .replaceAll('${tmpdir}', '/tmp/vtest');
}

/** The text between the brace that stands at a place and its partner. */
function braced(text: string, from: number): string {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return text.slice(from + 1, at);
  }
  return text.slice(from + 1);
}

/** The configurations in a VTest program: `haproxy h1 -conf {…}`. */
function configsOf(name: string, text: string): readonly CorpusFile[] {
  // what HAProxy says of a broken one may stand before it
  const found = [...text.matchAll(/^[^#\n]*\bhaproxy\b[^\n]*(-conf(?:-OK|-BAD)?)\b(?:[ \t]+\{[^{}\n]*\})?[ \t]*(\{)/gm)];
  return found.map((match, index) => {
    const from = match.index + match[0].length - 1;
    const body = braced(text, from);
    const behind = text.slice(from + body.length + 2).split('\n', 1)[0] ?? '';
    return {
      name: found.length === 1 ? name : `${name}#${index + 1}`,
      text: withoutMacros(body, name),
      isBroken: match[1] === '-conf-BAD' || /-expectexit [1-9]/.test(behind),
    };
  });
}

/** Every configuration in some folders of the source package. */
export function corpus(...folders: readonly string[]): readonly CorpusFile[] {
  if (!existsSync(sourceRoot)) throw new Error(`${sourceRoot} is not there: image/haproxy-source makes it`);
  return folders.flatMap((folder) =>
    readdirSync(join(sourceRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:cfg|vtc)$/.test(entry.name))
      .map((entry) => relative(sourceRoot, join(entry.parentPath, entry.name)))
      .sort()
      .flatMap((name) => {
        const text = readFileSync(join(sourceRoot, name), 'utf8');
        return name.endsWith('.vtc') ? configsOf(name, text) : [{ name, text, isBroken: false }];
      }),
  );
}
