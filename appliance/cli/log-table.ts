/**
 * A table with a heading and a note: numbers and the like to the right, the last column, which is the longest, to the left. Nothing where there are no
 * rows.
 */
export function table(
  heading: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  note: string | null = null,
): readonly string[] {
  if (rows.length === 0) return [];
  const head = columns.some((column) => column !== '') ? [columns] : [];
  const all = [...head, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)))];
  const last = columns.length - 1;
  const widths = columns.map((_, at) => all.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === last ? cell : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [heading, ...all.map((row) => `  ${line(row)}`), ...(note === null ? [] : [note]), ''];
}

/** Bytes in the largest unit of 1,000 that fits, one decimal. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return step === 0 ? `${Math.round(bytes)} B` : `${(bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}
