import { formatPorts, parsePorts } from '../bounds.ts';
import type { Demand } from '../demand.ts';
import type { Hardware, Knob } from '../hardware.ts';
import type { Omitted, Planned } from '../planned.ts';
import { catalogue, isCovered, normalForm, sysctlPath } from '../sysctl.ts';
import { isContainer } from '../virtualization.ts';
import type { Situation, Sysctl } from './entry.ts';

/** The kernel's values that are wanted, those that this machine does not let be set, and those that are left as the kernel has them. */
export interface SysctlPlan extends Planned {
  readonly left: readonly Omitted[];
}

/** Plans each value of the catalogue. `own` are the document's, by name. */
export function planSysctls(situation: Omit<Situation, 'original'>, own: ReadonlyMap<string, string>): SysctlPlan {
  const planned = catalogue.map((entry) => planOne(entry, situation, own.get(entry.name)));
  return {
    knobs: planned.flatMap(({ knobs }) => knobs),
    omitted: planned.flatMap(({ omitted }) => omitted),
    left: planned.flatMap(({ left }) => left),
  };
}

function planOne(entry: Sysctl, situation: Omit<Situation, 'original'>, own: string | undefined): SysctlPlan {
  const { hardware, demand } = situation;
  const all = sysctlPath(entry.name);
  const paths = hardware !== null && all.includes('*') ? Object.keys(hardware.originals).filter((path) => isCovered(path, all)) : [all];
  const plans = paths.map((path) => {
    const original = originalOf(hardware, path);
    return own === undefined ? wished(entry, path, { ...situation, original }) : overridden(entry, path, own, demand);
  });
  const knobs = plans.flatMap((plan) => ('value' in plan ? [plan] : []));
  const left = plans.flatMap((plan) => ('leave' in plan ? [{ path: plan.path, why: plan.leave }] : []));
  const omitted = plans.flatMap((plan) => ('why' in plan ? [plan] : []));
  if (paths.length === 0) return { knobs, omitted, left: [{ path: all, why: 'this machine leaves it to nobody here' }] };
  const why = hardware === null || knobs.length === 0 ? null : absence(hardware, entry, paths);
  return why === null ? { knobs, omitted, left } : { knobs: [], omitted: [...omitted, { path: all, why }], left };
}

function originalOf(hardware: Hardware | null, path: string): string | null {
  const text = hardware?.originals[path];
  return text === undefined || text === null ? null : normalForm(text);
}

function wished(entry: Sysctl, path: string, situation: Situation): Knob | Omitted | { readonly path: string; readonly leave: string } {
  const wish = entry.wish(situation);
  if (wish === 'unknown machine') return { path, why: 'depends on the machine: give its hardware' };
  if ('leave' in wish) return { path, leave: wish.leave };
  const rule = wish.rule ?? entry.rule;
  const reason = wish.numbers === undefined ? entry.why : `${entry.why} (${wish.numbers})`;
  return { path, value: further(rule, entry.unlimited, wish.value, situation.original), rule, reason, source: entry.source };
}

/** The document's own word, but for ports that something listens on here: without them a connection to a server could take one. */
function overridden(entry: Sysctl, path: string, value: string, demand: Demand): Knob {
  const ports = demand.ports.filter((port) => port >= 1024);
  const text = entry.bounds?.kind === 'ports' ? formatPorts([...(parsePorts(value) ?? []), ...ports]) : value;
  return { path, value: text, rule: 'exactly', reason: 'set by the document', source: `config.yaml: tuning.sysctl.${entry.name}` };
}

/** Of two values the one that goes further in the direction of the rule, number by number. */
function further(rule: Knob['rule'], unlimited: string | undefined, wanted: string, original: string | null): string {
  if (rule === 'exactly' || original === null) return wanted;
  if (unlimited !== undefined && original === unlimited) return rule === 'at-least' ? original : wanted;
  const [wants, has] = [wanted.split(' '), original.split(' ')];
  if (wants.length !== has.length || ![...wants, ...has].every((word) => /^\d+$/.test(word))) return wanted;
  const isFurther = (one: string, than: string) => (rule === 'at-least' ? BigInt(one) > BigInt(than) : BigInt(one) < BigInt(than));
  return wants.map((want, index) => (isFurther(has[index] as string, want) ? has[index] : want)).join(' ');
}

/** Why the paths of an entry are not there for weir. */
function absence(hardware: Hardware, { scope }: Sysctl, paths: readonly string[]): string | null {
  const { originals, virtualization, kernel } = hardware;
  if (scope === 'host' && isContainer(hardware)) return `belongs to the host of this container (${virtualization})`;
  return paths.every((path) => originals[path] === null) ? `Linux ${kernel} here has no such value` : null;
}
