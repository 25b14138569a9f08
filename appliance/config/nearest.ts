/**
 * The candidate that was most likely meant: the one with the smallest edit distance (a swap of neighbours counts once), if that is at most a third of the
 * word's length, 1 for short words. Upper and lower case are the same.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor((word.length + 1) / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  const wanted = word.toLowerCase();
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** What to say below a wrong word: `did you mean "app"?`, or the few words there are, or nothing. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates];
  const meant = nearest(word.slice(0, 80), known);
  if (meant !== null) return `did you mean "${meant}"?`;
  if (known.length === 0) return undefined;
  return known.length <= 30 ? `there is: ${known.join(', ')}` : undefined;
}

/**
 * Damerau's distance in its optimal string alignment form: insertions, deletions, substitutions and swaps of neighbours. From `limit` on it is not exact.
 */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, (before[j - 2] ?? 0) + 1);
      current.push(distance);
      if (distance < least) least = distance;
    }
    // A swap reaches back two rows, so that one row alone beyond the limit does not decide.
    if (least > limit) return limit;
    [before, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
