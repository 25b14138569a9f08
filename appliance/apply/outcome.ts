import type { Capacity } from '../../tuning/capacity.ts';
import type { Problem } from '../config/problem.ts';
import type { PlanReport } from '../state/diff.ts';
import type { Path } from '../state/host-state.ts';

/** A kernel value that this machine does not take; it leaves the plan and stands in the report. */
export interface Verdict {
  readonly path: Path;
  readonly wanted: string;
  /** What the path holds; null where there is none. */
  readonly holds: string | null;
  readonly kind: 'absent' | 'unchangeable' | 'adjusted';
  /** The kernel's answer, an errno such as `EINVAL`, or empty. */
  readonly reason: string;
}

/** How a change ended. The command's exit codes, in order: 0, 2, 1, 3. */
export type Outcome =
  | {
      readonly kind: 'confirmed';
      readonly generation: string;
      /** False when the machine was already as wanted and the document is the confirmed one. */
      readonly changed: boolean;
      readonly plan: PlanReport;
      readonly verdicts: readonly Verdict[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reasons: readonly string[]; readonly problems: readonly Problem[] }
  | RolledBack
  | RollbackFailed;

/** The machine is as it was. */
export interface RolledBack {
  readonly kind: 'rolled-back';
  readonly reasons: readonly string[];
}

/** It is not, and `remaining` says what is otherwise. */
export interface RollbackFailed {
  readonly kind: 'rollback-failed';
  readonly reasons: readonly string[];
  readonly remaining: readonly string[];
}

/** What an apply says while it works, for people who watch. */
export type Progress =
  | { readonly kind: 'phase'; readonly phase: 'check' | 'write' | 'verify' | 'confirm' | 'roll back'; readonly message: string }
  | { readonly kind: 'step'; readonly number: number; readonly of: number; readonly message: string }
  /** `capacity`: what the machine carries then; told by who made the document into the plan. */
  | { readonly kind: 'plan'; readonly plan: PlanReport; readonly capacity?: Capacity | null }
  | { readonly kind: 'waiting'; readonly seconds: number };

/** Takes what an apply says. */
export type Report = (progress: Progress) => void;

/** An apply cannot go on, for a reason that a person should read: everything done so far is undone. Any other error is a bug, and is undone too. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}
