import type { Capacity } from '../../tuning/capacity.ts';
import type { Hardware } from '../../tuning/hardware.ts';
import { survey } from '../apply/attain.ts';
import { needsConfirm } from '../apply/confirm.ts';
import { confirmedId, type Document, type Meta, readDocument, readMeta } from '../apply/generations.ts';
import type { Verdict } from '../apply/outcome.ts';
import { places } from '../apply/places.ts';
import type { Config, Files } from '../config/config.ts';
import type { LocatedProblem } from '../config/problem.ts';
import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { bytesOf, isSame, plain, privateFile } from '../state/host-state.ts';
import type { Plan } from '../state/plan.ts';
import { readFilesBeside } from './files-beside.ts';
import { nodeName } from './node-name.ts';
import { readVerdicts } from './verdicts.ts';

/** A document as it was handed in: its text, what it is called in problems, and the files beside it. */
export interface Source {
  readonly text: string;
  readonly file: string;
  readonly files: Files;
  /** Which node this machine is, where that came with the document; else what the machine was told before decides, or its NICs. */
  readonly node: string | null;
}

/** A change that could be applied: what it makes of this machine, and what has to be said about it first. */
export interface Draft {
  readonly kind: 'draft';
  readonly config: Config;
  readonly document: Document;
  readonly plan: Plan;
  /** What this machine carries of what the document asks. */
  readonly capacity: Capacity | null;
  readonly verdicts: readonly Verdict[];
  /** Rules for what the change closes while it is still used. */
  readonly draining: string | null;
  /** Why it must be confirmed over a new connection; empty: it need not be. */
  readonly confirmReasons: readonly string[];
  readonly warnings: readonly LocatedProblem[];
}

/** Why there is no draft: problems of the document with their place, or reasons that have none. */
export interface Refusal {
  readonly kind: 'refused';
  readonly problems: readonly LocatedProblem[];
  readonly reasons: readonly string[];
}

/** The files beside the document on the appliance, and the name of its node. */
export const home = '/data/weir';

/** The confirmed document as it was confirmed, files included; null while nothing is. */
export async function confirmedSource(host: Host): Promise<Source | null> {
  const id = await confirmedId(host);
  return id === null ? null : await sourceOf(host, id);
}

/** The confirmed document as it is understood, without the files beside it; null while nothing is. @throws Error when it cannot be read any more. */
export async function confirmedConfig(host: Host): Promise<{ readonly meta: Meta; readonly config: Config } | null> {
  const id = await confirmedId(host);
  const meta = id === null ? null : await readMeta(host, id);
  const text = meta === null ? null : await host.read(`${places.generations}/${meta.id}/config.yaml`);
  if (meta === null || text === null) return null;
  const { load } = await import('../config/load.ts');
  const { config } = load(plain(text.content), { file: `config.yaml of ${meta.id}`, files: null });
  if (config === null) throw new Error(`the document of generation ${meta.id} cannot be read any more: apply one that can`);
  return { meta, config };
}

/** The document of a generation; null when there is none of this id. @throws Error when it has lost a part. */
export async function sourceOf(host: Host, id: string): Promise<Source | null> {
  const meta = await readMeta(host, id);
  if (meta === null) return null;
  const { config, files } = await readDocument(host, meta);
  return { text: config, file: `config.yaml of ${id}`, files, node: null };
}

/** A document handed in on the appliance: the files beside it are those that came with it, and the others of /data/weir. Else why they cannot be had. */
export async function sourceHere(host: Host, text: string, file: string, sent: Files | null): Promise<Source | string> {
  try {
    return { text, file, files: await readFilesBeside(host, home, sent ?? undefined), node: null };
  } catch (error) {
    if (errno(error) === null) throw error;
    return `a file beside the document cannot be read: ${causeOf(error)}; remove what no document needs`;
  }
}

/** Makes the files of a confirmed document those beside the document of this machine, on the disk when this returns; only root reads them. */
export async function keepFiles(host: Host, files: Files): Promise<void> {
  for (const [kind, contents] of Object.entries(files) as [keyof Files, ReadonlyMap<string, Uint8Array>][]) {
    for (const [name, bytes] of contents) {
      const path = `${home}/${kind}/${name}`;
      const wanted = privateFile(bytesOf(bytes));
      if (!isSame(await host.digest(path), wanted)) await host.write(path, wanted);
    }
  }
}

/** The name of this machine's node as it was told, or null. */
export async function toldNode(host: Host): Promise<string | null> {
  const told = await host.read(`${home}/node`);
  return told === null ? null : plain(told.content).trim();
}

/** Works out what a document makes of this machine, and the plan to get there. Changes nothing. */
export async function draft(host: Host, source: Source, probe: () => Promise<Hardware>): Promise<Draft | Refusal> {
  // Loaded when first needed: an agent that only watches does without the reader of documents.
  const [{ load }, { readSource }, { desiredState }, { drainingRules }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/source.ts'),
    import('../state/desired.ts'),
    import('../state/draining.ts'),
  ]);
  const { config, problems } = load(source.text, { file: source.file, files: source.files, now: new Date(host.now()) });
  if (config === null) return { kind: 'refused', problems, reasons: [] };
  // Its text alone: a generation that has lost one of its files must not keep the next document out. Read before anything else is made of the new one:
  // reading takes ten times the memory of what is read.
  const id = await confirmedId(host);
  const before = id === null ? null : await host.read(`${places.generations}/${id}/config.yaml`);
  const old = before === null ? null : load(plain(before.content), { file: `config.yaml of ${id}`, files: null }).config;
  const hardware = await probe();
  const node = nodeName(config, source.node ?? (await toldNode(host)), hardware);
  if (node.kind === 'unknown') return { kind: 'refused', problems: [], reasons: [node.reason] };

  const desired = desiredState(config, node.name, hardware, source.files);
  const impossible = desired.problems.length === 0 ? [] : desired.problems.map(readSource(source.text, source.file).locate);
  if (impossible.some(({ severity }) => severity !== 'warning')) return { kind: 'refused', problems: impossible, reasons: [] };
  const verdicts = await readVerdicts(host, hardware);
  const { steps } = await survey(host, desired.state, verdicts);
  return {
    kind: 'draft',
    config,
    document: {
      node: node.name,
      config: source.text,
      files: source.files,
      state: desired.state,
      knobs: desired.knobs,
      asked: desired.asked,
      origins: desired.origins,
    },
    plan: steps,
    capacity: desired.capacity,
    verdicts,
    draining: old === null ? null : drainingRules(old, config, node.name),
    // A confirmed document that this weir cannot read any more must not take the protection of the way in away with it.
    confirmReasons: before === null ? [] : needsConfirm(steps, old ?? config, node.name),
    warnings: [...problems, ...impossible],
  };
}
