import { violation } from '../bounds.ts';
import type { Demand } from '../demand.ts';
import { refusal } from '../refused.ts';
import { catalogue } from '../sysctl.ts';

/** A kernel value of the document that cannot be: has the shape of the document's problems. */
export interface SysctlProblem {
  readonly at: readonly ['tuning', 'sysctl', string];
  readonly message: string;
  readonly hint?: string;
  /** The mistake is the name, whatever the value. */
  readonly on?: 'key';
}

/** What is wrong with a kernel value of the document; null: nothing. */
export function checkSysctl(name: string, value: string, demand: Demand): SysctlProblem | null {
  const at = ['tuning', 'sysctl', name] as const;
  const no = refusal(name, value);
  if (no)
    return { at, message: `${name} ${no.why}`, hint: no.instead ?? 'leave it out', ...(no.ifValue === undefined ? { on: 'key' } : {}) };
  const entry = catalogue.find((one) => one.name === name);
  if (entry === undefined) {
    const like = nearestNames(name)[0];
    const hint = like === undefined ? 'weir tune explain lists those that it sets and those that it leaves' : `did you mean ${like}?`;
    return { at, message: `${name} is not a kernel value that weir sets`, hint, on: 'key' };
  }
  if (entry.bounds === null) return { at, message: `${name} is left as the kernel has it: ${entry.why}`, hint: 'leave it out', on: 'key' };
  const wrong = violation(value, entry.bounds);
  if (wrong !== null) return { at, message: `${name} ${wrong}, not ${JSON.stringify(value)}` };
  if (name.endsWith('.ip_nonlocal_bind') && value === '0' && (demand.hasVips || demand.bindsAddresses)) {
    return { at, message: `${name} must be 1: HAProxy listens on addresses before this node holds them`, hint: 'leave it out' };
  }
  return null;
}

/** The names of sysctls of the catalogue that end like this one, else those that differ from it in at most two letters side by side. */
export function nearestNames(name: string): readonly string[] {
  const last = name.split(/[./]/).at(-1);
  const names = catalogue.map((entry) => entry.name).filter((known) => !known.startsWith('/'));
  const alike = names.filter((known) => known.split('.').at(-1) === last);
  return alike.length > 0 ? alike : names.filter((known) => isMistyped(name, known));
}

function isMistyped(name: string, known: string): boolean {
  const [longer, shorter] = [Math.max(name.length, known.length), Math.min(name.length, known.length)];
  let head = 0;
  while (head < shorter && name[head] === known[head]) head++;
  let tail = 0;
  while (tail < shorter - head && name.at(-1 - tail) === known.at(-1 - tail)) tail++;
  return longer - head - tail <= 2;
}
