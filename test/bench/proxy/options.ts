import { parseArgs } from 'node:util';
import { idleRows } from './idle.ts';
import { allowedCpus } from './lab.ts';
import { rows } from './rows.ts';

/** What `npm run bench proxy` was asked for. */
export interface ProxyOptions {
  readonly rounds: number;
  /** How long each measurement takes. */
  readonly seconds: number;
  /** Threads of each proxy, and CPUs that are theirs alone as far as there are others. */
  readonly threads: number;
  readonly rows: ReadonlySet<string>;
  /** Print the configurations and end. */
  readonly print: boolean;
  /** Where the result goes as JSON. */
  readonly json: string | null;
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
  const whole = (name: string, text: string, most: number): number => {
    if (!/^[1-9]\d*$/.test(text) || Number(text) > most) throw new Error(`--${name} ${text}: a whole number from 1 to ${most} is wanted`);
    return Number(text);
  };
  const cpus = allowedCpus().length;
  const chosen = values.rows === undefined ? rowNames : values.rows.split(',');
  const unknown = chosen.filter((name) => !rowNames.includes(name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${rowNames.join(', ')}`);
  return {
    rounds: whole('rounds', values.rounds, 100),
    seconds: whole('seconds', values.seconds, 600),
    threads: whole('threads', values.threads ?? `${Math.max(1, Math.floor(cpus / 2))}`, cpus),
    rows: new Set(chosen),
    print: values.print,
    json: values.json ?? null,
  };
}
