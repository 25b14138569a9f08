/** What somebody else wrote, for a terminal: control characters and what turns the direction of writing become `?`. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** Rows under a head, in columns as wide as they need; numbers to the right. `left` are the columns of words. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[], left: ReadonlySet<number>): string {
  const all = [head, ...rows.map((row) => row.map(harmless))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) => (left.has(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0));
  return all.map((row) => `${row.map(cell).join('  ').trimEnd()}\n`).join('');
}

const steps = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** A number in three or four figures: `987`, `12.3k`, `1.2M`, in steps of 1,000. */
export function short(value: number | null): string {
  if (value === null) return '-';
  const step = value < 1000 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)}${steps[step]}`;
}

/** A time in two units at most: `45s`, `3m20s`, `5h12m`, `12d3h`. */
export function shortTime(seconds: number): string {
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds % 60),
  ];
  if (d > 0) return `${d}d${h}h`;
  if (h > 0) return `${h}h${m}m`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}

/** A whole number from 1 to `most` that an option gives; null when it is none. */
export function wholeNumber(text: string, most: number): number | null {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= most ? number : null;
}
