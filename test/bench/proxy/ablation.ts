import type { RowName } from './rows.ts';
import type { Addition } from './stock.ts';

/** One of weir's defaults: stock with it is measured beside stock, and weir without it beside weir, in the rows where it can matter. */
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

/** The first that a line matches says where it can matter. */
const places: readonly (readonly [RegExp, readonly RowName[]])[] = [
  [/^ssl-default-bind-options/, ['tls-full-ecdsa', 'tls-resumed-ecdsa']],
  [/^ssl-/, ['tls-full-ecdsa']],
  [/^tune\.ssl\./, ['tls-resumed-ecdsa']],
  [/^tune\.h2\./, ['h2']],
  [/^tune\.memory\./, ['keep-alive', 'h2']],
  [/splice|pipesize/, ['10mb']],
  [/forward|http-request|hdr-names|^timeout/, ['keep-alive']],
  [/redispatch|^retries|tcpka|^http-reuse/, ['connection']],
  [/^/, ['keep-alive']],
];

function rowsOf(line: string): readonly RowName[] {
  return places.find(([pattern]) => pattern.test(line))?.[1] ?? [];
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

const nothing: Addition = { global: [], defaults: [], frontend: [] };

/** Several lines as one default. */
function together(what: string, lines: Partial<Addition>): readonly Ablation[] {
  const addition = { ...nothing, ...lines };
  const all = [...addition.global, ...addition.defaults, ...addition.frontend];
  return all.length === 0 ? [] : [{ name: `${all.length} ${what}`, addition, rows: rowsOf(all[0] as string) }];
}

/** Which lines are one default, and what it is called: they cost together or not at all. */
const groups: readonly (readonly [RegExp, string])[] = [
  [atStart, 'for start and reload'],
  [/^timeout /, 'timeouts'],
  [/^ssl-default-bind-(ciphers|ciphersuites|curves) /, 'lists of suites and curves'],
  [/^tune\.h2\./, 'limits of HTTP/2'],
];

/** What weir tells servers of clients, and what it does not let clients say: lines of a rendering, which stock has none of. */
export function clientHeaders(rendered: string): Addition {
  const defaults = linesOf(rendered, /^defaults http\b/).filter((line) => /forward|hdr-names/.test(line));
  const frontend = linesOf(rendered, /^frontend /).filter((line) => line.startsWith('http-request '));
  return { ...nothing, defaults, frontend };
}

/**
 * Each default of a configuration that weir rendered, read from its `global` section, its `defaults` for HTTP and the rules of its frontend, so that none
 * can be forgotten here.
 */
export function ablationsOf(rendered: string): readonly Ablation[] {
  const isDefault = (line: string) => !structural.test(line);
  const global = linesOf(rendered, /^global$/).filter(isDefault);
  const defaults = [...linesOf(rendered, /^defaults base\b/), ...linesOf(rendered, /^defaults http\b/)].filter(isDefault);
  const isAlone = (line: string) => !groups.some(([pattern]) => pattern.test(line));
  return [
    ...groups.flatMap(([pattern, what]) => {
      const among = (lines: readonly string[]) => lines.filter((line) => pattern.test(line));
      return together(what, { global: among(global), defaults: among(defaults) });
    }),
    ...global.filter(isAlone).map((line) => ({ name: line, addition: { ...nothing, global: [line] }, rows: rowsOf(line) })),
    ...defaults.filter(isAlone).map((line) => ({ name: line, addition: { ...nothing, defaults: [line] }, rows: rowsOf(line) })),
    ...together('rules for X-Forwarded-… and Forwarded', { frontend: clientHeaders(rendered).frontend }),
  ];
}

/** A configuration without these lines. @throws Error when one of them is not in it. */
export function withoutLines(text: string, { global, defaults, frontend }: Addition): string {
  return [...global, ...defaults, ...frontend].reduce((rest, line) => {
    const lines = rest.split('\n');
    const without = lines.filter((each) => each.trim() !== line);
    if (without.length === lines.length) throw new Error(`nothing is rendered as ${line}`);
    return without.join('\n');
  }, text);
}
