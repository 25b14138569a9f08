const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The wall clock of this machine, in seconds as if it were UTC: the clock by which HAProxy writes its log here. */
export function wallClock(ms: number): number {
  const at = new Date(ms);
  return Math.floor(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()) / 1000);
}

/**
 * A moment by the log's own clock, in seconds as if that were UTC: `90s`, `15m`, `2h`, `3d` ago; `13:05`, `13:05:30` today; `2026-11-23`,
 * `2026-11-23 13:05`, `2026-11-23T13:05:30`. Null for anything else, such as the 30th of February. `now` is a {@link wallClock}.
 */
export function parseMoment(text: string, now: number): number | null {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (units[unit] ?? 0);
  const found = /^(\d{4}-\d\d-\d\d)?(?:(?:^|(?<=\d)[ T])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (found === null || text === '') return null;
  const [, day, hours = '00', minutes = '00', seconds = '00'] = found;
  const today = new Date(now * 1000).toISOString().slice(0, 10);
  const iso = `${day ?? today}T${hours}:${minutes}:${seconds}`;
  const ms = Date.parse(`${iso}Z`);
  // a day beyond its month's end would be one of the next
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== iso ? null : ms / 1000;
}
