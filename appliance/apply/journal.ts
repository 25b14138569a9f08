import type { Host } from '../host/host.ts';
import { type Bytes, type Held, isBytes, type Path, plain, secret } from '../state/host-state.ts';
import type { Plan, Step } from '../state/plan.ts';
import { keepHeld } from './blobs.ts';
import { places } from './places.ts';

/** What an apply is about to do and has done, so that whoever comes after a kill can finish or undo it. */
export interface Journal {
  readonly version: 1;
  /** Id of the generation that is being applied; the confirmed link names it once the apply has succeeded. */
  readonly generation: string;
  readonly by: string;
  /** The manifest as it was before. */
  readonly manifest: readonly Path[];
  /** What already disagreed with its files before: going back need not mend that. */
  readonly known: readonly string[];
  /** All steps of all phases so far, in order; those from `begun` on were not touched. */
  readonly steps: Plan;
  /** What NICs held, by key, that make their queues and interrupts anew: it is lost with them, whether a step sets it or not. */
  readonly kept: Readonly<Record<Path, string>>;
}

/** The journal, and how many of its steps were begun (the last of them may be half done). */
export interface LeftOver {
  readonly journal: Journal;
  readonly begun: number;
}

/** Writes the journal, readable by root alone: it holds what files held, secrets too; what they held by its hash is in the store of blobs before. */
export async function writeJournal(host: Host, journal: Journal): Promise<void> {
  for (const step of journal.steps) if (step.kind === 'write' && step.before !== null) await keepHeld(host, step.path, step.before);
  const content = secret(`${JSON.stringify({ ...journal, steps: journal.steps.map(encodeStep) })}\n`);
  await host.write(places.journal, { content, mode: 0o600, owner: 'root:root' });
}

/** Begins a journal: as {@link writeJournal}, with no step begun. */
export async function beginJournal(host: Host, journal: Journal): Promise<void> {
  await host.write(places.step, null);
  await writeJournal(host, journal);
}

/** Notes that a step begins, before it does. */
export async function beginStep(host: Host, number: number): Promise<void> {
  await host.write(places.step, { content: `${number}\n`, mode: 0o600, owner: 'root:root' });
}

/**
 * The journal that an apply left because it was killed, or null.
 * @throws Error when it cannot be understood: it was written by us in one step, so this is damage that a person should see.
 */
export async function readJournal(host: Host): Promise<LeftOver | null> {
  const [held, step] = [await host.read(places.journal), await host.read(places.step)];
  if (held === null) return null;
  const { steps, ...rest } = JSON.parse(plain(held.content)) as Omit<Journal, 'steps' | 'kept'> & {
    steps: EncodedStep[];
    kept?: Journal['kept'];
  };
  if (rest.version !== 1) throw new Error(`${places.journal} was written by another version of weir: run ${places.restore}`);
  return {
    journal: { ...rest, kept: rest.kept ?? {}, steps: steps.map(decodeStep) },
    begun: step === null ? 0 : Number(plain(step.content)) + 1,
  };
}

/** Whether there is a journal: while no apply is under way, one that has not been undone. */
export async function hasJournal(host: Host): Promise<boolean> {
  return ((await host.list('/run/weir')) ?? []).some((name) => `/run/weir/${name}` === places.journal);
}

/** Forgets the journal: its apply is over. The journal goes first, for a step without a journal means nothing. */
export async function removeJournal(host: Host): Promise<void> {
  await host.write(places.journal, null);
  await host.write(places.step, null);
}

interface EncodedHeld {
  readonly content: string | Bytes;
  readonly mode: number;
  readonly owner: string;
  readonly secret?: true;
}
type EncodedStep =
  | { readonly kind: 'write'; readonly path: Path; readonly before: EncodedHeld | null; readonly after: EncodedHeld | null }
  | Extract<Step, { kind: 'activate' }>;

function encodeStep(step: Step): EncodedStep {
  return step.kind === 'activate' ? step : { ...step, before: encode(step.before), after: encode(step.after) };
}

function decodeStep(step: EncodedStep): Step {
  return step.kind === 'activate' ? step : { ...step, before: decode(step.before), after: decode(step.after) };
}

function encode(held: Held | null): EncodedHeld | null {
  if (held === null) return null;
  const { content, mode, owner } = held;
  if (typeof content === 'string' || isBytes(content)) return { content, mode, owner };
  return { content: content.reveal(), mode, owner, secret: true };
}

function decode(held: EncodedHeld | null): Held | null {
  if (held === null) return null;
  const { content, mode, owner } = held;
  return { content: held.secret && typeof content === 'string' ? secret(content) : content, mode, owner };
}
