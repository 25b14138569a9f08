import { causeOf } from '../host/cause.ts';
import type { Host } from '../host/host.ts';
import type { Held, HostState, Path } from '../state/host-state.ts';
import type { Plan } from '../state/plan.ts';
import { confirmedId, discard, withdraw } from './generations.ts';
import { disarm } from './guard.ts';
import { type Journal, readJournal, removeJournal } from './journal.ts';
import { readManifest, writeManifest } from './ledger.ts';
import type { Report, RollbackFailed, RolledBack } from './outcome.ts';
import { drainingFile, places } from './places.ts';
import { undo } from './steps.ts';
import { verify } from './verify.ts';

/** What became of an apply that was killed: nothing was left over, it had been confirmed and is finished now, or it was undone (or could not be). */
export type Resolution =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'finished'; readonly generation: string }
  | RolledBack
  | RollbackFailed;

/**
 * Ends an apply that was killed: forward when its generation is already the confirmed one, else back. Waits for the lock, for a restore may be running.
 */
export async function resolve(host: Host, report: Report): Promise<Resolution> {
  const lock = await host.lock(places.lock, 'weir-agent: looking for an interrupted apply', 60_000);
  if (lock.kind === 'busy') throw new Error(`the lock is held for more than a minute (${lock.holder})`);
  try {
    await host.remove(places.staged);
    await host.remove(places.route);
    const left = await readJournal(host);
    if (left === null) {
      // A disk that takes no writes is said when a change wants to write, and must not keep the agent from saying it.
      await host.remove(places.pending).catch(() => {});
      await removeJournal(host);
      await disarm(host, 'weir-guard', 'weir-guard-confirm');
      return { kind: 'nothing' };
    }
    const { generation, by } = left.journal;
    if ((await confirmedId(host)) !== generation) return await rollBack(host, left.journal, `the apply by ${by} was interrupted`, report);
    await writeManifest(host, await readManifest(host, `${places.generations}/${generation}/rendered/manifest`));
    await removeJournal(host);
    await disarm(host, 'weir-guard', 'weir-guard-confirm');
    return { kind: 'finished', generation };
  } finally {
    await lock.release();
  }
}

/**
 * Undoes what the journal says was begun, and forgets the generation. When something does not come back, journal and guard stay, so that both the next
 * start of the agent and the guard try again.
 */
export async function rollBack(host: Host, journal: Journal, reason: string, report: Report): Promise<RolledBack | RollbackFailed> {
  report({ kind: 'phase', phase: 'roll back', message: reason });
  const begun = await readJournal(host).then((left) => left?.begun ?? 0);
  const steps = journal.steps.slice(0, begun);
  // First of all: a boot and a restore take the newest generation when none is linked yet, and this one must not be it.
  await withdraw(host, journal.generation).catch(() => {});
  await host.remove(drainingFile(journal.generation)).catch(() => {});
  const troubles = [...(await undo(host, { steps, kept: journal.kept }, report))];
  if (troubles.length === 0 && steps.some(({ kind }) => kind === 'activate')) {
    const differing = await verify(host, beforeOf(steps));
    troubles.push(...differing.filter((one) => !journal.known.includes(one)));
  }
  if (troubles.length > 0) return { kind: 'rollback-failed', reasons: [reason], remaining: troubles };
  const notes = await forget(host, journal, journal.manifest);
  return { kind: 'rolled-back', reasons: [reason, ...notes] };
}

/**
 * Takes away what a change left of itself once the machine is as it was; answers with what stays. It is ours alone, and one thing that fails must not keep
 * the rest: a manifest that names too much is harmless.
 */
export async function forget(host: Host, { generation }: Journal, manifest: readonly Path[]): Promise<readonly string[]> {
  const notes: string[] = [];
  const attempt = (work: Promise<unknown>) => work.catch((error: Error) => void notes.push(`left over: ${causeOf(error)}`));
  await attempt(writeManifest(host, manifest));
  await attempt(discard(host, generation));
  await attempt(removeJournal(host));
  await attempt(disarm(host, 'weir-guard', 'weir-guard-confirm'));
  return notes;
}

/** What the written paths of a plan held before it: of several writes of one path, the first tells. */
export function beforeOf(steps: Plan): HostState {
  const state = new Map<Path, Held | null>();
  for (const step of steps) if (step.kind === 'write' && !state.has(step.path)) state.set(step.path, step.before);
  return state;
}
