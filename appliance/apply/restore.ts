import type { Host } from '../host/host.ts';
import { plan } from '../state/plan.ts';
import { attainable } from './attain.ts';
import { confirmedState } from './generations.ts';
import { type Journal, readJournal } from './journal.ts';
import { readManifest } from './ledger.ts';
import { observe } from './observe.ts';
import type { RollbackFailed, RolledBack, Verdict } from './outcome.ts';
import { places } from './places.ts';
import { beforeOf, forget } from './resolve.ts';
import { pathsOf } from './steps.ts';
import { verify } from './verify.ts';

/**
 * The last resort when going back step by step has failed: the shell tool, which needs none of our code and takes the lock itself, lays what is confirmed.
 * The change is rolled back when the machine then holds and runs that (or, where nothing is confirmed, what it did before); else the guard tries again.
 */
export async function restore(host: Host, failed: RollbackFailed, verdicts: readonly Verdict[]): Promise<RolledBack | RollbackFailed> {
  // The tool removes it once it has succeeded.
  const journal = await readJournal(host).then(
    (left) => left?.journal ?? null,
    () => null,
  );
  const { exitCode, stderr } = await host.run(places.restore, [], { timeoutMs: 300_000 });
  if (exitCode !== 0) return { ...failed, reasons: [...failed.reasons, `${places.restore} failed too: ${stderr.trim()}`] };
  const remaining = await differences(host, journal, verdicts);
  if (remaining.length > 0) return { ...failed, remaining };
  const notes = journal === null ? [] : await forget(host, journal, await readManifest(host));
  const how = `going back step by step failed (${failed.remaining.join('; ')}), so what is confirmed was laid anew`;
  return { kind: 'rolled-back', reasons: [...failed.reasons, how, ...notes] };
}

/** Where the machine does not hold or run what is confirmed; of what that does not say, what it held before the change counts. */
async function differences(host: Host, journal: Journal | null, verdicts: readonly Verdict[]): Promise<readonly string[]> {
  const target = new Map([...beforeOf(journal?.steps ?? []), ...(await confirmedState(host))]);
  const observed = await observe(host, target.keys());
  const paths = pathsOf(plan(observed, attainable(target, observed, verdicts)));
  const differing = await verify(host, target);
  return [...paths.map((path) => `${path} does not hold what it should`), ...differing.filter((one) => !journal?.known.includes(one))];
}
