import { errorsOf, perCpuSecond, type Samples } from './measure.ts';
import type { ProxyOptions } from './options.ts';
import { type RowName, rows } from './rows.ts';
import type { Measured, MeasuredAblation, MeasuredIdle } from './run.ts';
import { ratios, spreadOf } from './spread.ts';
import { aligned, better, heads, rowLines, spreadText } from './table.ts';

/** The table of loads. Below a row stands who is better than weir in it beyond the range, and what is known of the reason. */
export function loadsText(loads: readonly Measured[]): string {
  if (loads.length === 0) return '';
  const whole = aligned([
    heads,
    ...loads.flatMap(({ what, samples }) => rowLines(what, samples).map((cells, index) => (index === 0 ? [] : cells))),
  ]).split('\n');
  const [head = '', ...lines] = whole;
  const parts = [head];
  let next = 0;
  for (const { what, samples, notes } of loads) {
    parts.push('', what, ...lines.slice(next + 1, next + 1 + samples.size));
    next += 1 + samples.size;
    for (const { name, ratio } of better(samples))
      parts.push(
        `  ! ${name} does ${ratio.toFixed(2)} times as much for the same CPU${notes[name] === undefined ? '' : `; known of it: ${notes[name]}`}`,
      );
  }
  return `${parts.join('\n')}\n\n`;
}

/** The table of idle connections: kB of memory each. */
export function idleText(idle: readonly MeasuredIdle[]): string {
  if (idle.length === 0) return '';
  const kilobytes = (bytes: readonly number[]) => spreadText(spreadOf(bytes.map((each) => each / 1024)));
  const lines = idle.flatMap(({ what, memory }) => [
    [what],
    ...[...memory].map(([name, all]) => [`  ${name}`, kilobytes(all.map((each) => each.all)), kilobytes(all.map((each) => each.kernel))]),
  ]);
  return `${aligned([['', 'kB a connection', 'of it the kernel'], ...lines])}\n`;
}

/** One table of defaults: each contender's share of what `beside` does for the same CPU. */
function sharesText(title: string, beside: string, measured: readonly { readonly row: RowName; readonly samples: Samples }[]): string {
  const names = [...new Set(measured.flatMap(({ samples }) => [...samples.keys()]))].filter((name) => name !== beside);
  const cell = (samples: Samples, name: string): string => {
    const own = samples.get(name);
    if (own === undefined) return '';
    const errors = errorsOf(own);
    const share = spreadOf(ratios(perCpuSecond(own), perCpuSecond(samples.get(beside) ?? [])));
    if (share === null) return '';
    return `${share.median.toFixed(2)} (${share.min.toFixed(2)} to ${share.max.toFixed(2)})${errors === 0 ? '' : `, ${errors} errors`}`;
  };
  const short = (name: string) => (name.length > 48 ? `${name.slice(0, 47)}…` : name);
  const lines = names.map((name) => [`  ${short(name)}`, ...measured.map(({ samples }) => cell(samples, name))]);
  return `${aligned([[title, ...measured.map(({ row }) => row)], ...lines])}\n`;
}

/** The tables of defaults: what each alone does to stock, and what weir does without it. */
export function ablationText(ablation: readonly MeasuredAblation[]): string {
  if (ablation.length === 0) return '';
  const of = (which: 'added' | 'removed') => ablation.map((each) => ({ row: each.row, samples: each[which] }));
  return [
    sharesText('stock with one default of weir: requests/CPU-second of stock', 'stock', of('added')),
    sharesText('weir without one of its defaults: requests/CPU-second of weir', 'weir', of('removed')),
  ].join('');
}

/** Everything that was measured, sample by sample. */
export function toJson(
  machine: readonly string[],
  options: ProxyOptions,
  loads: readonly Measured[],
  idle: readonly MeasuredIdle[],
  ablation: readonly MeasuredAblation[],
) {
  return {
    version: 1,
    machine,
    options: { ...options, rows: [...options.rows] },
    rows: loads.map(({ samples, ...row }) => ({ ...row, samples: Object.fromEntries(samples) })),
    idle: idle.map(({ memory, ...row }) => ({ ...row, bytesPerConnection: Object.fromEntries(memory) })),
    ablation: ablation.map(({ row, added, removed }) => ({
      row,
      what: rows[row].what,
      added: Object.fromEntries(added),
      removed: Object.fromEntries(removed),
    })),
  };
}
