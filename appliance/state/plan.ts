import { type Held, type HostState, isSame, type Path, plain } from './host-state.ts';
import { isKernelPath, isKey } from './kernel-path.ts';
import { busOf, knobRank, remakesQueues } from './knob-order.ts';
import { isCertificatePath } from './named-files.ts';
import { rankOf, type Service, serviceOf, serviceOrder } from './services.ts';

/**
 * One step of a plan. A write whose `after` is null removes the path; one whose `before` is null creates it. A service none of whose files is written is
 * activated because of what it runs. `live`: the files that are all there is to take up, which HAProxy does at its socket, without a reload.
 */
export type Step =
  | { readonly kind: 'write'; readonly path: Path; readonly before: Held | null; readonly after: Held | null }
  | { readonly kind: 'activate'; readonly service: Service; readonly because?: readonly string[]; readonly live?: readonly Path[] };

/** The difference between two states of a host, in the order in which it is carried out: all writes, then each service once. */
export type Plan = readonly Step[];

/** A service that does not run what its files say, and how that shows. */
export interface Disagreement {
  readonly service: Service;
  readonly reason: string;
}

/** Whether what is there is what is wanted: equal, or for a kernel value with a rule, beyond it in the allowed direction. */
export function satisfies(observed: Held | null, wanted: Held | null, path: Path): boolean {
  if (observed === null || wanted === null || !isKernelPath(path)) return isSame(observed, wanted);
  const [is, want] = [plain(observed.content), plain(wanted.content)];
  if (is === want) return true;
  const [numbers, wants] = [is.split(' '), want.split(' ')];
  if (wanted.rule === undefined || numbers.length !== wants.length) return false;
  if (![...numbers, ...wants].every((word) => /^-?\d+$/.test(word))) return false;
  const differences = numbers.map((number, index) => BigInt(number) - BigInt(wants[index] as string));
  return differences.every((difference) => (wanted.rule === 'at-least' ? difference >= 0n : difference <= 0n));
}

/**
 * The difference between what is there and what is wanted. A path that only `observed` has is removed; kernel values cannot be and are left, their way
 * back being their original in `desired`. Services that disagree with their files take them up again.
 */
export function plan(observed: HostState, desired: HostState, disagreements: readonly Disagreement[] = []): Plan {
  const writes = [...new Set([...observed.keys(), ...desired.keys()])]
    .filter((path) => desired.has(path) || !isKernelPath(path))
    .map((path) => ({ kind: 'write' as const, path, before: observed.get(path) ?? null, after: desired.get(path) ?? null }))
    .filter(({ path, before, after }) => !satisfies(before, after, path))
    .sort(
      (a, b) =>
        rankOf(a.path) - rankOf(b.path) || lateness(a) - lateness(b) || knobRank(a.path) - knobRank(b.path) || inOrder(a.path, b.path),
    );
  const steps = activations(
    writes.map((step) => step.path),
    disagreements,
  ).map((step) => withLive(step, writes, disagreements));
  const isVrrpOver = writes.some(({ path, after }) => serviceOf(path) === 'keepalived' && after === null);
  return [...writes, ...(isVrrpOver ? vipsLeaveFirst(steps) : steps)];
}

/** Numbers in keys count as numbers: queue 2 before queue 10. */
const byNumber = new Intl.Collator('en', { numeric: true });

function inOrder(a: Path, b: Path): number {
  return isKey(a) && isKey(b) ? byNumber.compare(a, b) : a < b ? -1 : 1;
}

/** Of kernel values, those by which people reach the machine come after all others. */
function lateness({ after }: { readonly after: Held | null }): number {
  return Number(after?.isLast ?? false);
}

/**
 * What of a plan can be carried out before the host is observed anew. What a NIC holds beside its channels and rings waits for these: it makes its queues and interrupts
 * anew.
 */
export function firstPhase(steps: Plan): Plan {
  const remade = new Set(steps.flatMap((step) => (step.kind === 'write' && remakesQueues(step.path) ? [busOf(step.path)] : [])));
  const waits = (step: Step) =>
    step.kind === 'write' && !remakesQueues(step.path) && remade.has(busOf(step.path)) && busOf(step.path) !== null;
  return remade.size === 0 ? steps : steps.filter((step) => !waits(step));
}

/** More files than these are taken up faster by a reload. */
const mostLive = 100;

/** HAProxy's activation without a reload, where certificates with their keys were replaced and nothing else of it. */
function withLive(step: Step, writes: readonly Extract<Step, { kind: 'write' }>[], disagreements: readonly Disagreement[]): Step {
  if (step.kind !== 'activate' || step.service !== 'haproxy' || disagreements.some(({ service }) => service === 'haproxy')) return step;
  const own = writes.filter(({ path }) => serviceOf(path) === 'haproxy');
  const areKeyPairs = own.every(({ path, before, after }) => isCertificatePath(path) && isKeyPair(before) && isKeyPair(after));
  return areKeyPairs && own.length > 0 && own.length <= mostLive ? { ...step, live: own.map(({ path }) => path) } : step;
}

/** Whether a file holds a certificate and its key: a CA file, which HAProxy keeps elsewhere, has no key. */
function isKeyPair(held: Held | null): boolean {
  const text = held === null ? '' : plain(held.content);
  return text.includes('-----BEGIN CERTIFICATE-----') && text.includes('PRIVATE KEY-----');
}

/** The plan that undoes a plan: what was before comes back, in reverse order, still all writes before all activations. */
export function reverse(forward: Plan): Plan {
  const writes = forward
    .filter((step) => step.kind === 'write')
    .map(({ path, before, after }) => ({ kind: 'write' as const, path, before: after, after: before }))
    .reverse();
  const activates = forward.filter((step) => step.kind === 'activate').reverse();
  return [...writes, ...activates];
}

/** keepalived takes its VIPs with it when it stops: it does so before networkd gives them to a link, and comes back after networkd took them from it. */
function vipsLeaveFirst(steps: readonly Step[]): readonly Step[] {
  const isKeepalived = (step: Step) => step.kind === 'activate' && step.service === 'keepalived';
  return [...steps.filter(isKeepalived), ...steps.filter((step) => !isKeepalived(step))];
}

/** The services that take up changes of these paths, and those that disagree with files that stay, each once, in their order. */
export function activations(paths: readonly Path[], disagreements: readonly Disagreement[] = []): readonly Step[] {
  const services = new Set(paths.map(serviceOf));
  return serviceOrder.flatMap((service): readonly Step[] => {
    if (services.has(service)) return [{ kind: 'activate', service }];
    const because = disagreements.flatMap((one) => (one.service === service ? [one.reason] : []));
    return because.length === 0 ? [] : [{ kind: 'activate', service, because }];
  });
}
