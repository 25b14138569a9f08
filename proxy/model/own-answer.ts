import type { Body } from './action.ts';
import type { Condition } from './condition.ts';

/** An answer in the place of HAProxy's own. Headers are log-format strings. */
export interface OwnAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Body | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a frontend tells those who watch it. */
export interface Monitor {
  readonly uri: string;
  /** When it says that it is not well. */
  readonly fail: Condition | null;
}

/** A time in which every request gets one answer. Seconds since 1970; null: there is no end. */
export interface Maintenance {
  readonly from: number;
  readonly until: number | null;
  readonly answer: OwnAnswer;
  /** Whose requests are served all the same. */
  readonly except: Condition | null;
}

/** What HAProxy answers in the place of servers. */
export interface Answers {
  readonly errors: readonly OwnAnswer[];
  readonly maintenance: Maintenance | null;
}
