import { errorsOf, perCpuSecond, perSecond, type Sample, type Samples, unlogged } from './measure.ts';
import { fewestRounds, ratios, type Spread, spreadOf } from './spread.ts';

/** Rows of cells as text: the first column left, the others right, each as wide as its widest cell. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...lines.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** `median (min to max)`, in the unit that the column says. */
export function spreadText(spread: Spread | null): string {
  return spread === null ? '-' : `${number(spread.median)} (${number(spread.min)} to ${number(spread.max)})`;
}

/** Columns of every row of loads. */
export const heads = ['', 'requests/CPU-second', 'of stock', 'requests/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'errors', 'unlogged'] as const;

function percentile(samples: readonly Sample[], which: 'p50' | 'p99' | 'p999'): string {
  const spread = spreadOf(samples.flatMap(({ percentiles }) => (percentiles === null ? [] : [percentiles[which]])));
  return spread === null ? '' : spreadText(spread);
}

/** The lines of one row: each contender's figures, first of all the requests for a second of the proxy's CPU. */
export function rowLines(what: string, samples: Samples): readonly (readonly string[])[] {
  const stock = perCpuSecond(samples.get('stock') ?? []);
  const lines = [...samples].map(([name, each]) => {
    const own = perCpuSecond(each);
    const share = spreadOf(own.length === 0 ? [] : ratios(own, stock));
    const errors = errorsOf(each);
    const lost = unlogged(each);
    return [
      `  ${name}`,
      spreadText(spreadOf(own)),
      share === null ? '' : share.median.toFixed(2),
      spreadText(spreadOf(perSecond(each))),
      percentile(each, 'p50'),
      percentile(each, 'p99'),
      percentile(each, 'p999'),
      `${errors}`,
      lost < 0.0005 ? '' : `${(lost * 100).toFixed(1)} %`,
    ];
  });
  return [[what], ...lines];
}

/**
 * Who needs less CPU than weir in a row beyond what the rounds differ: by the ratios to weir of the same rounds, all of which are above 1. Of fewer
 * than `fewestRounds` nobody can tell.
 */
export function better(samples: Samples): readonly { readonly name: string; readonly ratio: number }[] {
  const weir = perCpuSecond(samples.get('weir') ?? []);
  return [...samples].flatMap(([name, each]) => {
    const ratio = name === 'weir' ? null : spreadOf(ratios(perCpuSecond(each), weir));
    return ratio !== null && weir.length >= fewestRounds && ratio.min > 1 ? [{ name, ratio: ratio.median }] : [];
  });
}
