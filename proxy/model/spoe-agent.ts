import type { Words } from './bind.ts';
import type { Condition } from './condition.ts';
import type { LogTarget } from './logging.ts';
import type { Options } from './option.ts';

/** A message to an agent: what it says, and when (SPOE.txt, 2.3). */
export interface SpoeMessage {
  readonly name: string;
  /** Sample expressions in their order; `name` null: the agent knows it by its place. */
  readonly args: readonly { readonly name: string | null; readonly sample: string }[];
  /** HAProxy's word for the moment; null: a rule sends it, with its group. */
  readonly event: string | null;
  readonly condition: Condition | null;
}

/** An agent that processes streams beside HAProxy, and what it is sent (SPOE.txt, 2.2). */
export interface SpoeAgent {
  readonly name: string;
  /** The backend whose servers it is. */
  readonly backend: string;
  readonly messages: readonly SpoeMessage[];
  /** Names of messages that rules send together, by the name of the group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly timeouts: Readonly<Record<string, string>>;
  /** Limits by HAProxy's words: `max-frame-size`, `maxconnrate`. */
  readonly settings: Words;
  readonly options: Options;
  /** Variables that it may set although nothing here asks for them. */
  readonly variables: readonly string[];
  /** Where its log goes beside that of the machine. */
  readonly targets: readonly LogTarget[];
}
