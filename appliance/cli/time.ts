const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a time such as `90s`, `5m`, `1h`, `2d` or plain seconds; null when it is none. */
export function secondsOf(text: string): number | null {
  const [, number, unit = 's'] = /^(\d{1,7})([smhd])?$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) * units[unit as keyof typeof units];
}
