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

/** What acts when HAProxy starts or takes up another configuration, and at no request. */
const atStart =
  /^(hard-stop-after|close-spread-time|mworker-max-reloads|server-state-file|load-server-state-from-file|default-server init-addr)\b/;

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

/** Several lines as one default. */
function together(what: string, global: readonly string[], defaults: readonly string[]): readonly Ablation[] {
  const count = global.length + defaults.length;
  return count === 0 ? [] : [{ name: `${count} ${what}`, addition: { global, defaults }, rows: rowsOf('') }];
}

/**
 * Each default of a configuration that weir rendered, read from its `global` section and its `defaults` for HTTP, so that none can be forgotten here. All
 * timeouts are one, for they cost together or not at all, and so is what acts at no request.
 */
export function ablationsOf(rendered: string): readonly Ablation[] {
  const isDefault = (line: string) => !structural.test(line);
  const isTimeout = (line: string) => line.startsWith('timeout ');
  const isAlone = (line: string) => !isTimeout(line) && !atStart.test(line);
  const global = linesOf(rendered, /^global$/).filter(isDefault);
  const defaults = [...linesOf(rendered, /^defaults base\b/), ...linesOf(rendered, /^defaults http\b/)].filter(isDefault);
  const starting = (lines: readonly string[]) => lines.filter((line) => atStart.test(line));
  return [
    ...together('for start and reload', starting(global), starting(defaults)),
    ...together('timeouts', [], defaults.filter(isTimeout)),
    ...global.filter(isAlone).map((line) => ({ name: line, addition: { global: [line], defaults: [] }, rows: rowsOf(line) })),
    ...defaults.filter(isAlone).map((line) => ({ name: line, addition: { global: [], defaults: [line] }, rows: rowsOf(line) })),
  ];
}
