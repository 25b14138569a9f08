import type { RuntimeChange } from '../state/runtime.ts';

/** A wish to change what runs that was refused (nothing changed), or that HAProxy did not take all of. */
export interface NotDone {
  readonly kind: 'refused' | 'failed';
  readonly reasons: readonly string[];
  readonly hint?: string;
}

/** How a wish to change a running machine ended. */
export type Running =
  | NotDone
  | {
      readonly kind: 'done';
      readonly changed: readonly RuntimeChange[];
      readonly changes: readonly RuntimeChange[];
      readonly notes: readonly string[];
      /** Old workers that take no such change and serve as before until they end, `outlive`. */
      readonly unheard?: readonly number[];
    };

/** A refusal of a change of what runs. */
export function refused(reason: string, hint?: string): NotDone {
  return { kind: 'refused', reasons: [reason], ...(hint === undefined ? {} : { hint }) };
}
