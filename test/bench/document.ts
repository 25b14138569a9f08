import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeDocument } from '../support/documents.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
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

/** A document, with what stands beside it. */
interface Large {
  readonly what: string;
  readonly size: number;
  readonly text: string;
  readonly certificates: boolean;
  readonly wanted: readonly [time: string, memory: string];
}

const sizes = [1_000, 10_000];

const large: readonly Large[] = sizes.flatMap((size) => [
  {
    what: `${size.toLocaleString('en')} backends of 4 servers`,
    size,
    text: largeDocument(size, 4),
    certificates: false,
    wanted: size === 1_000 ? ['0.8 s', ''] : ['5 s', ''],
  },
  {
    what: `${size.toLocaleString('en')} backends of 2 servers, as many certificates`,
    size,
    text: largeDocument(size, 2, true),
    certificates: true,
    wanted: size === 1_000 ? ['0.8 s', ''] : ['8 s', '1,500 MB'],
  },
]);

/** One key and certificate under each name: weir reads a certificate for each file, whatever it holds. */
async function lay(folder: string, { text, size, certificates }: Large): Promise<void> {
  const { cert, key } = await makeCertificate('*.shop.example');
  mkdirSync(join(folder, 'certificates'), { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), text);
  for (let n = 0; certificates && n < size; n++) writeFileSync(join(folder, 'certificates', `site${n}.pem`), `${cert}${key}`);
}

/** Validate and render of large documents: 5 rounds each, interleaved. */
export async function benchDocument(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const runs = new Map<Large, Run[]>(large.map((each) => [each, []]));
  try {
    for (const [index, each] of large.entries()) await lay(join(folder, String(index)), each);
    for (let round = 0; round < 5; round++) {
      for (const [index, each] of large.entries()) runs.get(each)?.push(render(join(folder, String(index))));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const seconds = (each: Large) => (runs.get(each) ?? []).map((run) => run.seconds);
  const megabytes = (each: Large) => (runs.get(each) ?? []).map((run) => run.megabytes);
  return large.flatMap((each) => {
    const small = large.find(({ size, certificates }) => size < each.size && certificates === each.certificates);
    const growth =
      small === undefined
        ? []
        : [
            {
              what: '  time, and memory, over those of 1,000',
              figure: `${(median(seconds(each)) / median(seconds(small))).toFixed(1)}, ${(median(megabytes(each)) / median(megabytes(small))).toFixed(1)}`,
              wanted: '10 (linear)',
            },
          ];
    return [
      { what: `validate + render, ${each.what}`, figure: spread(seconds(each), 's'), wanted: each.wanted[0] },
      { what: '  peak memory', figure: spread(megabytes(each), 'MB'), wanted: each.wanted[1] },
      ...growth,
    ];
  });
}
