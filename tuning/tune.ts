import { formatPorts, parsePorts, violation } from './bounds.ts';
import { capacity } from './capacity.ts';
import { type CpuPlan, planCpus } from './cpu-plan.ts';
import type { Demand } from './demand.ts';
import type { Hardware, Knob } from './hardware.ts';
import { type LinkProblem, type LinkTuning, refuseLinkTuning } from './link-tuning.ts';
import { nicKnobs } from './nic-knobs.ts';
import type { Omitted } from './planned.ts';
import { type Profile, profiles } from './profile.ts';
import { refusal } from './refused.ts';
import { catalogue, type Situation, type Sysctl, sysctlPath } from './sysctl.ts';
import { isContainer } from './virtualization.ts';

/** A kernel value of the document that cannot be: has the shape of the document's problems. */
export interface TuningProblem {
  readonly at: readonly ['tuning', 'sysctl', string] | LinkProblem['at'];
  readonly message: string;
  readonly hint?: string;
  /** The mistake is the name, whatever the value. */
  readonly on?: 'key';
}

/** What the kernel should hold; what is wrong with the document's own values; and what was left out because of the machine. */
export interface Tuned {
  readonly knobs: readonly Knob[];
  readonly problems: readonly TuningProblem[];
  readonly omitted: readonly Omitted[];
  /** How CPUs are divided; null where the machine is not known. */
  readonly cpuPlan: CpuPlan | null;
}

/** What a document asks of the kernel, apart from the machine: enough to plan again when that changes. Values by sysctl name, and by link. */
export interface Asked {
  readonly profile: Profile;
  readonly demand: Demand;
  readonly overrides: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, LinkTuning>>;
}

/**
 * The kernel values of a machine for what is asked of it, its NICs' by stable keys, sorted by path. Values of the document (`overrides` by sysctl name, `links` by link) win. Without hardware (null) what needs
 * it is omitted; with it, an `at-least` value is the larger of the wanted one and the original, so nothing is lowered that a person set higher.
 */
export function tune(
  hardware: Hardware | null,
  profile: Profile,
  demand: Demand,
  overrides: Readonly<Record<string, string>>,
  links: Readonly<Record<string, LinkTuning>> = {},
): Tuned {
  const own = new Map(Object.entries(overrides).map(([name, value]) => [name, fold(value)]));
  const problems = [...own].map(([name, value]) => check(name, value, demand)).filter((problem) => problem !== null);
  const bad = new Set(problems.map(({ at }) => at[2]));
  const maxconn = hardware === null ? demand.maxconn : capacity(hardware, demand).maxconn;
  const results = catalogue.map((sysctl): Knob | Omitted | null => {
    const path = sysctlPath(sysctl.name);
    const original = hardware?.originals[path];
    const absent = hardware === null ? null : absence(hardware, path);
    const situation: Situation = {
      figures: profiles[profile],
      demand,
      maxconn,
      original: original === undefined || original === null ? null : fold(original),
    };
    const value = bad.has(sysctl.name) ? undefined : own.get(sysctl.name);
    const knob = value === undefined ? wished(sysctl, path, situation) : overridden(sysctl, path, value, demand);
    return knob !== null && absent !== null ? { path, why: absent } : knob;
  });
  const sysctls = results.filter((result): result is Knob => result !== null && 'value' in result);
  const omitted = results.filter((result): result is Omitted => result !== null && 'why' in result);
  const refusedLinks = refuseLinkTuning(links, demand);
  if (hardware === null) return { knobs: sysctls, problems: [...problems, ...refusedLinks], omitted, cpuPlan: null };
  const nics = nicKnobs(hardware, planCpus(hardware, demand), profile, demand, links);
  return {
    // a sysctl that the document says stands for what steering would want
    knobs: [...sysctls, ...nics.knobs.filter(({ path }) => !sysctls.some((sysctl) => sysctl.path === path))].sort((a, b) =>
      a.path < b.path ? -1 : 1,
    ),
    problems: [...problems, ...refusedLinks, ...nics.problems],
    omitted: [...omitted, ...nics.omitted],
    cpuPlan: nics.cpuPlan,
  };
}

function wished(sysctl: Sysctl, path: string, situation: Situation): Knob | Omitted | null {
  const wish = sysctl.wish(situation);
  if (wish === 'leave') return null;
  if (wish === 'unknown machine') return { path, why: 'depends on the memory of the machine: give its hardware' };
  const { rule, source } = sysctl;
  return { path, value: further(sysctl, wish.value, situation.original), rule, reason: wish.reason, source };
}

/** The document's own word, but for ports that something listens on here: without them a connection to a server could take one. */
function overridden(sysctl: Sysctl, path: string, value: string, demand: Demand): Knob {
  const ports = demand.ports.filter((port) => port >= 1024);
  const text = sysctl.bounds.kind === 'ports' ? formatPorts([...(parsePorts(value) ?? []), ...ports]) : value;
  return { path, value: text, rule: 'exactly', reason: 'set by the document', source: `config.yaml: tuning.sysctl.${sysctl.name}` };
}

/** Of two values the one that goes further in the direction of the rule. */
function further({ rule, unlimited }: Sysctl, wanted: string, original: string | null): string {
  if (rule === 'exactly' || original === null || !/^\d+$/.test(original)) return wanted;
  if (unlimited !== undefined && original === unlimited) return rule === 'at-least' ? original : wanted;
  const isFurther = rule === 'at-least' ? BigInt(original) > BigInt(wanted) : BigInt(original) < BigInt(wanted);
  return isFurther ? original : wanted;
}

function absence({ originals, virtualization, kernel }: Hardware, path: string): string | null {
  if (originals[path] === null) return `Linux ${kernel} here has no such value`;
  if (isContainer({ virtualization }) && !path.startsWith('/proc/sys/net/'))
    return `belongs to the host of this container (${virtualization})`;
  return null;
}

function check(name: string, value: string, demand: Demand): TuningProblem | null {
  const at = ['tuning', 'sysctl', name] as const;
  const no = refusal(name, value);
  if (no)
    return { at, message: `${name} ${no.why}`, hint: no.instead ?? 'leave it out', ...(no.ifValue === undefined ? { on: 'key' } : {}) };
  const sysctl = catalogue.find((entry) => entry.name === name);
  if (!sysctl) {
    const like = nearest(name);
    return {
      at,
      message: `${name} is not a kernel value that weir sets`,
      hint: like ? `did you mean ${like}?` : `it sets ${catalogue.map((s) => s.name).join(', ')}`,
      on: 'key',
    };
  }
  const wrong = violation(value, sysctl.bounds);
  if (wrong !== null) return { at, message: `${name} ${wrong}, not ${JSON.stringify(value)}` };
  if (name.endsWith('.ip_nonlocal_bind') && value === '0' && (demand.hasVips || demand.bindsAddresses)) {
    return { at, message: `${name} must be 1: HAProxy listens on addresses before this node holds them`, hint: 'leave it out' };
  }
  return null;
}

/** The one name of the catalogue that ends like this one, or differs from it in at most two letters side by side. */
function nearest(name: string): string | null {
  const last = name.split(/[./]/).at(-1);
  const names = catalogue.map((sysctl) => sysctl.name);
  return names.find((known) => known.split('.').at(-1) === last) ?? names.find((known) => isMistyped(name, known)) ?? null;
}

function isMistyped(name: string, known: string): boolean {
  const [longer, shorter] = [Math.max(name.length, known.length), Math.min(name.length, known.length)];
  let head = 0;
  while (head < shorter && name[head] === known[head]) head++;
  let tail = 0;
  while (tail < shorter - head && name.at(-1 - tail) === known.at(-1 - tail)) tail++;
  return longer - head - tail <= 2;
}

function fold(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
