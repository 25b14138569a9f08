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

/** A group of whole answers by status, files on the appliance (configuration manual, 3.8 "http-errors"). */
export interface HttpErrors {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** What HAProxy answers in the place of servers. */
export interface Answers {
  /** Groups of errors that the section has; no status: all of a group. */
  readonly groups: readonly { readonly name: string; readonly status: readonly number[] }[];
  readonly errors: readonly OwnAnswer[];
  readonly maintenance: Maintenance | null;
}
