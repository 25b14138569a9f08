/** The numbers of a list as the kernel writes CPUs and ports (`8080,9000-9010`), ascending; null for anything else. The empty list is empty text. */
export function parseNumberList(text: string, most: number): readonly number[] | null {
  if (text.trim() === '') return [];
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || from > to || to > most) return null;
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Numbers as the kernel writes them back: ascending, neighbours as a range (`proc_do_large_bitmap` in kernel/sysctl.c, `%*pbl` in lib/vsprintf.c). */
export function formatNumberList(numbers: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
