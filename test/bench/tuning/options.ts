import { parseArgs } from 'node:util';
import { chosenRows, type Measuring, measuring } from '../proxy/options.ts';
import { type RowName, rows } from '../proxy/rows.ts';

/** What `npm run bench:tuning` was asked for. */
export interface TuningOptions extends Measuring {
  readonly rows: readonly RowName[];
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
  return { ...measuring(values), rows: chosenRows(values.rows, Object.keys(rows) as RowName[]) };
}
