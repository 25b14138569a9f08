import type { Path } from '../../state/host-state.ts';

/** What is remembered of the values that others set, by path, until the next confirmed apply. */
export interface Fights {
  readonly version: 1;
  /** The generation that it is about: another one begins anew. */
  readonly generation: string;
  /** When weir put a value back that a program had set, milliseconds since 1970, the last hour's. */
  readonly putBack: Readonly<Record<Path, readonly number[]>>;
  /** Values that weir leaves: who set them (null: unknown), what they held when that was seen, and since when. */
  readonly left: Readonly<Record<Path, Left>>;
}

/** A value that weir leaves as it is. */
export interface Left {
  readonly why: 'a person set it' | 'it was fought over';
  readonly who: string | null;
  readonly holds: string | null;
  readonly sinceMs: number;
}

/** Putting back that ends in an hour: the third time is the last. */
export const mostFights = 3;

const hourMs = 3_600_000;

/** Nothing is remembered. */
export function peace(generation: string): Fights {
  return { version: 1, generation, putBack: {}, left: {} };
}

/** After a person has set a value: weir leaves it. */
export function leave(fights: Fights, path: Path, who: string, holds: string | null, nowMs: number): Fights {
  return { ...fights, left: { ...fights.left, [path]: { why: 'a person set it', who, holds, sinceMs: nowMs } } };
}

/** Whether weir may put a value back once more that a program has set; with what is remembered then. */
export function fight(
  fights: Fights,
  path: Path,
  who: string | null,
  holds: string | null,
  nowMs: number,
): { readonly fights: Fights; readonly mayPutBack: boolean } {
  const recent = (fights.putBack[path] ?? []).filter((at) => nowMs - at < hourMs);
  if (recent.length < mostFights)
    return { fights: { ...fights, putBack: { ...fights.putBack, [path]: [...recent, nowMs] } }, mayPutBack: true };
  const left: Left = { why: 'it was fought over', who, holds, sinceMs: nowMs };
  return { fights: { ...fights, left: { ...fights.left, [path]: left } }, mayPutBack: false };
}

/** What a person should know of it, a sentence each, sorted by path. */
export function warnings({ left }: Fights): readonly string[] {
  return Object.entries(left)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { why, who, holds }]) =>
      why === 'a person set it'
        ? `${path} was set to ${holds ?? 'nothing'} by hand (${who ?? 'unknown'} was logged in): weir leaves it; weir apply sets it again`
        : `${path} was set to ${holds ?? 'nothing'} ${who === null ? 'by something unknown' : `by ${who}`} again after weir had put it back ${mostFights} times within an hour: weir leaves it; end who sets it, then weir apply`,
    );
}
