import { parseInfo, parseProcesses, showInfo, showProcesses, toWorker } from '../../proxy/haproxy/runtime.ts';
import { survey } from '../apply/attain.ts';
import { confirmedId, confirmedState, readMeta } from '../apply/generations.ts';
import { hasJournal } from '../apply/journal.ts';
import type { Verdict } from '../apply/outcome.ts';
import { places } from '../apply/places.ts';
import { type Reset, readReset } from '../apply/reset.ts';
import { readRuntime } from '../apply/runtime.ts';
import { pathsOf } from '../apply/steps.ts';
import { askLinks } from '../apply/verify-links.ts';
import type { Expiry } from '../config/expiry.ts';
import type { Host } from '../host/host.ts';
import type { Block } from '../state/blocks.ts';
import type { Path } from '../state/host-state.ts';
import { isKernelPath } from '../state/kernel-path.ts';
import type { RuntimeChange } from '../state/runtime.ts';
import { readBlocks } from './blocks.ts';
import type { Expiries } from './certificate-ends.ts';
import { toldNode } from './draft.ts';
import { lastVerdicts } from './verdicts.ts';

/** What the agent is doing with the machine: a change that is under way, or null. */
export interface Activity {
  readonly what: 'start' | 'apply' | 'rollback' | 'first boot';
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** When it is taken back unless somebody confirms; null: it does not wait for that. */
  readonly confirmBefore: string | null;
}

/** How the machine is: what `/run/weir/status.json` holds and the status socket answers. */
export interface Status {
  readonly version: 1;
  /** When this was found out, ISO 8601 in UTC. */
  readonly at: string;
  readonly weir: string;
  readonly node: string | null;
  /**
   * `unconfigured`: no document was ever confirmed, and nothing of one is here. `changing`: an apply is under way. `as confirmed`: the machine holds and
   * runs its confirmed document. `drifted`: it does not. `failed`: the last change could not be taken back.
   */
  readonly state: 'unconfigured' | 'changing' | 'as confirmed' | 'drifted' | 'failed';
  readonly generation: {
    readonly id: string;
    readonly hash: string;
    readonly at: string;
    readonly by: string;
    readonly weir: string;
  } | null;
  readonly activity: Activity | null;
  /** Paths that hold something else than the confirmed document says. */
  readonly drift: readonly Path[];
  /** What runs and is not what its file says, and what went wrong, in sentences. */
  readonly warnings: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** Networks that are blocked beside the document, until they end or the machine starts anew. */
  readonly blocks: readonly Block[];
  /** What of HAProxy was changed while it runs, beside the document, until it is kept, forgotten, or the machine starts anew. */
  readonly runtime: readonly RuntimeChange[];
  /** Certificates that end within 30 days or have ended, the nearest end first. */
  readonly expiring: readonly Expiry[];
  readonly haproxy: HaproxyFacts | null;
  /** Null on a machine without VRRP. */
  readonly keepalived: { readonly isRunning: boolean } | null;
  readonly links: readonly LinkFacts[];
}

/** What HAProxy says of itself; null where it does not answer. */
export interface HaproxyFacts {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly mark: string | null;
  readonly connections: number;
  readonly maxconn: number;
  /** Workers that a reload replaced and that still serve connections. */
  readonly oldWorkers: number;
}

/** One link as the kernel has it. */
export interface LinkFacts {
  readonly name: string;
  readonly isUp: boolean;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

/** What only the running agent knows. */
export interface Memory {
  readonly weir: string;
  readonly activity: Activity | null;
  /** Troubles that stay until the next change succeeds. */
  readonly troubles: readonly string[];
  /** How the last change failed to be taken back, in sentences; nothing when it did not. */
  readonly failure: readonly string[];
  /** What a person should know of the kernel's values. */
  readonly tuning: readonly string[];
}

/** Looks at the machine and compares it to its confirmed generation, by the files that the generation keeps: no document is read for it. */
export async function findStatus(host: Host, memory: Memory, expiries: Expiries): Promise<Status> {
  const id = await confirmedId(host);
  const meta = id === null ? null : await readMeta(host, id);
  const confirmed = await confirmedState(host);
  const isChanging = memory.activity !== null;
  const verdicts = await lastVerdicts(host);
  const reset = await readReset(host);
  // what a person gave back is no drift
  const meant = reset === null ? confirmed : new Map([...confirmed].filter(([path]) => !isKernelPath(path)));
  const found = isChanging ? null : await survey(host, meant, verdicts);
  const drift = pathsOf(found?.steps ?? []);
  const differing = (found?.differing ?? []).map(({ reason }) => reason);
  const [haproxy, links] = await Promise.all([haproxyFacts(host), linkFacts(host)]);
  const isSettled = drift.length + differing.length === 0;
  // The guard may have brought back since then what the agent could not.
  const failure = !isChanging && isSettled && !(await hasJournal(host)) ? [] : memory.failure;
  const settled = !isSettled ? 'drifted' : id === null ? 'unconfigured' : 'as confirmed';
  return {
    version: 1,
    at: new Date(host.now()).toISOString(),
    weir: memory.weir,
    node: meta?.node ?? (await toldNode(host)),
    state: failure.length > 0 ? 'failed' : isChanging ? 'changing' : settled,
    generation: meta === null ? null : { id: meta.id, hash: meta.hash, at: meta.at, by: meta.by, weir: meta.weir },
    activity: memory.activity,
    drift,
    warnings: [...memory.troubles, ...failure, ...differing, ...(reset === null ? memory.tuning : [resetWords(reset)])],
    verdicts,
    blocks: await readBlocks(host),
    runtime: await readRuntime(host),
    expiring: await expiries(),
    haproxy,
    keepalived: confirmed.get('/run/weir/keepalived.conf')
      ? { isRunning: (await host.run('systemctl', ['is-active', 'keepalived'])).exitCode === 0 }
      : null,
    links,
  };
}

function resetWords({ by, at }: Reset): string {
  return `${by} gave the kernel's values back at ${at}: this machine is not tuned; weir apply sets them again`;
}

async function haproxyFacts(host: Host): Promise<HaproxyFacts | null> {
  const [info, processes] = await Promise.all([
    host.ask(places.haproxyMaster, toWorker(showInfo)),
    host.ask(places.haproxyMaster, showProcesses),
  ]);
  const worker = info.kind === 'answer' ? parseInfo(info.text) : null;
  if (worker === null) return null;
  const { version, uptimeSeconds, mark, connections, maxconn } = worker;
  const old = processes.kind === 'answer' ? (parseProcesses(processes.text)?.old.length ?? 0) : 0;
  return { version, uptimeSeconds, mark, connections, maxconn, oldWorkers: old };
}

async function linkFacts(host: Host): Promise<readonly LinkFacts[]> {
  const { links } = await askLinks(host);
  return links
    .filter(({ ifname }) => ifname !== undefined && ifname !== 'lo')
    .map(({ ifname, operstate, address, mtu, addr_info: addresses }) => ({
      name: ifname ?? '',
      isUp: operstate === 'UP',
      mac: address ?? '',
      mtu: mtu ?? 0,
      addresses: (addresses ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    }));
}
