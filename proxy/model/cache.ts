import type { Words } from './bind.ts';

/** A cache in memory (configuration manual, 6.2.1): its limits by HAProxy's words. */
export interface Cache {
  readonly name: string;
  readonly settings: Words;
}
