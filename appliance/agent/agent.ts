import type { Hardware } from '../../tuning/hardware.ts';
import { confirmedId } from '../apply/generations.ts';
import { readReset, reset } from '../apply/reset.ts';
import { resolve } from '../apply/resolve.ts';
import { restore } from '../apply/restore.ts';
import type { Host } from '../host/host.ts';
import { agentDoor, statusDoor } from './api.ts';
import { blocksOf } from './blocks.ts';
import { changes, type Tools } from './changes.ts';
import { firstBoot } from './first-boot.ts';
import { createLog } from './log.ts';
import { createReporter } from './reporter.ts';
import { runtimeOf, settleRuntime } from './runtime.ts';
import { sockets } from './sockets.ts';
import type { Memory } from './status.ts';
import { listenForNews } from './tuner/news.ts';
import { createTuner } from './tuner/tuner.ts';
import { lastVerdicts } from './verdicts.ts';

/** What the agent is started with. */
export interface AgentOptions {
  /** Writes to standard output, which journald reads. */
  readonly write: (text: string) => void;
  /** Version of weir. */
  readonly version: string;
  readonly probe: () => Promise<Hardware>;
  /** Ends the agent. */
  readonly signal?: AbortSignal;
}

/** The machine is looked at this often even when nothing tells that it changed. */
const pollMs = 60_000;

/** Folders of files that are ours alone: a change in them is looked at within a second. */
const watched = ['/run/weir', '/run/weir/certificates', '/run/weir/maps', '/run/weir/ssh', '/run/systemd/network', '/run/sysctl.d'];

/**
 * The daemon: the one process that changes the host. Ends an apply that was interrupted, applies a first document, then serves its sockets, looks at the
 * machine and reports; but for kernel values that were lost it changes nothing unless it is asked to. Nothing in the traffic's way depends on it.
 */
export async function runAgent(host: Host, { write, version, probe, signal }: AgentOptions): Promise<void> {
  const log = createLog(write);
  const starting = { what: 'start', by: 'weir-agent', since: new Date(host.now()).toISOString(), confirmBefore: null } as const;
  let memory: Memory = { weir: version, activity: starting, troubles: [], failure: [], tuning: [] };
  const reporter = createReporter(host, () => memory, log);
  const tools: Tools = {
    host,
    probe,
    weir: version,
    log,
    onActivity: (activity) => {
      memory = { ...memory, activity };
      void reporter.look();
    },
    onEnd: (outcome) => {
      if (outcome.kind === 'confirmed') memory = { ...memory, troubles: [], failure: [] };
      if (outcome.kind === 'rollback-failed') memory = { ...memory, failure: [...outcome.reasons, ...outcome.remaining] };
    },
  };
  const made = changes(tools);
  const doors = {
    ...tools,
    changes: made,
    blocks: blocksOf(host),
    runtime: runtimeOf(host),
    status: reporter.status,
    forgetStatus: reporter.forget,
  };
  const stops = [await host.listen(sockets.status, { mode: 0o666, group: 'root' }, statusDoor(doors))];
  memory = { ...memory, activity: null, failure: await start(host, log) };
  stops.push(await host.listen(sockets.agent, { mode: 0o660, group: 'weir' }, agentDoor(doors)));
  if ((await confirmedId(host)) === null) {
    const refused = await firstBoot(host, made, log);
    if (refused !== null) memory = { ...memory, troubles: [...memory.troubles, refused] };
  }
  const forgotten = await settleRuntime(host);
  if (forgotten.length > 0) log.warn({ forgotten }, 'changes of what runs');
  host.tidy();
  log.info({ version }, 'weir agent serves');

  // whoever changes a server waits for that, and not for a look at all of a large document
  const unwatch = host.watch(watched, () => {
    void doors.runtime.settled().then(() => (memory.activity === null ? reporter.look() : null));
  });
  const tuner = createTuner(host, log, probe);
  const news = listenForNews(host, log);
  while (signal?.aborted !== true) {
    if (memory.activity === null) {
      await tuner.round(news.take());
      memory = { ...memory, tuning: tuner.warnings() };
      const seen = await reporter.look({ always: true });
      // A change may have begun while we looked, and what drains for it is its own.
      if (seen?.haproxy?.oldWorkers === 0 && memory.activity === null) await stopDraining(host).catch(() => {});
    }
    await news.wait(pollMs, signal);
  }
  news.stop();
  unwatch();
  for (const stop of stops) await stop();
}

/** Ends what an agent before us left; answers with what could not be taken back. */
async function start(host: Host, log: ReturnType<typeof createLog>): Promise<readonly string[]> {
  const begun = await readReset(host);
  if (begun?.done === false) log.warn(await reset(host, begun.by), 'a reset of the kernel values had been interrupted, and was ended');
  const resolution = await resolve(host, (progress) => log.info(progress));
  if (resolution.kind !== 'nothing') log.warn(resolution, 'an apply had been interrupted');
  if (resolution.kind !== 'rollback-failed') return [];
  const outcome = await restore(host, resolution, await lastVerdicts(host));
  log.warn(outcome, 'the confirmed document was laid anew');
  return outcome.kind === 'rolled-back' ? [] : [...outcome.reasons, ...outcome.remaining];
}

/** Once no old worker is left, nothing drains any more: what a later reload of the firewall would add again goes. */
async function stopDraining(host: Host): Promise<void> {
  const names = ((await host.list('/run/weir')) ?? []).filter((name) => /^draining-.*\.nft$/.test(name));
  for (const name of names) await host.write(`/run/weir/${name}`, null);
}
