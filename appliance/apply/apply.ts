import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { describe } from '../state/diff.ts';
import { type HostState, isSame, type Path, plain, textFile } from '../state/host-state.ts';
import { isKey } from '../state/kernel-path.ts';
import { busOf, remakesQueues } from '../state/knob-order.ts';
import { firstPhase, type Plan, plan } from '../state/plan.ts';
import { absences, attainable, type Situation, survey } from './attain.ts';
import { check } from './check.ts';
import type { Confirmation } from './confirm.ts';
import {
  type Author,
  confirm,
  confirmedHeld,
  confirmedId,
  type Document,
  discard,
  prepare,
  prune,
  readMeta,
  sha256,
} from './generations.ts';
import { arm, disarm } from './guard.ts';
import { beginJournal, type Journal, removeJournal, writeJournal } from './journal.ts';
import { filesOf, recordKept, recordOriginals, writeManifest } from './ledger.ts';
import { observe } from './observe.ts';
import { type Outcome, type Report, Stopped, type Verdict } from './outcome.ts';
import { drainingFile, places } from './places.ts';
import { beforeOf, rollBack } from './resolve.ts';
import { restore } from './restore.ts';
import { carryOut, pathsOf } from './steps.ts';
import { disagreements, verify } from './verify.ts';

/** A change of the whole machine to one document. */
export interface Change {
  readonly document: Document;
  readonly author: Author;
  /** Seconds in which somebody has to confirm; null: it is confirmed by being verified. */
  readonly confirmSeconds: number | null;
  /** What this machine is known to refuse. */
  readonly verdicts: readonly Verdict[];
  /** Rules that keep closed ports open for connections that are still served, for `/run/weir/draining-<id>.nft`; null: none close. */
  readonly draining: string | null;
}

/** Who watches, and where the confirmation comes from. */
export interface Watchers {
  readonly report: Report;
  readonly confirmation: Confirmation;
}

/** Seconds after which the guard takes a change that is neither verified nor undone for dead. */
const guardSeconds = 300;

/**
 * Phases after which a plan that is still not empty is a failure: one makes what the next one sets. Links come up, and their interrupts with them; channels and then
 * rings make these anew; and what a driver changes beside is set once more.
 */
const maxPhases = 7;

/**
 * Changes a host to what a document says, or leaves it as it was. Checks with the real programs, journals, arms the guard, writes and activates, asks
 * what runs, and confirms. Whatever goes wrong before the confirmed link is replaced is undone. One at a time, by a lock that a kill frees.
 */
export async function apply(host: Host, change: Change, watchers: Watchers): Promise<Outcome> {
  const outcome = await applyLocked(host, change, watchers).catch(refuse);
  // At once, with the lock free, and not only when the guard fires.
  return outcome.kind === 'rollback-failed' ? restore(host, outcome, change.verdicts) : outcome;
}

async function applyLocked(host: Host, change: Change, watchers: Watchers): Promise<Outcome> {
  const { document, author } = change;
  const lock = await host.lock(places.lock, `${author.by}: apply, since ${new Date(host.now()).toISOString()}`, 0);
  if (lock.kind === 'busy') throw new Stopped(`another change is under way (${lock.holder}): wait for it, or confirm it`);
  try {
    if ((await host.read(places.journal)) !== null)
      throw new Stopped(`an interrupted change has not been undone yet: restart weir-agent, or run ${places.restore}`);
    const situation = await survey(host, document.state, change.verdicts);
    const { target, observed, steps } = situation;
    watchers.report({ kind: 'plan', plan: describe(steps) });
    const same = steps.length === 0 ? await confirmedSame(host, document) : null;
    if (same !== null) {
      const verdicts = [...change.verdicts, ...absences(document.state, observed)];
      return { kind: 'confirmed', generation: same, changed: false, plan: describe(steps), verdicts, warnings: [] };
    }

    watchers.report({ kind: 'phase', phase: 'check', message: 'haproxy, keepalived, nft and sshd read their files' });
    const refused = await check(host, target, observed, document.origins);
    if (refused !== null) return { kind: 'refused', ...refused };
    const journal = await begin(host, change, situation);
    return await carryThrough(host, change, watchers, { target, journal });
  } finally {
    // A lock that cannot be released now is released by the end of the process; the outcome is what counts.
    await lock.release().catch(() => {});
  }
}

/** The confirmed generation, if it is of this very document: then an empty plan means that there is nothing to do. */
async function confirmedSame(host: Host, document: Document): Promise<string | null> {
  const id = await confirmedId(host);
  const meta = id === null ? null : await readMeta(host, id);
  const isSameText = meta !== null && meta.node === document.node && meta.hash === sha256(document.config);
  return isSameText && (await hasMaps(host, document)) ? meta.id : null;
}

/** Whether the confirmed generation has the maps of a document: what was changed of them while they are used makes no step when their files say it too. */
async function hasMaps(host: Host, { state }: Document): Promise<boolean> {
  for (const [path, held] of state) if (path.startsWith('/run/weir/maps/') && !isSame(await confirmedHeld(host, path), held)) return false;
  return true;
}

/** Everything that must be there before the first write: the generation, the originals, the guard, and the journal, which is last. */
async function begin(host: Host, { document, author }: Change, { manifest, target, observed, steps }: Situation): Promise<Journal> {
  const { id } = await prepare(host, document, author);
  try {
    await recordOriginals(host, observed, target.keys());
    const known = (await disagreements(host, beforeOf(steps))).map(({ reason }) => reason);
    const unguarded = await arm(host, 'weir-guard', guardSeconds);
    if (unguarded !== null) throw new Stopped(unguarded);
    const kept = await keep(host, steps);
    const journal: Journal = { version: 1, generation: id, by: author.by, manifest, known, steps: firstPhase(steps), kept };
    await beginJournal(host, journal);
    return journal;
  } catch (error) {
    await removeJournal(host).catch(() => {});
    await disarm(host, 'weir-guard');
    await discard(host, id).catch(() => {});
    throw error;
  }
}

/** What the NICs hold that will make their queues anew: noted as first values of this boot, too. */
async function keep(host: Host, steps: Plan): Promise<Journal['kept']> {
  const buses = new Set(pathsOf(steps).filter(remakesQueues).map(busOf));
  const keys = (await Promise.all([...buses].map((bus) => (bus === null ? [] : host.keysOf(bus))))).flat();
  const held = keys.length === 0 ? [] : [...(await host.readKeys(keys))];
  const kept = Object.fromEntries(held.filter((entry): entry is [Path, string] => entry[1] !== null));
  await recordKept(host, kept);
  return kept;
}

/** From the first write to the confirmed link, or all the way back. */
async function carryThrough(
  host: Host,
  change: Change,
  watchers: Watchers,
  begun: { readonly target: HostState; readonly journal: Journal },
): Promise<Outcome> {
  const { document, confirmSeconds, draining } = change;
  const { generation } = begun.journal;
  const files = filesOf(document.state);
  let journal = begun.journal;
  let verdicts = change.verdicts;
  try {
    watchers.report({ kind: 'phase', phase: 'write', message: `generation ${generation}, ${journal.steps.length} steps` });
    await writeManifest(host, [...journal.manifest, ...files, drainingFile(generation)]);
    if (draining !== null) await host.write(drainingFile(generation), textFile(draining));
    for (let phase = 1, from = 0; ; phase += 1) {
      verdicts = [...verdicts, ...(await carryOut(host, journal.steps, from, watchers.report))];
      const observed = await observe(host, begun.target.keys());
      const left = plan(observed, attainable(begun.target, observed, verdicts));
      if (left.length === 0) {
        verdicts = [...verdicts, ...absences(document.state, observed)];
        break;
      }
      if (phase === maxPhases) {
        const fleeting = unsteady(left);
        if (fleeting === null) throw new Stopped(`these do not keep what weir writes: ${pathsOf(left).join(', ')}`);
        verdicts = [...verdicts, ...fleeting, ...absences(document.state, observed)];
        break;
      }
      await recordOriginals(host, observed, begun.target.keys());
      const kept = { ...(await keep(host, left)), ...journal.kept };
      from = journal.steps.length;
      journal = { ...journal, steps: [...journal.steps, ...firstPhase(left)], kept };
      await writeJournal(host, journal);
    }
    watchers.report({ kind: 'phase', phase: 'verify', message: 'asking what runs' });
    const differing = await verify(host, begun.target);
    if (differing.length > 0) throw new Stopped(`what runs is not what was written: ${differing.join('; ')}`);
    if (confirmSeconds !== null) await waitForConfirmation(host, confirmSeconds, watchers);
    await confirm(host, generation);
  } catch (error) {
    // The link may have been replaced although that failed: then this is the new state, and going back would be a mixture.
    if ((await confirmedId(host)) !== generation) return rollBack(host, journal, reasonOf(error), watchers.report);
  }
  const warnings = await settle(host, files);
  return { kind: 'confirmed', generation, changed: true, plan: describe(begun.journal.steps), verdicts, warnings };
}

/** Verdicts on what a driver sets otherwise again and again; null where a plan has anything else left. */
function unsteady(left: Plan): readonly Verdict[] | null {
  const verdicts = left.flatMap((step): readonly Verdict[] => {
    if (step.kind !== 'write' || !isKey(step.path) || step.after === null) return [];
    const holds = step.before === null ? null : plain(step.before.content);
    return [{ path: step.path, wanted: plain(step.after.content), holds, kind: 'adjusted', reason: '' }];
  });
  return verdicts.length === left.length ? verdicts : null;
}

async function waitForConfirmation(host: Host, seconds: number, { report, confirmation }: Watchers): Promise<void> {
  const unguarded = await arm(host, 'weir-guard-confirm', seconds + 2);
  if (unguarded !== null) throw new Stopped(unguarded);
  await disarm(host, 'weir-guard');
  report({ kind: 'waiting', seconds });
  const answer = await confirmation.wait(host, seconds);
  // From here on the time is ours: going back may take longer than the confirming guard leaves, and it would kill us in the middle.
  if ((await arm(host, 'weir-guard', guardSeconds)) === null) await disarm(host, 'weir-guard-confirm');
  if (answer === 'timeout') throw new Stopped(`nobody confirmed within ${seconds} s`);
  if (answer === 'cancelled') throw new Stopped('it was cancelled before it was confirmed');
}

/** What is left to do once the new generation is confirmed; none of it can take that back, so trouble is a warning. */
async function settle(host: Host, files: readonly Path[]): Promise<readonly string[]> {
  const warnings: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    await work().catch((error: Error) => void warnings.push(`${what}: ${causeOf(error)}`));
  };
  await attempt('the list of files was not written', () => writeManifest(host, files));
  await attempt('the journal was not removed', () => removeJournal(host));
  await attempt('that the tuning was reset was not forgotten', () => host.write(places.reset, null));
  await attempt('the guard timer was not stopped', () => disarm(host, 'weir-guard', 'weir-guard-confirm'));
  await attempt('old generations were not removed', () => prune(host));
  await attempt('the console was not told', () => host.run(places.activate, ['issue']));
  return warnings;
}

/** A failure that came before anything was written: its sentence, or for a bug the error itself. */
function refuse(error: unknown): Outcome {
  const reason = refusal(error);
  if (reason === null) throw error;
  return { kind: 'refused', reasons: [reason], problems: [] };
}

/** The sentence for a failure that is not a bug; null for a bug. */
function refusal(error: unknown): string | null {
  if (error instanceof Stopped) return error.message;
  if (errno(error) === 'ENOSPC' || errno(error) === 'EDQUOT') return `${causeOf(error)}: ${roomFor(error)}, then apply again`;
  return errno(error) === 'EROFS' || errno(error) === 'EIO' ? `the disk takes no writes: ${causeOf(error)}` : null;
}

/** How to get space where it was missing; /run is in memory, a part of it that systemd chooses. */
function roomFor(error: unknown): string {
  const isInMemory = error instanceof Error && 'path' in error && `${error.path}`.startsWith('/run/');
  return isInMemory ? 'make the maps smaller, or give the machine more memory' : 'remove files in /data/log';
}

function reasonOf(error: unknown): string {
  return (
    refusal(error) ??
    (error instanceof Error
      ? `${error.message} (a defect of weir: ${error.stack?.split('\n')[1]?.trim() ?? 'no place known'})`
      : `${error}`)
  );
}
