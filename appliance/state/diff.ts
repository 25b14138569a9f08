import { createTwoFilesPatch } from 'diff';
import { rawMark } from '../../proxy/haproxy/quote.ts';
import { type Held, type Path, plain } from './host-state.ts';
import { isKernelPath } from './kernel-path.ts';
import type { Plan, Step } from './plan.ts';
import type { Service } from './services.ts';

/** One change of a plan as a person or a script reads it; `diff` is a unified diff without its header, empty where a secret or a kernel value changes. */
export interface Change {
  readonly path: Path;
  readonly action: 'create' | 'change' | 'remove';
  readonly before: string | null;
  readonly after: string | null;
  readonly diff: readonly string[];
  /** Raw lines of the document (`extra:`) among the added ones: HAProxy checks them, weir does not know them. */
  readonly raw: readonly string[];
}

/** A plan for reading: what changes, and what takes it up. Holds no secret. */
export interface PlanReport {
  readonly changes: readonly Change[];
  readonly activate: readonly Service[];
}

/** Describes a plan; secrets appear as `[secret]`. */
export function describe(plan: Plan): PlanReport {
  return {
    changes: plan.filter((step) => step.kind === 'write').map(describeWrite),
    activate: plan.filter((step) => step.kind === 'activate').map((step) => step.service),
  };
}

function describeWrite({ path, before, after }: Extract<Step, { kind: 'write' }>): Change {
  const isShort = isKernelPath(path) || isLink(before) || isLink(after);
  const isSecret = [before, after].some((held) => held !== null && typeof held.content !== 'string');
  const diff = isShort || isSecret ? [] : unified(before, after);
  return {
    path,
    action: before === null ? 'create' : after === null ? 'remove' : 'change',
    before: isShort || isSecret ? shown(before) : null,
    after: isShort || isSecret ? shown(after) : null,
    diff,
    raw: diff.filter((line) => line.startsWith('+') && line.endsWith(rawMark)).map((line) => line.slice(1, -rawMark.length).trim()),
  };
}

/** A plan as text for a terminal: one line a change, with its diff below it. */
export function formatPlan(report: PlanReport): string {
  if (report.changes.length === 0) return report.activate.length === 0 ? 'Nothing to do: the machine is as the document says.\n' : '';
  const sign = { create: '+', change: '~', remove: '-' } as const;
  const lines = report.changes.flatMap((change) => [
    `${sign[change.action]} ${change.path}${change.before === null && change.after === null ? '' : `  ${change.before ?? '(none)'} -> ${change.after ?? '(none)'}`}`,
    ...change.diff.map((line) => `    ${line}`),
    ...change.raw.map((line) => `    raw: ${line}`),
  ]);
  const count = (action: Change['action']) => report.changes.filter((change) => change.action === action).length;
  return [
    ...lines,
    '',
    `${count('create')} to create, ${count('change')} to change, ${count('remove')} to remove; then activate: ${report.activate.join(', ') || 'nothing'}`,
    '',
  ].join('\n');
}

function isLink(held: Held | null): boolean {
  return held !== null && (held.mode & 0o170000) === 0o120000;
}

function shown(held: Held | null): string | null {
  return held === null ? null : `${held.content}`;
}

function unified(before: Held | null, after: Held | null): readonly string[] {
  const patch = createTwoFilesPatch('', '', before ? plain(before.content) : '', after ? plain(after.content) : '', '', '', { context: 2 });
  return patch
    .split('\n')
    .slice(4)
    .filter((line) => line !== '' && !line.startsWith('\\ No newline'));
}

export { rawMark };
