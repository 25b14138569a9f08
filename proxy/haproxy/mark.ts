import { createHash } from 'node:crypto';

/** The line of `global` that carries the mark; `show info` answers with it. */
const marked = /^ {4}description "weir [0-9a-f]*"\n/m;

/** The first twelve hexadecimal digits of a text's SHA-256: enough to tell generations apart, short enough to read. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The mark of a rendered haproxy.cfg: the digest of all of it but the line that carries the mark. The same for a text with or without that line. */
export function generationMark(config: string): string {
  return digest(config.replace(marked, ''));
}

/** The line that carries a mark. */
export function markLine(mark: string): string {
  return `    description "weir ${mark}"`;
}
