import type { Bounds } from '../bounds.ts';
import type { Demand } from '../demand.ts';
import type { Hardware, Knob } from '../hardware.ts';
import type { ProfileFigures } from '../profile.ts';

/** What the plan of the CPUs tells of the kernel's values. */
export interface Steering {
  /** Whether packets are handed from the CPU that received them to others (RPS). */
  readonly usesRps: boolean;
  /** Entries of the table by which they go to the CPU of their reader (RFS), a power of two; 0: there is none. */
  readonly flows: number;
  /** Whether HAProxy's threads stay on CPUs that are chosen for them. */
  readonly isPinned: boolean;
  /** Whether none of HAProxy's CPUs takes interrupts of NICs. */
  readonly isApart: boolean;
}

/** A machine whose interrupts and threads go where the kernel puts them. */
export const unsteered: Steering = { usesRps: false, flows: 0, isPinned: false, isApart: false };

/** What a value is computed from. `maxconn` is null where neither the document nor the machine is known to say it. */
export interface Situation {
  readonly figures: ProfileFigures;
  readonly demand: Demand;
  readonly maxconn: number | null;
  readonly hardware: Hardware | null;
  readonly steering: Steering;
  /** What the path held when the machine started, in the kernel's normal form; null when not known. */
  readonly original: string | null;
}

/**
 * What a value should be here, with the numbers of this machine that made it so, and its rule where that is another than usual; or why it is left as the
 * kernel has it; or that it needs to know the machine.
 */
export type Wish =
  | { readonly value: string; readonly numbers?: string; readonly rule?: Knob['rule'] }
  | { readonly leave: string }
  | 'unknown machine';

/** One kernel value that weir knows: what it sets it to and when, or why it does not. */
export interface Sysctl {
  /** As sysctl(8) has it, or a path below `/sys`, in which one `*` stands for each that the machine has. */
  readonly name: string;
  /** The value or the formula in words, and when; what `wish` does. */
  readonly formula: string;
  readonly rule: Knob['rule'];
  /** What the document may say; null: it can say nothing that would help. */
  readonly bounds: Bounds | null;
  /** What it is for, or why it is left. */
  readonly why: string;
  readonly source: string;
  /** What the kernel starts with, and what is to know about versions of it. */
  readonly usual: string;
  /** How much can go wrong, `low`, `medium: …`, `high: …`. */
  readonly risk: string;
  /** `network`: each network namespace has its own, so that a container can set it; `host`: there is one, and a container cannot. */
  readonly scope: 'network' | 'host';
  /** A value that means "no limit", and so is above all others. */
  readonly unlimited?: string;
  readonly wish: (situation: Situation) => Wish;
}

/** Where most of the kernel's values of IP and TCP are described. */
export const ipSysctl = 'kernel Documentation/networking/ip-sysctl.rst';

/** Where those of `net.core` are. */
export const netSysctl = 'kernel Documentation/admin-guide/sysctl/net.rst';

/** What HAProxy's makers advise. */
export const guide = 'HAProxy Enterprise system tuning guide';

/** An entry that is always left as the kernel has it; `whenever` says what would be a reason to set it in the document. */
export function left(entry: Omit<Sysctl, 'formula' | 'rule' | 'wish'> & { readonly whenever?: string }): Sysctl {
  const { whenever, ...rest } = entry;
  const formula = whenever === undefined ? 'left' : `left; the document may set it ${whenever}`;
  return { ...rest, formula, rule: 'exactly', wish: () => ({ leave: entry.why }) };
}

/** A wish that needs to know how many connections there are. */
export function sized(maxconn: number | null, wish: (maxconn: number) => Wish): Wish {
  return maxconn === null ? 'unknown machine' : wish(maxconn);
}

/** The speed of the fastest NIC, Mbit/s; null where none is known. */
export function fastestMbit(hardware: Hardware | null): number | null {
  const speeds = (hardware?.nics ?? []).flatMap(({ speedMbit }) => (speedMbit === null ? [] : [speedMbit]));
  return speeds.length === 0 ? null : Math.max(...speeds);
}
