import { parseArgs } from 'node:util';
import { allowedCpus } from '../proxy/lab.ts';
import { type RowName, rows } from '../proxy/rows.ts';

/** What `npm run bench:tuning` was asked for. */
export interface TuningOptions {
  readonly rounds: number;
  /** How long each measurement takes. */
  readonly seconds: number;
  /** HAProxy's threads, on as many CPUs. */
  readonly threads: number;
  readonly rows: readonly RowName[];
  /** Where the samples go as JSON. */
  readonly json: string | null;
}

/** Session rate, requests a second, throughput. */
const usual: readonly RowName[] = ['connection', 'keep-alive', '10mb'];

/** What `--help` says. */
export const tuningUsage = `usage: npm run bench:tuning [-- options]
  HAProxy as weir renders it on a kernel as it comes, with each group of the values that weir plans for this machine, and with all of them;
  in networks of their own, side by side, with a verdict for each group

  --rows a,b       of ${Object.keys(rows).join(' ')} (default: ${usual.join(',')})
  --rounds N       how often each is measured, in turns (default: 5)
  --seconds N      how long each time (default: 3)
  --threads N      HAProxy's threads, on as many CPUs (default: half of the CPUs)
  --json FILE      write all samples there
`;

/** Reads the options. @throws Error that says what is wrong with them. */
export function parseTuningOptions(args: readonly string[]): TuningOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: usual.join(',') },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      threads: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const cpus = allowedCpus().length;
  const chosen = values.rows.split(',');
  const unknown = chosen.filter((name) => !Object.hasOwn(rows, name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}; there are ${Object.keys(rows).join(', ')}`);
  return {
    rounds: whole('rounds', values.rounds, 100),
    seconds: whole('seconds', values.seconds, 600),
    threads: whole('threads', values.threads ?? `${Math.max(1, Math.floor(cpus / 2))}`, cpus),
    rows: chosen as readonly RowName[],
    json: values.json ?? null,
  };
}

/** The number of an option. @throws Error that says which numbers it takes. */
export function whole(name: string, text: string, most: number): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > most) throw new Error(`--${name} ${text}: a whole number from 1 to ${most} is wanted`);
  return Number(text);
}
