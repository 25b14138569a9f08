import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { isSame, type Path, plain } from '../state/host-state.ts';
import { isKernelPath, isKey } from '../state/kernel-path.ts';
import { type Plan, reverse, type Step, satisfies } from '../state/plan.ts';
import { withBytes } from './blobs.ts';
import { bringBack } from './bring-back.ts';
import { takeUpCertificates } from './certificates.ts';
import { beginStep, type Journal } from './journal.ts';
import { observeOne } from './observe.ts';
import { type Report, Stopped, type Verdict } from './outcome.ts';
import { places } from './places.ts';

/** A reload of HAProxy with very many servers takes a minute on a small machine; more than that is a hang. */
const activationTimeoutMs = 150_000;

/**
 * Carries out steps from number `from` on, noting each in the journal's step before it begins.
 * @throws Stopped when a path holds something else than the plan saw, or a service does not take up its files.
 */
export async function carryOut(host: Host, steps: Plan, from: number, report: Report): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [number, step] of steps.entries()) {
    if (number < from) continue;
    await beginStep(host, number);
    report({
      kind: 'step',
      number: number + 1,
      of: steps.length,
      message: step.kind === 'write' ? `write ${step.path}` : `activate ${step.service}`,
    });
    if (step.kind === 'activate') {
      const trouble = step.live === undefined ? await activate(host, step.service) : await activateLive(host, step.live, report);
      if (trouble !== null) throw new Stopped(trouble);
    } else {
      const verdict = await writeOne(host, step);
      if (verdict) verdicts.push(verdict);
    }
  }
  return verdicts;
}

/**
 * Undoes steps: every path holds again what it held before, whoever changed it since, and the services follow. Goes on after a failure, so that as much
 * as possible comes back; answers with what did not.
 */
export async function undo(host: Host, { steps, kept }: Pick<Journal, 'steps' | 'kept'>, report: Report): Promise<readonly string[]> {
  const troubles: string[] = [];
  const isOfKey = (step: Step) => step.kind === 'write' && isKey(step.path);
  const set = keysBefore(steps);
  const back = reverse(steps.filter((step) => !isOfKey(step)));
  // before the services, as all writes are; what a NIC held beside what was set is tried, and may have gone
  if (set.size > 0) {
    report({ kind: 'phase', phase: 'roll back', message: `network cards: ${set.size} values` });
    await bringBack(host, new Map([...Object.entries(kept), ...set]));
    troubles.push(...(await bringBack(host, set)));
  }
  const activated = new Set<string>();
  const live = liveOf(back);
  for (const [number, step] of back.entries()) {
    if (step.kind === 'activate') {
      if (activated.has(step.service)) continue;
      activated.add(step.service);
    }
    report({
      kind: 'step',
      number: number + 1,
      of: back.length,
      message: step.kind === 'write' ? `write ${step.path}` : `activate ${step.service}`,
    });
    const trouble =
      step.kind === 'write'
        ? await writeBack(host, step)
        : step.service === 'haproxy' && live !== null
          ? await activateLive(host, live, report)
          : await activate(host, step.service);
    if (trouble !== null) troubles.push(trouble);
  }
  return troubles;
}

/** What the keys that steps set held before, by key: of several writes of one, the first tells. What was not there has no value to go back to. */
function keysBefore(steps: Plan): ReadonlyMap<Path, string> {
  const before = new Map<Path, string>();
  for (const step of steps)
    if (step.kind === 'write' && isKey(step.path) && step.before !== null && !before.has(step.path))
      before.set(step.path, plain(step.before.content));
  return before;
}

/** The certificates that HAProxy takes up while it serves; null when one of several phases wants a reload, or none of them anything. */
function liveOf(steps: Plan): readonly Path[] | null {
  const own = steps.filter((step) => step.kind === 'activate' && step.service === 'haproxy');
  const files = own.map((step) => (step.kind === 'activate' ? step.live : undefined));
  return files.length === 0 || files.includes(undefined) ? null : [...new Set(files.flatMap((paths) => paths ?? []))];
}

/** Has HAProxy take up certificates while it serves; what it does not take so, it takes by a reload. */
async function activateLive(host: Host, paths: readonly Path[], report: Report): Promise<string | null> {
  const refusal = await takeUpCertificates(host, paths);
  if (refusal === null) return null;
  report({ kind: 'phase', phase: 'write', message: `${refusal}: it reloads` });
  return activate(host, 'haproxy');
}

/** Makes a service take up its files; answers with the reason when it does not. */
export async function activate(host: Host, service: string): Promise<string | null> {
  const begun = Math.floor(host.now() / 1000);
  const result = await host.run(places.activate, [service], { timeoutMs: activationTimeoutMs });
  if (result.exitCode === 0) return null;
  const why = result.timedOut ? 'it did not answer in time' : result.stderr.trim() || `exit code ${result.exitCode}`;
  return [`${service} does not take up its files: ${why}`, ...(await lastWords(host, service, begun))].join('\n');
}

/** Units that say in the journal alone why they did not start. */
const units: Readonly<Record<string, string>> = {
  haproxy: 'haproxy',
  keepalived: 'keepalived',
  sshd: 'ssh',
  chrony: 'chrony',
  rsyslog: 'rsyslog',
};

/** What a service wrote since it was activated, the last ten lines of it. */
async function lastWords(host: Host, service: string, sinceSeconds: number): Promise<readonly string[]> {
  const unit = units[service];
  if (unit === undefined) return [];
  const args = [`--unit=${unit}`, `--since=@${sinceSeconds}`, '--output=cat', '--no-pager', '--lines=10'];
  const { stdout } = await host.run('journalctl', args);
  return stdout.split('\n').filter((line) => line.trim() !== '');
}

type Write = Extract<Step, { kind: 'write' }>;

/**
 * Writes what a plan says of one path.
 * @throws Stopped when it holds something else than the plan saw.
 */
export async function writeOne(host: Host, { path, before, after }: Write): Promise<Verdict | null> {
  const current = await observeOne(host, path);
  // a NIC's values change with others of its own: for keys it counts what they hold now
  if (!isKey(path) && !isSame(current, before)) {
    throw new Stopped(
      `${path} was changed by somebody else while weir was applying: nothing of it was touched, look at it and apply again`,
    );
  }
  if (!isKernelPath(path) || after === null) {
    await host.write(path, await withBytes(host, after));
    return null;
  }
  const wanted = plain(after.content);
  if (current === null) return { path, wanted, holds: null, kind: 'absent', reason: '' };
  const reason = await host.write(path, after).then(
    () => '',
    (error) => {
      if (isEnvironmental(error, path)) return errno(error) as string;
      throw error;
    },
  );
  const now = await observeOne(host, path);
  if (satisfies(now, after, path)) return null;
  return { path, wanted, holds: now === null ? null : plain(now.content), kind: reason === '' ? 'adjusted' : 'unchangeable', reason };
}

async function writeBack(host: Host, { path, after }: Write): Promise<string | null> {
  try {
    const current = await observeOne(host, path);
    if (isKernelPath(path) && (after === null || current === null)) return null;
    if (isSame(current, after)) return null;
    await host.write(path, await withBytes(host, after));
    return isSame(await observeOne(host, path), after) ? null : `${path} does not hold what it held before`;
  } catch (error) {
    return `${path} cannot be put back: ${causeOf(error, path)}`;
  }
}

/** Errnos with which a kernel refuses a value: they say something about this machine, not about this apply. */
function isEnvironmental(error: unknown, path: Path): boolean {
  // a CPU has no free vector for an interrupt, a list of CPUs is too long
  if (isKey(path) && ['ENOSPC', 'EOVERFLOW', 'ENOMEM'].includes(errno(error) ?? '')) return true;
  return ['EACCES', 'EINVAL', 'EIO', 'ENOENT', 'ENODEV', 'ENXIO', 'EOPNOTSUPP', 'EPERM', 'ERANGE', 'EROFS', 'EBUSY'].includes(
    errno(error) ?? '',
  );
}

/** The paths that a plan writes. */
export function pathsOf(plan: Plan): readonly Path[] {
  return plan.filter((step) => step.kind === 'write').map((step) => step.path);
}
