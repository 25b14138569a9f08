import { z } from 'zod';

/** Bytes above which a request is not read: the largest document is 16 MB, and JSON may double its quotes. */
export const largestRequest = 40 * 1024 * 1024;

const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'control characters are not allowed');
const connection = line(200).nullable().default(null);
const change = {
  /** Who asks, for the history. */
  by: line(100).min(1).default('somebody'),
  /** Seconds in which it must be confirmed, at most a day; null: it need not be. */
  confirmSeconds: z.int().min(5).max(86_400).nullable().default(null),
  /** The asker takes the risk of a change that should be confirmed. */
  yes: z.boolean().default(false),
  /** SSH_CONNECTION of the asker, or null. */
  connection,
};

/** A document to plan; null: the confirmed one. `file` is what problems call it. */
export const planRequest = z.strictObject({ config: z.string().nullable(), file: line(300).default('config.yaml') });

/** A document to apply; null: the confirmed one, which repairs drift. */
export const applyRequest = z.strictObject({ ...planRequest.shape, ...change });

/** A generation to go back to; null: the one before the confirmed one, or out of a change that waits to be confirmed. */
export const rollbackRequest = z.strictObject({ id: line(80).nullable().default(null), ...change });

/** The confirming of a change that waits. */
export const confirmRequest = z.strictObject({ connection });

/** A request after it was checked. */
export type ApplyRequest = z.infer<typeof applyRequest>;
/** A request after it was checked. */
export type RollbackRequest = z.infer<typeof rollbackRequest>;
