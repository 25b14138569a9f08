import { execFileSync } from 'node:child_process';
import { type Figure, median, spread } from './figure.ts';

function milliseconds(args: readonly string[]): number {
  const start = process.hrtime.bigint();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Start-up of the command beside bare Node, interleaved: 15 rounds. */
export async function benchStart(): Promise<readonly Figure[]> {
  const bare: number[] = [];
  const weir: number[] = [];
  for (let round = 0; round < 15; round++) {
    bare.push(milliseconds(['-e', '0']));
    weir.push(milliseconds(['build/weir.mjs', '--version']));
  }
  return [
    { what: 'node -e 0', figure: spread(bare, 'ms'), wanted: '' },
    { what: 'weir --version', figure: spread(weir, 'ms'), wanted: '' },
    { what: 'weir --version beyond bare node', figure: `${(median(weir) - median(bare)).toFixed(0)} ms`, wanted: '150 ms' },
  ];
}
