import type { Capacity } from '../../tuning/capacity.ts';
import type { Hardware } from '../../tuning/hardware.ts';
import { apply } from '../apply/apply.ts';
import { type Confirmation, confirmation } from '../apply/confirm.ts';
import { confirmedId, type Meta, readMeta } from '../apply/generations.ts';
import type { Outcome, Report, Verdict } from '../apply/outcome.ts';
import type { LocatedProblem } from '../config/problem.ts';
import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { textFile } from '../state/host-state.ts';
import { blockedPeers } from './blocks.ts';
import { confirmedSource, type Draft, draft, home, keepFiles, type Source, sourceHere, sourceOf, toldNode } from './draft.ts';
import { keptSource } from './keep.ts';
import type { Log } from './log.ts';
import type { Requests } from './request.ts';
import { settleRuntime } from './runtime.ts';
import type { Activity } from './status.ts';
import { writeVerdicts } from './verdicts.ts';

/** How a change ended, with what is wrong with its document. */
export interface Ended {
  readonly outcome: Outcome;
  /** What the machine carries of what the document asks, where it got so far. */
  readonly capacity?: Capacity | null;
  readonly problems: readonly LocatedProblem[];
}

/** What a change needs from the agent. */
export interface Tools {
  readonly host: Host;
  readonly probe: () => Promise<Hardware>;
  readonly weir: string;
  readonly log: Log;
  /** Called when a change begins, waits, and (with null) ends. */
  readonly onActivity: (activity: Activity | null) => void;
  /** Called with the outcome of every change that got as far as having one. */
  readonly onEnd: (outcome: Outcome) => void;
}

/** Who changes the machine, and under which conditions. */
export type Terms = Pick<Requests['apply'], 'by' | 'confirmSeconds' | 'yes' | 'connection'>;

/** The changes of one machine: one at a time, each with the place where it is confirmed. */
export interface Changes {
  readonly apply: (request: Requests['apply'], report: Report) => Promise<Ended>;
  readonly rollBack: (request: Requests['rollback'], report: Report) => Promise<Ended>;
  /** Applies the confirmed document with these files in the place of its certificates'. */
  readonly applyCertificates: (files: ReadonlyMap<string, Uint8Array>, terms: Terms, report: Report) => Promise<Ended>;
  /** Applies the confirmed document with what was changed while it runs. */
  readonly keep: (request: Requests['runtimeKeep'], report: Report) => Promise<Ended>;
  readonly firstBoot: (source: Source, report: Report) => Promise<Ended>;
  /** Confirms what waits; null when it was taken, else why not. */
  readonly confirm: (connection: string | null) => string | null;
}

/** The changes of the machine behind a host. */
export function changes(tools: Tools): Changes {
  const { host } = tools;
  let current: { readonly confirmation: Confirmation; readonly activity: Activity; readonly ended: Promise<unknown> } | null = null;

  const run = async (what: Activity['what'], find: () => Promise<Source | string>, terms: Terms, report: Report): Promise<Ended> => {
    if (current !== null) {
      const { by, since, what: other } = current.activity;
      return refused(`another change is under way (${by}: ${other}, since ${since}): wait for it, or confirm it`);
    }
    const activity: Activity = { what, by: terms.by, since: new Date(host.now()).toISOString(), confirmBefore: null };
    const place = confirmation(terms.connection);
    let end = (_ended: unknown): void => {};
    const over = new Promise<unknown>((resolve) => {
      end = resolve;
    });
    current = { confirmation: place, activity, ended: over };
    tools.onActivity(activity);
    const watch: Report = (progress) => {
      if (progress.kind === 'waiting') {
        tools.onActivity({ ...activity, confirmBefore: new Date(host.now() + progress.seconds * 1000).toISOString() });
      }
      report(progress);
    };
    try {
      const source = await find();
      const ended =
        typeof source === 'string' ? refused(source) : await change(tools, source, terms, { report: watch, confirmation: place });
      tools.onEnd(ended.outcome);
      return ended;
    } finally {
      current = null;
      tools.onActivity(null);
      end(null);
    }
  };

  return {
    apply: (request, report) => {
      const { config, file, files } = request;
      const find = async () => (config === null ? ((await confirmedSource(host)) ?? nothing) : sourceHere(host, config, file, files));
      return run('apply', find, request, report);
    },
    applyCertificates: (files, terms, report) => {
      const find = async () => {
        const source = await confirmedSource(host);
        if (source === null) return nothing;
        return { ...source, files: { ...source.files, certificates: new Map([...source.files.certificates, ...files]) } };
      };
      return run('apply', find, terms, report);
    },
    keep: (request, report) => run('apply', () => keptSource(host, request.what), request, report),
    rollBack: async (request, report) => {
      const waiting = current;
      if (request.id === null && waiting?.confirmation.answer('cancelled', null) === null) {
        report({ kind: 'phase', phase: 'roll back', message: 'the change that waited to be confirmed' });
        await waiting.ended;
        return backAt(await confirmedId(host));
      }
      const find = async () => {
        const id = request.id ?? (await documentBefore(host));
        if (id === null) return 'there is no generation before the confirmed one: weir history lists them';
        return (await sourceOf(host, id)) ?? `there is no generation ${id}: weir history lists them`;
      };
      return run('rollback', find, request, report);
    },
    firstBoot: (source, report) =>
      run('first boot', async () => source, { by: 'first boot', confirmSeconds: null, yes: true, connection: null }, report),
    confirm: (connection) => (current === null ? 'nothing waits to be confirmed' : current.confirmation.answer('confirmed', connection)),
  };
}

const nothing = 'no document is confirmed yet: weir apply FILE applies the first one';

async function change(tools: Tools, source: Source, terms: Terms, { report, confirmation }: Parameters<typeof apply>[2]): Promise<Ended> {
  const { host, weir, log } = tools;
  const made = await draft(host, source, tools.probe);
  if (made.kind === 'refused') return { outcome: { kind: 'refused', reasons: made.reasons, problems: [] }, problems: made.problems };
  const { warnings: problems, capacity } = made;
  if (made.confirmReasons.length > 0 && terms.confirmSeconds === null && !terms.yes)
    return { outcome: unconfirmed(made), capacity, problems };
  const deaf = await blockedPeers(host, made.config, made.document.node);
  if (deaf.length > 0) return { outcome: { kind: 'refused', reasons: deaf, problems: [] }, problems };
  log.info({ by: terms.by, steps: made.plan.length }, 'change begins');
  const { document, verdicts, draining } = made;
  const outcome = await apply(
    host,
    { document, author: { by: terms.by, weir }, confirmSeconds: terms.confirmSeconds, verdicts, draining },
    { report: (progress) => report(progress.kind === 'plan' ? { ...progress, capacity } : progress), confirmation },
  );
  if (outcome.kind === 'confirmed') {
    const warnings = [...outcome.warnings, ...(await settleRuntime(host)), ...(await keep(tools, source, made, outcome.verdicts))];
    log.info({ by: terms.by, generation: outcome.generation, changed: outcome.changed, warnings }, 'change confirmed');
    return { outcome: { ...outcome, warnings }, capacity, problems };
  }
  log.warn({ by: terms.by, ...outcome }, `change ${outcome.kind}`);
  if (outcome.kind !== 'refused' || outcome.problems.length === 0) return { outcome, capacity, problems };
  // What the programs refused has its place in the document's text.
  const { readSource } = await import('../config/source.ts');
  return { outcome, capacity, problems: [...problems, ...outcome.problems.map(readSource(source.text, source.file).locate)] };
}

/** Keeps what the next change starts from. The machine has changed already: a file system that takes no more is a warning, not a failure. */
async function keep(
  { host, probe }: Tools,
  { files }: Source,
  { document }: Draft,
  verdicts: readonly Verdict[],
): Promise<readonly string[]> {
  try {
    await keepFiles(host, files);
    await writeVerdicts(host, await probe(), verdicts);
    if ((await toldNode(host)) !== document.node) await host.write(`${home}/node`, textFile(`${document.node}\n`));
    return [];
  } catch (error) {
    if (errno(error) === null) throw error;
    return [`the files beside the document were not kept in ${home}: ${causeOf(error)}`];
  }
}

function unconfirmed({ confirmReasons }: Draft): Outcome {
  const reasons = confirmReasons.map((reason) => `${reason}: say --confirm 2m and confirm over a new connection, or --yes`);
  return { kind: 'refused', reasons, problems: [] };
}

function refused(reason: string): Ended {
  return { outcome: { kind: 'refused', reasons: [reason], problems: [] }, problems: [] };
}

/** A change that waited was taken back, as it was asked: the machine is as its confirmed generation says. */
function backAt(generation: string | null): Ended {
  if (generation === null) return refused('the change that waited is taken back; no document was confirmed before it');
  return {
    outcome: {
      kind: 'confirmed',
      generation,
      changed: true,
      plan: { changes: [], activate: [], live: [], restarts: [], disagreements: [] },
      verdicts: [],
      warnings: [],
    },
    problems: [],
  };
}

/** The nearest generation behind the confirmed one that is of another document: a repair of drift is a generation of the same one. */
async function documentBefore(host: Host): Promise<string | null> {
  const id = await confirmedId(host);
  const confirmed = id === null ? null : await readMeta(host, id);
  let before = confirmed;
  while (confirmed !== null && before !== null && documentOf(before) === documentOf(confirmed)) {
    before = before.parent === null ? null : await readMeta(host, before.parent);
  }
  return before?.id ?? null;
}

/** What tells one document from another: its text, the files beside it, and the node it is for. */
function documentOf({ hash, files, node }: Meta): string {
  return JSON.stringify([hash, files, node]);
}
