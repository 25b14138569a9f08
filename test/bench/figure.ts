/** One line of the bench: what was measured, the figure with its unit, and what it is held against. */
export interface Figure {
  readonly what: string;
  readonly figure: string;
  /** The number that the figure should keep to, as text; empty where there is none. */
  readonly wanted: string;
}

/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** `median (min to max)` with a unit, one decimal below 10. */
export function spread(values: readonly number[], unit: string): string {
  const text = (value: number) => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0));
  return `${text(median(values))} ${unit} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}
