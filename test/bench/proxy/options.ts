import { parseArgs } from 'node:util';
import { idleRows } from './idle.ts';
import { allowedCpus } from './lab.ts';
import { rows } from './rows.ts';

/** How often and how long is measured, what every bench of loads is asked. */
export interface Measuring {
  readonly rounds: number;
  /** How long each measurement takes. */
  readonly seconds: number;
  /** Threads of each proxy, and CPUs that are theirs alone as far as there are others. */
  readonly threads: number;
  /** Where the result goes as JSON. */
  readonly json: string | null;
}

/** What `npm run bench proxy` was asked for. */
export interface ProxyOptions extends Measuring {
  readonly rows: ReadonlySet<string>;
  /** Print the configurations and end. */
  readonly print: boolean;
}

/** All rows, by name, in the order of the table. */
export const rowNames: readonly string[] = [...Object.keys(rows), 'open-50', 'open-80', ...Object.keys(idleRows), 'ablation'];

/** What `--help` says. */
export const proxyUsage = `usage: npm run bench proxy -- [options]
  weir's rendering beside Debian's stock haproxy.cfg, nginx of the same Debian, and no proxy at all

  --rows a,b       only these rows (default: all)
  --rounds N       how often each is measured, in turns (default: 5)
  --seconds N      how long each time (default: 2)
  --threads N      threads of each proxy, on as many CPUs (default: half of the CPUs)
  --print          print the configurations that are compared, and end
  --json FILE      write all samples there

  rows: ${rowNames.join(' ')}

  All of it takes about half an hour on two cores: 12 minutes of rows, 7 of defaults, and idle connections.
  A quick look:  npm run bench proxy -- --rows keep-alive,connection --rounds 3 --seconds 2
`;

/** Reads the options. @throws Error that says what is wrong with them. */
export function parseProxyOptions(args: readonly string[]): ProxyOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      threads: { type: 'string' },
      print: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const rows = new Set(values.rows === undefined ? rowNames : chosenRows(values.rows, rowNames));
  return { ...measuring(values), rows, print: values.print };
}

/** Rows by their names, with commas between. @throws Error that says which there are. */
export function chosenRows<Name extends string>(text: string, names: readonly Name[]): readonly Name[] {
  const isRow = (name: string): name is Name => names.some((each) => each === name);
  const chosen = text.split(',');
  const unknown = chosen.filter((name) => !isRow(name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${names.join(', ')}`);
  return chosen.filter(isRow);
}

/** Reads what every bench of loads is asked, as the command line has it; half of the CPUs are the proxies' unless told. @throws Error that says what is wrong. */
export function measuring(said: {
  readonly rounds: string;
  readonly seconds: string;
  readonly threads?: string | undefined;
  readonly json?: string | undefined;
}): Measuring {
  const cpus = allowedCpus().length;
  return {
    rounds: whole('rounds', said.rounds, 100),
    seconds: whole('seconds', said.seconds, 600),
    threads: whole('threads', said.threads ?? `${Math.max(1, Math.floor(cpus / 2))}`, cpus),
    json: said.json ?? null,
  };
}

function whole(name: string, text: string, most: number): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > most) throw new Error(`--${name} ${text}: a whole number from 1 to ${most} is wanted`);
  return Number(text);
}
