import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageRoot } from '../../support/root.ts';
import type { Certificates } from './certificates.ts';
import { type Configuration, haproxyConfiguration, ports } from './contender.ts';
import { origins } from './lab.ts';

const path = '/etc/haproxy/haproxy.cfg';

/** Lines for `global` and `defaults`, each in place of the one that begins with the same keyword, or else at the section's end; and for the frontend. */
export interface Addition {
  readonly global: readonly string[];
  readonly defaults: readonly string[];
  readonly frontend: readonly string[];
}

/** A configuration with lines added to a section. A `timeout` or `option` is the same keyword when its second word is the same. */
export function withLines(text: string, section: string, lines: readonly string[]): string {
  const keyword = (line: string): string => {
    const [first = '', second = ''] = line.trim().split(/\s+/);
    return ['timeout', 'option', 'no', 'stats'].includes(first) ? `${first} ${second}` : first;
  };
  const all = text.split('\n');
  const begin = all.indexOf(section);
  if (begin < 0) throw new Error(`the configuration has no section ${section}`);
  const next = all.findIndex((line, index) => index > begin && /^\S/.test(line));
  const end = next < 0 ? all.length : next;
  const added = new Set(lines.map(keyword));
  const kept = all.slice(begin + 1, end).filter((line) => line.trim() !== '' && !added.has(keyword(line)));
  return [...all.slice(0, begin + 1), ...kept, ...lines.map((line) => `\t${line}`), '', ...all.slice(end)].join('\n');
}

/** Debian's own haproxy.cfg, from the image's package, with a frontend and a backend, as an administrator adds them. */
export async function stockConfiguration(
  certificates: Certificates,
  {
    name = 'stock',
    idle = null,
    addition = { global: [], defaults: [], frontend: [] },
  }: { name?: string; idle?: string | null; addition?: Addition } = {},
): Promise<Configuration> {
  const debian = await readFile(join(imageRoot, path), 'utf8');
  const silent = idle === null ? [] : [`timeout client ${idle}`, `timeout http-request ${idle}`, `timeout http-keep-alive ${idle}`];
  const both = withLines(withLines(debian, 'global', addition.global), 'defaults', addition.defaults);
  const config = `${both.trimEnd()}

frontend web
${silent.map((line) => `\t${line}\n`).join('')}	bind *:${ports.clear}
	bind *:${ports.ecdsa} ssl crt /etc/haproxy/ecdsa.pem alpn h2,http/1.1
	bind *:${ports.rsa} ssl crt /etc/haproxy/rsa.pem alpn h2,http/1.1
${addition.frontend.map((line) => `\t${line}\n`).join('')}	default_backend app

backend app
	server app1 ${origins[0]}:8080 check
	server app2 ${origins[1]}:8080 check
`;
  const pem = (content: string) => ({ content, mode: 0o600 });
  return haproxyConfiguration(name, path, config, {
    '/etc/haproxy/ecdsa.pem': pem(certificates.ecdsa),
    '/etc/haproxy/rsa.pem': pem(certificates.rsa),
  });
}
