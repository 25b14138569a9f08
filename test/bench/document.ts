import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeDocument } from '../support/documents.ts';
import { type Figure, median, spread } from './figure.ts';

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}

/** One whole `weir render`, start of the process included; the process reports its own peak memory when it ends. */
function render(folder: string): Run {
  const program = `
    process.argv.splice(1, 0, 'weir', 'render', '--config', ${JSON.stringify(join(folder, 'config.yaml'))}, '--out', ${JSON.stringify(join(folder, 'out'))});
    process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS));
    await import(${JSON.stringify(join(process.cwd(), 'build/weir.mjs'))});`;
  const start = process.hrtime.bigint();
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const peak = /peak (\d+)$/.exec(done.stderr);
  if (done.status !== 0 || !peak) throw new Error(done.stderr);
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, megabytes: Number(peak[1]) / 1024 };
}

/** Validate and render of large documents: 5 rounds each, interleaved. */
export async function benchDocument(): Promise<readonly Figure[]> {
  const sizes = [1_000, 10_000];
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const runs = new Map<number, Run[]>(sizes.map((size) => [size, []]));
  try {
    for (let round = 0; round < 5; round++) {
      for (const size of sizes) {
        writeFileSync(join(folder, 'config.yaml'), largeDocument(size, 4));
        runs.get(size)?.push(render(folder));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const seconds = (size: number) => (runs.get(size) ?? []).map((run) => run.seconds);
  const megabytes = (size: number) => (runs.get(size) ?? []).map((run) => run.megabytes);
  return [
    { what: 'validate + render, 1,000 backends of 4 servers', figure: spread(seconds(1_000), 's'), wanted: '0.8 s' },
    { what: '  peak memory', figure: spread(megabytes(1_000), 'MB'), wanted: '' },
    { what: 'validate + render, 10,000 backends of 4 servers', figure: spread(seconds(10_000), 's'), wanted: '5 s' },
    { what: '  peak memory', figure: spread(megabytes(10_000), 'MB'), wanted: '' },
    {
      what: '  time of 10,000 over time of 1,000',
      figure: (median(seconds(10_000)) / median(seconds(1_000))).toFixed(1),
      wanted: '10 (linear)',
    },
  ];
}
