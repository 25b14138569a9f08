import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A configuration of HAProxy's source package. */
export interface CorpusFile {
  /** The file that it stands in, below the source, and its number where there are several: `reg-tests/log/x.vtc#2`. */
  readonly name: string;
  readonly text: string;
  /** Whether HAProxy is to refuse it: a test of its own messages. */
  readonly isBroken: boolean;
}

/** What a VTest program knows when its HAProxy starts: addresses of the servers and sockets that it opened itself. */
function withoutMacros(text: string, file: string): string {
  const ports = new Map<string, number>();
  const portOf = (name: string) => {
    if (!ports.has(name)) ports.set(name, 20_000 + ports.size);
    return ports.get(name) as number;
  };
  const folder = file.replace(/\/[^/]*$/, '');
  return (
    text
      // a listening socket that HAProxy inherits from VTest
      .replace(/\bfd@\$\{(\w+)\}/g, (_, name) => `127.0.0.1:${portOf(name)}`)
      .replace(/\$\{(\w+)_addr\}/g, '127.0.0.1')
      .replace(/\$\{(?:h\d+_)?(\w+)_port\}/g, (_, name) => String(portOf(name)))
      .replace(/\$\{(\w+)_sock\}/g, (_, name) => `127.0.0.1:${portOf(name)}`)
      .replaceAll('${testdir}', `/${folder}`)
      .replaceAll('${tmpdir}', '/tmp/vtest')
      .replaceAll('${no-htx}', '')
  );
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
export function configsOf(name: string, text: string): readonly CorpusFile[] {
  const found = [...text.matchAll(/^[^#\n]*\bhaproxy\b[^\n]*(-conf(?:-OK|-BAD)?)\b[^\n{]*(\{)/gm)];
  return found.map((match, index) => ({
    name: found.length === 1 ? name : `${name}#${index + 1}`,
    text: withoutMacros(braced(text, match.index + match[0].length - 1), name),
    isBroken: match[1] === '-conf-BAD',
  }));
}

/** Every configuration of a source tree: examples, regression tests and what else its authors try by hand. */
export function corpus(source: string): readonly CorpusFile[] {
  const folders = ['examples', 'reg-tests', 'tests/conf'];
  return folders.flatMap((folder) =>
    readdirSync(join(source, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:cfg|vtc)$/.test(entry.name))
      .map((entry) => relative(source, join(entry.parentPath, entry.name)))
      .sort()
      .flatMap((name) => {
        const text = readFileSync(join(source, name), 'utf8');
        return name.endsWith('.vtc') ? configsOf(name, text) : [{ name, text, isBroken: false }];
      }),
  );
}
