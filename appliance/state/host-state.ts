import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';

/** A path we own, or a stable key that the host resolves when it reads or writes (`irq:<pci>/<queue>`). */
export type Path = string;

/** Content that must never be shown: prints as `[secret]` wherever it is turned into text. */
export interface Secret {
  readonly reveal: () => string;
  readonly toString: () => '[secret]';
  readonly toJSON: () => '[secret]';
}

/**
 * Content by its hash: that of a large file, or of one that is no text. Whoever made it from bytes has them at hand (`reveal`); for what was observed
 * on a host or read from a journal, the store of blobs has them.
 */
export interface Bytes {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  readonly reveal?: () => Uint8Array;
}

/**
 * What a path holds. `mode` is as stat(2) has it: 0o644 for a file, 0o120777 for a symbolic link whose target is `content`; what is neither (a socket, a
 * device) has its type there and no content, and is never weir's. `owner` is `user:group`.
 * `rule` stands at kernel values only: what is there may be more (`at-least`) or less (`at-most`) than `content` without being a difference; and so does `isLast`:
 * it is set after all others, because it may cut off who manages the machine.
 */
export interface Held {
  readonly content: string | Secret | Bytes;
  readonly mode: number;
  readonly owner: string;
  readonly rule?: 'at-least' | 'at-most';
  readonly isLast?: true;
}

/** Everything we own on a host and what it holds; `null` means not there. */
export type HostState = ReadonlyMap<Path, Held | null>;

/** Wraps a secret so that logs, diffs, JSON and template strings show `[secret]`. Its text is reachable by `reveal()` only. */
export function secret(text: string): Secret {
  const reveal = () => text;
  const shown = () => '[secret]' as const;
  return Object.freeze(Object.defineProperty({ toString: shown, toJSON: shown } as Secret, 'reveal', { value: reveal, enumerable: false }));
}

/** Bytes with their hash. Neither they nor a part of them is ever shown. */
export function bytesOf(content: Uint8Array): Bytes {
  const bytes = { sha256: createHash('sha256').update(content).digest('hex'), size: content.length };
  return Object.defineProperty(bytes, 'reveal', { value: () => content, enumerable: false });
}

/** Larger texts are held by their hash: nobody reads their differences, and several copies of them would not fit into the agent's memory. */
export const largestText = 2 ** 20;

/** What a file with these bytes holds, exactly: text where it is one and not large, else its hash. */
export function contentOf(bytes: Uint8Array, isSecret: boolean): Held['content'] {
  if (bytes.length > largestText || !isUtf8(bytes)) return bytesOf(bytes);
  // Not by TextDecoder, which takes a byte order mark away.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  return isSecret ? secret(text) : text;
}

/** Whether content is held by its hash. */
export function isBytes(content: Held['content']): content is Bytes {
  return typeof content !== 'string' && 'sha256' in content;
}

/** A file of root that anyone may read. */
export function textFile(content: string): Held {
  return { content, mode: 0o644, owner: 'root:root' };
}

/** A symbolic link. */
export function linkTo(target: string): Held {
  return { content: target, mode: 0o120777, owner: 'root:root' };
}

/** Whether what a path holds is a symbolic link. */
export function isLink(held: Held): boolean {
  return (held.mode & 0o170000) === 0o120000;
}

/** A file of root that nobody else may read, and that no plan shows. */
export function secretFile(content: string): Held {
  return { content: secret(content), mode: 0o600, owner: 'root:root' };
}

/** A file of root that nobody else may read. */
export function privateFile(content: Bytes): Held {
  return { content, mode: 0o600, owner: 'root:root' };
}

/** The text of what a path holds, secrets included: only for comparing and for writing. Content that is held by its hash gives what no text is. */
export function plain(content: Held['content']): string {
  if (isBytes(content)) return `\0sha256:${content.sha256}`;
  return typeof content === 'string' ? content : content.reveal();
}

/** Whether two states of a path are the same: both absent, or equal content, mode and owner. */
export function isSame(a: Held | null, b: Held | null): boolean {
  if (a === null || b === null) return a === b;
  return plain(a.content) === plain(b.content) && a.mode === b.mode && a.owner === b.owner;
}
