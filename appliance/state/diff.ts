import { createTwoFilesPatch } from 'diff';
import { rawMark } from '../../proxy/haproxy/quote.ts';
import { restartsHaproxy } from './haproxy-unit.ts';
import { type Held, isBytes, isLink, type Path, plain } from './host-state.ts';
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
  /** Certificates that HAProxy takes up while it serves; empty where it reloads, or has nothing to take up. */
  readonly live: readonly Path[];
  /** Services that restart: what they serve is cut off. */
  readonly restarts: readonly Service[];
  /** Why services take up files that stay as they are: what they run is something else. */
  readonly disagreements: readonly string[];
}

/** Describes a plan; secrets appear as `[secret]`. */
export function describe(plan: Plan): PlanReport {
  return {
    changes: plan.filter((step) => step.kind === 'write').map(describeWrite),
    activate: plan.filter((step) => step.kind === 'activate').map((step) => step.service),
    live: plan.flatMap((step) => (step.kind === 'activate' ? (step.live ?? []) : [])),
    restarts: restartsHaproxy(plan) ? ['haproxy'] : [],
    disagreements: plan.flatMap((step) => (step.kind === 'activate' ? (step.because ?? []) : [])),
  };
}

function describeWrite({ path, before, after }: Extract<Step, { kind: 'write' }>): Change {
  const is = (kind: (held: Held) => boolean) => [before, after].some((held) => held !== null && kind(held));
  const isShort = isKernelPath(path) || is(isLink) || is(({ content }) => isBytes(content));
  const isSecret = is(({ content }) => typeof content !== 'string' && !isBytes(content));
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
  if (report.changes.length + report.activate.length === 0) return 'Nothing to do: the machine is as the document says.\n';
  const sign = { create: '+', change: '~', remove: '-' } as const;
  const lines = report.changes.flatMap((change) => [
    `${sign[change.action]} ${change.path}${change.before === null && change.after === null ? '' : `  ${change.before ?? '(none)'} -> ${change.after ?? '(none)'}`}`,
    ...change.diff.map((line) => `    ${line}`),
    ...change.raw.map((line) => `    raw: ${line}`),
  ]);
  const count = (action: Change['action']) => report.changes.filter((change) => change.action === action).length;
  return [
    ...lines,
    ...report.disagreements.map((reason) => `! ${reason}`),
    '',
    `${count('create')} to create, ${count('change')} to change, ${count('remove')} to remove; then activate: ${report.activate.map((service) => activation(service, report)).join(', ') || 'nothing'}`,
    '',
  ].join('\n');
}

function activation(service: Service, { live, restarts }: PlanReport): string {
  if (restarts.includes(service)) return `${service} (a restart: its connections end, its stick tables are emptied)`;
  return service === 'haproxy' && live.length > 0 ? 'haproxy (without a reload)' : service;
}

function shown(held: Held | null): string | null {
  if (held === null) return null;
  const { content } = held;
  if (isBytes(content)) return `${content.size} bytes (SHA-256 ${content.sha256.slice(0, 12)}…)`;
  // A small text that became a large one is not shown beside it.
  return typeof content === 'string' && content.includes('\n') ? `${Buffer.byteLength(content)} bytes` : `${content}`;
}

/** Lines that may differ before their places are given up: finding them costs the square of this (1,000: 0.2 s, 20,000: minutes in which nothing is answered). */
const mostEdits = 1000;

function unified(before: Held | null, after: Held | null): readonly string[] {
  const [old, now] = [before, after].map((held) => (held ? veiled(plain(held.content)) : '')) as [string, string];
  const bound = before && after ? { maxEditLength: mostEdits } : {};
  const patch = createTwoFilesPatch('', '', old, now, '', '', { context: 2, ...bound });
  if (patch === undefined) return unplaced(old.split('\n'), now.split('\n'));
  return patch
    .split('\n')
    .slice(4)
    .filter((line) => line !== '' && !line.startsWith('\\ No newline'));
}

/** A text whose lines with keys show that there is one: two that differ are told apart by their first letters. */
function veiled(text: string): string {
  return text.replace(/^( *dynamic-cookie-key [0-9a-f]{4})[0-9a-f]*$/gm, '$1… [secret]');
}

/** The lines that go and those that come, without their surroundings, in a time that grows with the text and not with its square. */
function unplaced(old: readonly string[], now: readonly string[]): readonly string[] {
  const gone = without(old, now).map((line) => `-${line}`);
  const come = without(now, old).map((line) => `+${line}`);
  return [`@@ too many changes to show each in its place: ${gone.length} lines go, ${come.length} come @@`, ...gone, ...come];
}

/** The lines of one text that the other has not, or not as often. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
