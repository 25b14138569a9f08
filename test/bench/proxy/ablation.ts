import type { RowName } from './rows.ts';
import type { Addition } from './stock.ts';

/** One of weir's defaults alone: stock with it is measured beside stock without it, in the rows where it can matter. */
export interface Ablation {
  readonly name: string;
  readonly addition: Addition;
  readonly rows: readonly RowName[];
}

/** What a machine needs to run at all, what stock has as well, and what no row reaches (TLS to servers): not defaults to measure. */
const structural =
  /^(node|localpeer|nbthread|maxconn|description|setenv|chroot|user|group|stats|log|mode|option httplog|option dontlognull|ssl-default-server\S*)\b/;

function rowsOf(line: string): readonly RowName[] {
  if (line.startsWith('ssl-')) return ['tls-full-ecdsa', 'tls-resumed-ecdsa'];
  if (line.startsWith('tune.h2.')) return ['h2'];
  if (line.startsWith('tune.ssl.')) return ['tls-full-ecdsa', 'h2'];
  return ['connection', 'keep-alive', '10mb'];
}

/** The lines of a section, without comments. */
function linesOf(config: string, title: RegExp): readonly string[] {
  const lines = config.split('\n');
  const begin = lines.findIndex((line) => title.test(line));
  if (begin < 0) return [];
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => /^\S/.test(line));
  return rest
    .slice(0, end < 0 ? rest.length : end)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Each default of a configuration that weir rendered, read from its `global` section and its `defaults` for HTTP, so that none can be forgotten here. All
 * timeouts are one, for they cost together or not at all.
 */
export function ablationsOf(rendered: string): readonly Ablation[] {
  const isDefault = (line: string) => !structural.test(line);
  const global = linesOf(rendered, /^global$/).filter(isDefault);
  const defaults = [...linesOf(rendered, /^defaults base\b/), ...linesOf(rendered, /^defaults http\b/)].filter(isDefault);
  const timeouts = defaults.filter((line) => line.startsWith('timeout '));
  return [
    ...global.map((line) => ({ name: line, addition: { global: [line], defaults: [] }, rows: rowsOf(line) })),
    { name: `${timeouts.length} timeouts`, addition: { global: [], defaults: timeouts }, rows: rowsOf('timeout') },
    ...defaults
      .filter((line) => !timeouts.includes(line))
      .map((line) => ({ name: line, addition: { global: [], defaults: [line] }, rows: rowsOf(line) })),
  ];
}
