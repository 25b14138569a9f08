/** A path we own, or a stable key that the host resolves when it reads or writes (`irq:<pci>/<queue>`). */
export type Path = string;

/** Content that must never be shown: prints as `[secret]` wherever it is turned into text. */
export interface Secret {
  readonly reveal: () => string;
  readonly toString: () => '[secret]';
  readonly toJSON: () => '[secret]';
}

/**
 * What a path holds. `mode` is as stat(2) has it: 0o644 for a file, 0o120777 for a symbolic link whose target is `content`; what is neither (a socket, a
 * device) has its type there and no content, and is never weir's. `owner` is `user:group`.
 * `rule` stands at kernel values only: what is there may be more (`at-least`) or less (`at-most`) than `content` without being a difference.
 */
export interface Held {
  readonly content: string | Secret;
  readonly mode: number;
  readonly owner: string;
  readonly rule?: 'at-least' | 'at-most';
}

/** Everything we own on a host and what it holds; `null` means not there. */
export type HostState = ReadonlyMap<Path, Held | null>;

/** Wraps a secret so that logs, diffs, JSON and template strings show `[secret]`. Its text is reachable by `reveal()` only. */
export function secret(text: string): Secret {
  const reveal = () => text;
  const shown = () => '[secret]' as const;
  return Object.freeze(Object.defineProperty({ toString: shown, toJSON: shown } as Secret, 'reveal', { value: reveal, enumerable: false }));
}

/** A file of root that anyone may read. */
export function textFile(content: string): Held {
  return { content, mode: 0o644, owner: 'root:root' };
}

/** A symbolic link. */
export function linkTo(target: string): Held {
  return { content: target, mode: 0o120777, owner: 'root:root' };
}

/** A file of root that nobody else may read, and that no plan shows. */
export function secretFile(content: string): Held {
  return { content: secret(content), mode: 0o600, owner: 'root:root' };
}

/** The text of what a path holds, secrets included: only for comparing and for writing. */
export function plain(content: string | Secret): string {
  return typeof content === 'string' ? content : content.reveal();
}

/** Whether two states of a path are the same: both absent, or equal content, mode and owner. */
export function isSame(a: Held | null, b: Held | null): boolean {
  if (a === null || b === null) return a === b;
  return plain(a.content) === plain(b.content) && a.mode === b.mode && a.owner === b.owner;
}
