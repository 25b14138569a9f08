/** One mistake in the document: where (a path into it), what is wrong, and what to do. */
export interface Problem {
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
  /** `warning` does not stop an apply; absent means error. */
  readonly severity?: 'warning';
}
